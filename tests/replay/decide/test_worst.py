"""The worst pairs: what broke first, one of each reason, and what each arm said."""

from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.agreement import apart
from driftgate.replay.decide.decision import WorstPair
from driftgate.replay.decide.worst import plain, worst
from tests.replay.decide.made import answer, called, case, compare, failed

B, C, R = Arm.BASELINE, Arm.CANDIDATE, Arm.RECORD


def of(cases: list[Case], most: int = 20) -> list[WorstPair]:
    return worst(cases, [apart(each, compare) for each in cases], compare, plain, most)


def test_what_only_varies_as_the_baseline_does_is_no_bad_pair() -> None:
    noisy = case(1, [answer(B, "a"), answer(B, "b")], [answer(C, "a"), answer(C, "c")])
    assert of([noisy]) == []


def test_a_lost_contract_comes_before_another_wording() -> None:
    worded = case(1, [answer(B, "a")] * 2, [answer(C, "b")] * 2)
    lost = case(2, [answer(B, "a")] * 2, [answer(C, "a"), answer(C, "a", ok=False)])
    assert [each.call_id for each in of([worded, lost])] == ["call-2", "call-1"]


def test_reasons_are_diverse_before_they_repeat() -> None:
    texts = [case(n, [answer(B, "a")] * 2, [answer(C, "b")] * 2) for n in range(6)]
    tools = [case(9, [called(B, "1")] * 2, [called(C, "2"), called(C, "1")])]
    found = of([*texts, *tools], most=3)
    assert [each.call_id for each in found] == ["call-0", "call-9", "call-1"]
    assert found[1].distance == 0.5


def test_a_pair_tells_what_each_arm_said_and_where() -> None:
    made = case(
        1,
        [answer(B, "a"), answer(B, "a")],
        [answer(C, "a"), answer(C, "b")],
        [answer(R, "r")],
        contract="summarize\x1b",
    )
    (found,) = of([made])
    assert found.shown == {"record": "r", "baseline": "a", "candidate": "b"}
    assert found.answers["candidate"] == ["candidate-a", "candidate-b"]
    assert found.reasons == ["a became b"]
    assert found.slices == {"contract": "summarize "}
    assert found.prompt == "prompt 1"


def test_a_candidate_that_gave_no_answer_is_as_far_as_can_be() -> None:
    (found,) = of([case(1, [answer(B)] * 2, [failed(C, "too long")] * 2)])
    assert (found.distance, found.reasons) == (1.0, ["the candidate gave no answer: too long"])
    assert found.shown["candidate"] == "too long"


def test_a_case_that_no_arm_served_is_shown_by_why() -> None:
    cut = case(1, [failed(B, "cut", verdict="pass")], [failed(C, "cut", verdict="fail")])
    (found,) = of([cut])
    assert found.shown == {"baseline": "cut", "candidate": "cut"}


def test_an_answer_as_text_has_its_tool_calls_and_is_cut() -> None:
    told = plain(answer(text="I look", tool_calls=(ToolCall("run", '{"a":1}'),)))
    assert told == 'I look\nrun({"a":1})'
    assert len(plain(answer(text="x" * 100_000))) == 4000
    assert plain(failed(why="")) == "status None"
