"""What shadow traffic says."""

from pathlib import Path

import pytest

from driftgate.proxy.history.reader import open_history
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.decide.decision import GateVerdict, Status
from driftgate.replay.decide.policy import Policy
from driftgate.replay.run import shadow
from driftgate.replay.run.shadow import CAVEAT, HAS_SHADOW, ShadowGate, run_shadow, shadow_policy
from driftgate.replay.select.choose import choose
from driftgate.replay.select.criteria import Criteria
from tests.replay.run.drained import InProcess
from tests.replay.run.made import Made, answered, asked

NO_RUN = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow, "Historian", InProcess)


def shadowed(made: Made, count: int, said: str) -> ShadowGate:
    """A gate over calls with copies, beside one call without."""
    made.call(asked(1000))
    for number in range(count):
        of = made.call(asked(number), answered(f"answer {number}"))
        made.call(asked(number), answered(said), run_id=NO_RUN, arm="shadow", of=of)
    made.drain()
    with open_history(made.path, drain=False) as reader:
        criteria = Criteria(where=HAS_SHADOW)
        selection = choose(reader, criteria, n=300, seed=0, collapse=False)
    policy, comparer = Policy(minimum=1), Comparer()
    return ShadowGate(settings=made.settings, selection=selection, policy=policy, comparer=comparer)


def test_live_answers_are_the_baseline_and_copies_the_candidate(tmp_path: Path) -> None:
    made = Made(tmp_path)
    report = run_shadow(shadowed(made, 30, "something else"))
    assert report.decision.health.served == {"baseline": 30, "candidate": 30}
    assert report.run.kind == "shadow"
    assert report.run.k == 1
    assert report.decision.sentence.endswith(f"; {CAVEAT}.")
    with open_history(made.path, drain=False) as reader:
        kept = results.run(reader, "last")
        assert kept == report.run
        case = results.cases(reader, kept)[0]
    assert set(case.answers) == {Arm.BASELINE, Arm.CANDIDATE}
    assert case.of(Arm.BASELINE)[0].text.startswith("answer ")
    assert case.of(Arm.CANDIDATE)[0].text == "something else"


def test_other_words_break_no_shadow_gate_and_a_broken_contract_does(tmp_path: Path) -> None:
    report = run_shadow(shadowed(Made(tmp_path), 60, "something else"))
    assert report.decision.verdict in (GateVerdict.PASS, GateVerdict.INCONCLUSIVE)
    (tmp_path / "other").mkdir()
    broken = run_shadow(shadowed(Made(tmp_path / "other"), 60, ""))
    assert broken.decision.verdict is GateVerdict.DRIFT
    drifted = [each.metric for each in broken.decision.findings if each.status is Status.DRIFT]
    assert drifted == ["contract_pass"]


def test_agreement_does_not_gate_where_the_noise_is_unknown() -> None:
    given = Policy(margins={"text_agreement": 0.1, "output_tokens": 0.2}, answers=True)
    made = shadow_policy(given)
    assert sorted(made.gating()) == ["contract_pass", "output_tokens", "served"]
    assert not made.answers


def test_copies_that_come_later_do_not_change_what_was_judged(tmp_path: Path) -> None:
    made = Made(tmp_path)
    gate = shadowed(made, 3, "first")
    report = run_shadow(gate)
    of = gate.selection.calls[0].call_id
    made.call(asked(0), answered("later"), run_id=NO_RUN, arm="shadow", of=of)
    made.drain()
    with open_history(made.path, drain=False) as reader:
        found = results.cases(reader, report.run)
    assert {case.of(Arm.CANDIDATE)[0].text for case in found} == {"first"}
