"""The contracts that commands work on."""

from pathlib import Path
from typing import Any

import pytest

from driftgate.commands.contract_files import applies_to, as_object, demands, files, named
from driftgate.contracts.contract import Contract
from driftgate.proxy.errors import NotFoundError, UsageError


def contract(**content: Any) -> Contract:
    return Contract.of_content({"name": "x", **content})


def test_a_contract_is_found_by_name_or_the_nearest_is_told() -> None:
    assert named(None, "summarize").contract.name == "summarize"
    with pytest.raises(NotFoundError, match="did you mean 'summarize'"):
        named(None, "summarise")
    with pytest.raises(NotFoundError, match="there are: classify, codegen, summarize"):
        named(None, "zzz")


def test_a_contract_that_cannot_be_used_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("nam = 1")
    with pytest.raises(UsageError, match=r"c\.toml:1: nam: unknown key"):
        files(tmp_path)


@pytest.mark.parametrize(
    ("applies", "expected"),
    [
        (None, "calls that name it"),
        ({"everything": True}, "everything"),
        ({"models": ["a*", "b"], "prompt": "x+"}, "models a*, b; prompt ~ x+"),
        ({"tags": {"task": "t"}, "dialects": ["chat"]}, "dialects chat; task=t"),
    ],
)
def test_what_it_applies_to_is_told_in_few_words(applies: Any, expected: str) -> None:
    assert applies_to(contract(**({"applies": applies} if applies else {}))) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({}, "built-in checks"),
        ({"schema": {}}, "schema (whole)"),
        ({"json": "any"}, "JSON (any)"),
        ({"max_chars": 9, "finish": ["stop", "length"]}, "finish stop or length; max_chars 9"),
        ({"min_chars": 1, "max_tokens": 5}, "min_chars 1; max_tokens 5"),
        ({"forbid": ["a"], "tools": {"max_calls": 1}}, "forbids 1; tools"),
        ({"tools": {"forbidden": True}}, "no tools"),
    ],
)
def test_what_it_asks_for_is_told_in_few_words(output: Any, expected: str) -> None:
    assert demands(contract(output=output)) == expected


def test_programs_get_content_id_and_origin() -> None:
    told = as_object(named(None, "classify"))
    assert (told["name"], told["from"], len(told["id"])) == ("classify", "shipped", 36)
    assert told["output"]["schema"]["title"] == "Classification"
