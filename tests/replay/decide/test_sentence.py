"""The sentence: it names what broke, with its figures."""

import re

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.decide import decide
from driftgate.replay.decide.policy import Policy
from tests.replay.decide.made import answer, called, case, compare, failed, passing

B, C = Arm.BASELINE, Arm.CANDIDATE
QUICK = {"permutations": 99}


def lost(n: int, broken: int, start: int = 0, **slices: str) -> list[Case]:
    return [
        case(start + i, [answer(B)] * 2, [answer(C, ok=i >= broken)] * 2, **slices)
        for i in range(n)
    ]


def told(cases: list[Case], **policy: object) -> str:
    made = Policy.model_validate({**QUICK, **policy})
    return decide(cases, made, compare=compare, k=2, seed=1).sentence


def test_drift_names_the_contract_and_the_part_of_it_that_is_worst() -> None:
    cases = [
        *lost(120, 30, contract="classify", model="gemma4"),
        *lost(120, 0, 120, contract="classify", model="gemma3"),
        *lost(60, 0, 240, contract="extract", model="gemma3"),
    ]
    assert told(cases) == (
        "Drift: contract `classify` passes 12.5 points less often (95 % interval 8.1 to 16.7 "
        "points, margin 2), worst in model gemma4."
    )


def test_other_contracts_and_metrics_that_broke_are_named_after_it() -> None:
    cases = [
        *lost(150, 60, contract="a"),
        *lost(150, 30, 150, contract="b"),
        *(
            case(300 + i, [called(B, "1")] * 2, [called(C, "2")] * 2, contract="c")
            for i in range(40)
        ),
    ]
    assert re.fullmatch(
        r"Drift: contract `a` passes 40 points less often \(.*\), and also `b` \(20 points\); "
        r"also tool agreement 100 points lower\.",
        told(cases),
    )


def test_a_loss_without_a_contract_names_its_metric() -> None:
    cases = [
        case(i, [answer(B)] * 2, [failed(C) if i < 40 else answer(C), answer(C)])
        for i in range(400)
    ]
    assert told(cases, coverage=0.5).startswith("Drift: served share is 5 points lower (95 % int")


def test_another_metric_of_a_contract_is_named_with_it() -> None:
    cases = [
        case(i, [called(B, "1")] * 2, [called(C, "2")] * 2, contract="agent") for i in range(60)
    ]
    assert told(cases).startswith("Drift: contract `agent`: tool agreement is 100 points lower (")


def test_answers_that_gate_are_told_by_their_chance() -> None:
    cases = [case(i, [answer(B, "a")] * 2, [answer(C, "b")] * 2) for i in range(200)]
    assert re.fullmatch(
        r"Drift: answers as a whole differ by more than chance \(p 0\.0\d+\)\.",
        told(cases, answers=True, permutations=999),
    )


def test_a_slice_that_gates_is_named() -> None:
    cases = [*lost(40, 10, contract="rare"), *lost(800, 0, 40, contract="common")]
    assert told(cases, slices={"gate": []}).startswith("Pass")
    assert told(cases).startswith("Drift: contract `rare` passes 25 points less often (")


def test_each_contract_that_broke_by_itself_is_named() -> None:
    cases = [
        *lost(40, 10, contract="a"),
        *lost(40, 20, 40, contract="b"),
        *lost(3000, 0, 80, contract="common"),
    ]
    assert re.fullmatch(
        r"Drift: contract `b` passes 50 points less often \(.*\); also contract `a` \(25 points\)\.",
        told(cases),
    )


def test_another_metric_that_broke_in_a_contract_is_named_with_it() -> None:
    tools = [
        case(900 + i, [called(B, "1")] * 2, [called(C, "1" if i % 4 else "2")] * 2, contract="t")
        for i in range(100)
    ]
    rest = [case(2000 + i, [called(B, "1")] * 2, [called(C, "1")] * 2) for i in range(1100)]
    assert told([*lost(40, 20, contract="a"), *tools, *rest]).endswith(
        "; also tool agreement 25 points lower in contract `t`."
    )


def test_what_is_open_is_told_with_the_cases_that_settle_it() -> None:
    assert re.fullmatch(
        r"Inconclusive: contract pass rate is unchanged \(95 % interval 1[34].\d points lower to "
        r"1[34].\d higher, margin 2\); served share is unchanged \(.*\); about 14\d cases would "
        r"settle it, and 20 were run\.",
        told(lost(20, 0, contract="a")).replace("20 cases were", "20 were"),
    )


def test_what_no_number_settles_is_told() -> None:
    one = [case(i, [answer(B)] * 2, [answer(C)] * 2, session="only") for i in range(50)]
    assert told(one).endswith(
        "it cannot be said how many cases would settle it (50 cases were run)."
    )


def test_a_pass_tells_what_was_shown_and_what_was_not() -> None:
    cases = passing(400, {B: 1.0}, contract="a")
    made = [case(1000 + i, [called(B, "1")] * 2, [called(C, "1")] * 2) for i in range(30)]
    assert re.fullmatch(
        r"Pass: over 430 cases contract pass rate unchanged \(95 % interval .* margin 2\) and served "
        r"share unchanged \(.*\); no drift is shown, nor ruled out, of tool agreement at its margin "
        r"of 3 points\.",
        told([*cases, *made]),
    )


def test_without_margins_nothing_has_to_be_shown() -> None:
    ignored = {"metrics": ["contract_pass", "served"]}
    assert told(lost(30, 0), ignore=ignored) == (
        "Pass: no drift is shown over 30 cases, of which 100 % have all answers."
    )


def test_why_it_could_not_be_checked_is_told() -> None:
    cases = [case(i, [answer(B)] * 2, [failed(C, "connection refused")] * 2) for i in range(30)]
    assert told(cases) == (
        "Could not check: 60 of 60 answers of the candidate failed, mostly: connection refused; "
        "no case was answered by both arms."
    )
    assert told([]) == "Could not check: no case was run."
