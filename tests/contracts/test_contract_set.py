"""The contracts in force together."""

from time import perf_counter
from typing import Any

import pytest

from driftgate.contracts.contract import Contract
from driftgate.contracts.contract_set import ContractSet
from driftgate.contracts.exchange import Asked
from driftgate.proxy.dialects.meaning import Item, Parameters


def contract(name: str, **content: Any) -> Contract:
    return Contract.of_content({"name": name, **content})


ALL = {"everything": True}


def asked(named: str | None = None, **parameters: Any) -> Asked:
    return Asked("chat", "/v1/chat/completions", Parameters(**parameters), named=named)


def matched(contracts: ContractSet, request: Asked) -> str | None:
    found = contracts.match(request)
    return found.name if found else None


def test_the_highest_priority_counts_then_the_name() -> None:
    some = [
        contract("b", applies=ALL),
        contract("a", applies=ALL),
        contract("z", applies={"dialects": ["responses"]}, priority=9),
        contract("x", priority=10),
    ]
    assert matched(ContractSet.of(some), asked()) == "a"
    first = contract("c", applies=ALL, priority=1)
    assert matched(ContractSet.of([*some, first]), asked()) == "c"


def test_a_named_contract_comes_first_whatever_it_applies_to() -> None:
    both = ContractSet.of([contract("a", applies=ALL, priority=9), contract("b")])
    assert matched(both, asked(named="b")) == "b"
    assert matched(both, asked(metadata='{"contract": "b"}')) == "b"


def test_an_unknown_name_counts_as_none_and_can_be_told() -> None:
    one = ContractSet.of([contract("a", applies=ALL)])
    assert matched(one, asked(named="absent")) == "a"
    assert one.unknown_name(asked(named="absent")) == "absent"
    assert one.unknown_name(asked(named="a")) is None
    assert one.unknown_name(asked()) is None
    assert ContractSet().match(asked(named="absent")) is None


def test_contracts_are_found_by_name() -> None:
    one = ContractSet.of([contract("a")])
    assert one.by_name("a") == contract("a")
    assert one.by_name("b") is None


def test_a_set_enforces_when_one_of_its_contracts_does() -> None:
    assert not ContractSet.of([contract("a")]).enforcing
    assert ContractSet.of([contract("a"), contract("b", mode="enforce")]).enforcing


def test_the_id_is_that_of_all_contents() -> None:
    a, b = contract("a"), contract("b")
    assert ContractSet.of([a, b]).id == ContractSet.of([b, a]).id
    assert len({ContractSet.of(each).id for each in ([a], [b], [a, b], [])}) == 4


def test_the_journal_gets_back_the_same_set() -> None:
    before = ContractSet.of([contract("a", output={"schema": {"const": None}}), contract("b")])
    after = ContractSet.of_json(before.as_json())
    assert after == before
    assert after.id == before.id
    assert ContractSet.of_json(before.as_json()) is after


@pytest.mark.parametrize("text", ["", "{", "3", "[3]", '[{"nam": "x"}]', '{"a": 1}', "[" * 100_000])
def test_what_is_no_set_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own text counts too
        ContractSet.of_json(text)


def test_prompt_patterns_that_run_away_share_a_limit_and_are_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    slow = [
        contract(f"slow{n}", applies={"prompt": f"^(a|a|aa)+{n}$"}, priority=1) for n in range(30)
    ]
    some = ContractSet.of([*slow, contract("last", applies=ALL)])
    said = Asked("chat", "/", Parameters(), (Item(0, 0, "message", "user", "a" * 60 + "b"),))
    began = perf_counter()
    assert matched(some, said) == "last"
    assert perf_counter() - began < 1  # each alone would take 0.1 s, all of them 3 s
    assert matched(some, said) == "last"
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 30
    assert "'slow0' does not apply" in told[0]


def test_a_pattern_behind_one_that_runs_away_still_matches() -> None:
    slow = contract("slow", applies={"prompt": "^(a|a|aa)+$"}, priority=1)
    some = ContractSet.of([slow, contract("quick", applies={"prompt": "(a+)b"})])
    said = Asked("chat", "/", Parameters(), (Item(0, 0, "message", "user", "a" * 60 + "b"),))
    assert matched(some, said) == "quick"
