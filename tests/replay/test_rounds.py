"""What a history knows of a watch, and answers of a reference judged anew."""

from pathlib import Path

from driftgate.contracts.load import load
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.rounds import judged_anew
from tests.replay.run.made import Made, answered, asked


def test_answers_of_a_reference_are_judged_by_the_contracts_in_force_now(tmp_path: Path) -> None:
    made = Made(tmp_path)
    call = made.call(asked(1), answered(""))
    made.drain()
    then = Answer(call, Arm.BASELINE, 2, text="", verdict="pass", contract="old", output_tokens=3)
    failed = Answer(call, Arm.BASELINE, 1, served=False, failure="status 500")
    now = Answer(call, Arm.CANDIDATE, 1, verdict="pass", contract="old")
    answers = {Arm.BASELINE: [failed, then], Arm.CANDIDATE: [now]}
    cases = [Case("c", "s", answers=answers), Case("d", "s")]
    first, second = judged_anew(made.path, cases, load(None))
    made.journal.close()
    anew = first.of(Arm.BASELINE)
    assert anew[0] == failed
    assert (anew[1].verdict, anew[1].output_tokens, anew[1].repetition) == ("fail", 3, 2)
    assert anew[1].contract != "old"
    assert anew[1].violations
    assert first.of(Arm.CANDIDATE) == [now]
    assert second == cases[1]
