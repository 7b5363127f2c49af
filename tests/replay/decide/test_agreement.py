"""Agreement: pairs across the arms against pairs of the baseline, of served answers alone."""

from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.compare.comparison import Aspect, Comparison
from driftgate.replay.decide.agreement import agreements, apart, more_aspects
from tests.replay.decide.made import answer, called, case, compare, failed

B, C, R = Arm.BASELINE, Arm.CANDIDATE, Arm.RECORD


def test_the_noise_floor_is_the_baselines_agreement_with_itself() -> None:
    found = apart(
        case(1, [answer(B, "a"), answer(B, "b")], [answer(C, "a"), answer(C, "a")]), compare
    )
    assert found.within["text_agreement"] == 0
    assert found.across["text_agreement"] == 0.5
    assert found.matrix.tolist() == [[0, 1, 0, 0], [1, 0, 1, 1], [0, 1, 0, 0], [0, 1, 0, 0]]
    assert found.size == 2
    assert found.record is None


def test_failed_answers_are_not_compared() -> None:
    found = apart(case(1, [answer(B), failed(B)], [failed(C), answer(C)]), compare)
    assert found.matrix.shape == (2, 2)
    assert found.within == {}
    assert found.across["answer_agreement"] == 1


def test_the_record_is_held_against_one_answer_where_there_is_a_floor() -> None:
    both = [answer(B, "a"), answer(B, "b")]
    assert apart(case(1, both, [], [answer(R, "a")]), compare).record == 1
    assert apart(case(1, both[1:], [], [answer(R, "a")]), compare).record is None


def test_an_aspect_counts_among_the_pairs_that_have_it() -> None:
    mixed = case(1, [called(B, "1"), called(B, "1")], [answer(C, "x"), called(C, "2")])
    within, across = agreements(mixed, compare)
    assert within["tool_agreement"] == 1
    assert across["tool_agreement"] == 0
    assert "text_agreement" not in within
    assert apart(mixed, compare).across == across


def test_answers_agree_in_tools_as_far_as_in_the_worst_respect() -> None:
    def parts(_a: Answer, _b: Answer) -> Comparison:
        aspects = {"tool_names": Aspect(0.0), "tool_arguments": Aspect(0.75), "mine": Aspect(0.5)}
        return Comparison(0.4, aspects)

    found = apart(case(1, [answer(B), answer(B)], [answer(C)]), parts)
    assert found.across["tool_agreement"] == 0.25
    assert found.across["agreement:mine"] == 0.5
    assert more_aspects([found]) == ["agreement:mine"]
