"""Blame: the contract in which a loss lies, and the part of it that is worst."""

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.blame import Blame, blame
from driftgate.replay.decide.metrics import metric
from driftgate.replay.decide.paired import numbered, paired
from tests.replay.decide.made import answer, case

B, C = Arm.BASELINE, Arm.CANDIDATE


def made(n: int, lost: int, start: int = 0, **slices: str) -> list[Case]:
    """So many of n cases fail their contract now."""
    return [
        case(start + i, [answer(B)] * 2, [answer(C, ok=i >= lost)] * 2, **slices) for i in range(n)
    ]


def of(cases: list[Case], name: str = "contract_pass") -> Blame | None:
    return blame(paired(metric(name), cases, [], numbered(cases)), cases, 0.05)


def test_the_contract_that_broke_is_named_and_the_others_are_not() -> None:
    found = of([*made(60, 20, contract="classify"), *made(60, 0, 60, contract="extract")])
    assert found is not None
    ((name, effect),) = found.contracts
    assert name == "classify"
    assert round(effect.loss, 3) == 0.333
    assert found.worst is None


def test_a_contract_that_all_cases_have_is_named_too() -> None:
    found = of(made(60, 20, contract="classify"))
    assert found is not None
    assert [name for name, _ in found.contracts] == ["classify"]


def test_several_are_named_the_largest_loss_first() -> None:
    found = of([*made(40, 20, contract="a"), *made(200, 60, 40, contract="b")])
    assert found is not None
    assert [name for name, _ in found.contracts] == ["b", "a"]


def test_the_part_that_lost_most_stands_out() -> None:
    cases = [
        *made(40, 20, contract="a", model="gemma4", depth="first"),
        *made(40, 0, 40, contract="a", model="gemma3", depth="first"),
    ]
    found = of(cases)
    assert found is not None
    assert found.worst == ("model", "gemma4")


def test_a_loss_that_lies_everywhere_alike_has_no_worst_part() -> None:
    cases = [*made(40, 12, contract="a", model="x"), *made(40, 12, 40, contract="a", model="y")]
    found = of(cases)
    assert found is not None
    assert found.worst is None


def test_nothing_is_blamed_where_nothing_was_lost_or_contracts_are_unknown() -> None:
    assert of(made(60, 0, contract="a")) is None
    assert of(made(60, 30)) is None
    assert of(made(60, 30, contract="a"), "latency_p95") is None
