"""A contract's rules on what goes in."""

import json
from typing import Any

import pytest

from driftgate.contracts.inputs import check_input, sanitised
from driftgate.proxy.dialects.meaning import Item
from tests.contracts.exchanges import asked, contract, told

USER = Item(0, 0, "message", "user", "four words of text")
CALL = Item(0, 0, "tool_call", "assistant", "{}")
RESULT = Item(0, 0, "tool_result", "tool", "done")
THOUGHT = Item(0, 0, "reasoning", "assistant", "hm")


def found(input_: dict[str, Any], **request: Any) -> list[tuple[str, str]]:
    return told(check_input(asked(**request), contract(input=input_)))


def test_the_requests_json_is_judged_by_the_schema() -> None:
    schema = {"properties": {"model": {"type": "string"}}, "required": ["model"]}
    assert found({"schema": schema}, body={"model": "m"}) == []
    assert found({"schema": schema}, body={"model": 7}) == [("type", "input/model")]
    assert found({"schema": schema}, body={}) == [("required", "input")]


@pytest.mark.parametrize("body", [b"", b"no json", b"[" * 100_000, b"\xff\xfe"])
def test_a_request_that_is_no_json_does_not_fit_a_schema(body: bytes) -> None:
    request = asked()
    request.body = body
    assert told(check_input(request, contract(input={"schema": {}}))) == [("not_json", "input")]


@pytest.mark.parametrize(
    ("limit", "allowed", "refused"),
    [
        ("max_bytes", len(json.dumps({"messages": []})), len(json.dumps({"messages": []})) - 1),
        ("max_tokens", 100, 3),
        ("max_turns", 2, 1),
        ("max_tool_rounds", 2, 1),
    ],
)
def test_each_limit_counts(limit: str, allowed: int, refused: int) -> None:
    items = (USER, THOUGHT, CALL, THOUGHT, CALL, RESULT, RESULT, CALL, RESULT, USER)
    assert found({limit: allowed}, items=items) == []
    assert found({limit: refused}, items=items) == [(limit, "input")]


def test_control_characters_are_refused_where_the_contract_says_so() -> None:
    items = (USER, Item(0, 0, "message", "user", "tab\tand line\r\n are fine, \x07 is not"))
    assert found({"control_characters": "refuse"}, items=items) == [
        ("control_characters", "input/1")
    ]
    assert found({"control_characters": "remove"}, items=items) == []
    assert found({"control_characters": "refuse"}, items=(USER,)) == []


def test_a_text_is_sanitised_as_the_contract_says() -> None:
    text = "e\u0301\x00\tx\x9f\n"
    assert sanitised(contract(), text) == text
    assert sanitised(contract(input={"unicode": "NFC"}), text) == "\xe9\x00\tx\x9f\n"
    assert sanitised(contract(input={"control_characters": "remove"}), text) == "e\u0301\tx\n"


def test_the_parameters_are_part_of_the_input() -> None:
    made = contract(parameters={"refuse": ["top_k"]})
    assert told(check_input(asked(top_k=1), made)) == [("refuse", "parameters/top_k")]
