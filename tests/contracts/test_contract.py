"""Contracts as values."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from driftgate.contracts.contract import STEPS, Contract, Mode, Output
from driftgate.contracts.contract_set import ContractSet

FULL: dict[str, Any] = {
    "name": "summarize",
    "version": "2",
    "description": "A summary.",
    "mode": "enforce",
    "priority": 3,
    "applies": {
        "everything": True,
        "dialects": ["chat"],
        "paths": ["/v1/*"],
        "models": ["gemma4*"],
        "tags": {"task": "summarize"},
        "tools": ["exec_*"],
        "prompt": "(?i)summari[sz]e",
    },
    "input": {
        "schema": {"type": "object", "default": None},
        "max_bytes": 10,
        "max_tokens": 10,
        "max_turns": 1,
        "max_tool_rounds": 0,
        "unicode": "NFC",
        "control_characters": "remove",
    },
    "parameters": {
        "always": {"temperature": 0.5, "stop": ["a"]},
        "default": {"seed": 7, "reasoning_effort": "low"},
        "range": {"temperature": [0.0, 1.0]},
        "refuse": ["top_k"],
    },
    "output": {
        "json": "first",
        "schema": {"type": "string", "enum": [None, "a"]},
        "min_chars": 1,
        "max_chars": 9,
        "max_tokens": 5,
        "finish": ["stop"],
        "forbid": ["(?i)as an ai"],
        "ignore": ["loop"],
        "tools": {"names": ["exec_*"], "required": True, "max_calls": 4},
        "on_failure": "deliver",
    },
    "retry": {
        "attempts": 5,
        "total_s": 30.0,
        "backoff_s": 1.0,
        "backoff_limit_s": 2.0,
        "reasks": 2,
    },
    "repair": {"steps": ["close_json"]},
    "fallback": [{"upstream": "other"}, {"model": "small"}],
}


def test_a_contract_gives_back_what_it_was_made_of() -> None:
    contract = Contract.of_content(FULL)
    assert contract.content() == FULL
    assert Contract.of_content(contract.content()) == contract
    assert contract.mode is Mode.ENFORCE


def test_defaults_are_left_out_of_the_content() -> None:
    plain = Contract(name="x")
    assert plain.content() == {"name": "x", "version": "1", "mode": "observe"}
    assert plain.repair.steps == STEPS
    assert Contract.of_content({"name": "x", "retry": {"attempts": 3}}).id == plain.id


def test_the_id_is_that_of_the_content_schemas_included() -> None:
    ids = {
        Contract.of_content(each).id
        for each in (
            FULL,
            {**FULL, "version": "3"},
            {**FULL, "output": {**FULL["output"], "schema": {"type": "number"}}},
        )
    }
    assert len(ids) == 3
    assert Contract.of_content(dict(reversed(FULL.items()))).id in ids


def test_schemas_are_told_as_canonical_text() -> None:
    assert (
        Output(schema={"type": "string", "enum": []}).schema_text == '{"enum":[],"type":"string"}'
    )
    assert Output().schema_text is None
    assert Output(schema=False).schema_text == "false"


def test_a_contract_does_not_change() -> None:
    with pytest.raises(ValidationError):
        Contract(name="x").name = "y"


@pytest.mark.parametrize(
    "wrong",
    [
        {"output": {"json": "none", "schema": {}}},
        {"output": {"min_chars": 2, "max_chars": 1}},
        {"output": {"tools": {"required": True, "forbidden": True}}},
        {"fallback": [{}]},
        {"retry": {"total_s": 0}},
        {"retry": {"total_s": float("inf")}},
        {"name": "x\n"},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Contract.of_content({"name": "x", **wrong})


def _described(model: type[BaseModel], done: set[type[BaseModel]]) -> list[str]:
    done.add(model)
    missing = []
    for name, field in model.model_fields.items():
        if not field.description:
            missing.append(f"{model.__name__}.{name}")
        for inner in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner not in done:
                missing += _described(inner, done)
    return missing


def test_every_key_says_what_it_is_for() -> None:
    done: set[type[BaseModel]] = set()
    assert _described(Contract, done) == []
    assert len(done) == 9


def test_a_set_carries_lone_surrogates() -> None:
    odd = Contract.of_content({"name": "x", "output": {"schema": {"const": "\ud800"}}})
    text = ContractSet.of([odd]).as_json()
    assert ContractSet.of_json(text.encode().decode()).contracts == (odd,)
