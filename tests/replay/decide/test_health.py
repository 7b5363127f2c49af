"""Health: what was asked, what came, and why nothing can be said."""

import pytest

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.agreement import apart
from driftgate.replay.decide.decision import Health
from driftgate.replay.decide.health import health, reached
from driftgate.replay.decide.policy import Policy
from tests.replay.decide.made import answer, case, compare, failed

B, C, R = Arm.BASELINE, Arm.CANDIDATE, Arm.RECORD
WHOLE = [case(n, [answer(B)] * 2, [answer(C)] * 2, [answer(R)]) for n in range(30)]
DOWN = [case(n, [answer(B)] * 2, [failed(C), failed(C)]) for n in range(30)]


def of(cases: list[Case], *, stopped: str | None = None) -> Health:
    counted = reached(cases, 2, stopped=stopped)
    found = [apart(each, compare) for each in counted]
    return health(counted, found, Policy(), k=2, planned=len(cases), moved=["version was 1, is 2"])


def test_a_whole_run_has_no_problems() -> None:
    found = of(WHOLE)
    assert found.problems == []
    assert (found.cases, found.planned, found.coverage) == (30, 60, 1.0)
    assert found.served == {"baseline": 60, "candidate": 60}
    assert (found.record_agreement, found.noise_floor) == (1.0, 1.0)
    assert found.moved == ["version was 1, is 2"]


def test_a_candidate_that_is_down_is_told_with_its_reason() -> None:
    found = of(DOWN)
    assert found.problems == [
        "60 of 60 answers of the candidate failed, mostly: refused",
        "no case was answered by both arms",
    ]
    assert found.errors["candidate"] == [("refused", 60)]


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        ([], "no case was run"),
        (WHOLE[:5], "5 cases answered by both arms, and 20 needed"),
        (
            [*WHOLE, *DOWN[:4]],
            "88.2 % of the cases have all answers of both arms, and at least 90 %",
        ),
        ([case(n, [answer(B)]) for n in range(30)], "the candidate was not asked"),
    ],
)
def test_what_is_missing_is_told(cases: list[Case], told: str) -> None:
    assert any(told in each for each in of(cases).problems)


def test_of_a_run_that_was_ended_only_what_it_came_to_the_end_of_counts() -> None:
    cut = [*WHOLE, case(30, [answer(B)] * 2, [answer(C)]), case(31)]
    assert of(cut, stopped="over").coverage == 1.0
    assert of(cut, stopped="over").planned == 64
    assert of(cut).coverage == 30 / 32


def test_reasons_of_strangers_are_one_printable_line() -> None:
    cases = [*WHOLE, case(40, [answer(B)] * 2, [failed(C, "\x1b[31m\nbad" * 100), answer(C)])]
    ((why, count),) = of(cases).errors["candidate"]
    assert (why.isprintable(), len(why), count) == (True, 60, 1)


def test_a_run_that_was_ended_before_a_case_was_whole_says_so() -> None:
    cut = [case(n, [answer(B)], [answer(C)]) for n in range(30)]
    assert of(cut, stopped="over").problems == ["no case has all its answers yet"]
