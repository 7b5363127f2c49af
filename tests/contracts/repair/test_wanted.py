"""What a request and its contract want of an answer."""

import json

from driftgate.contracts.repair.wanted import wanted_of
from tests.contracts.exchanges import asked, contract

FUNCTION = {"type": "function", "name": "read", "parameters": {"type": "object"}}
TOOLS = [
    {"type": "function", "name": "a.b", "parameters": {}},
    {"type": "namespace", "name": "files", "tools": [FUNCTION]},
    {"type": "custom", "name": "apply_patch"},
    {"type": "web_search"},
]


def test_functions_on_offer_are_found_with_their_namespace() -> None:
    resolve = wanted_of(asked("responses", tools=TOOLS), contract()).resolve
    assert resolve is not None
    assert resolve("files.read") == ("files", "read")
    assert resolve("a.b") == (None, "a.b")


def test_what_takes_no_json_is_not_called_in_json() -> None:
    resolve = wanted_of(asked("responses", tools=TOOLS), contract()).resolve
    assert resolve is not None
    assert resolve("apply_patch") is None
    assert resolve("web_search") is None


def test_without_tools_or_leave_to_call_them_there_is_none() -> None:
    assert wanted_of(asked(), contract()).resolve is None
    assert wanted_of(asked(tools=TOOLS, tool_choice="none"), contract()).resolve is None


def test_the_schema_of_the_request_says_what_fits() -> None:
    schema = json.dumps({"type": "object", "required": ["a"]})
    wanted = wanted_of(asked(response_format="json_schema", response_schema=schema), contract())
    assert (wanted.json, wanted.where) == (True, "whole")
    assert wanted.given('{"a": 1}')
    assert not wanted.given('{"b": 1}')
    assert not wanted.given('so: {"a": 1}')


def test_a_contract_says_where_the_json_is() -> None:
    wanted = wanted_of(asked(), contract(output={"json": "fenced"}))
    assert wanted.placed("[1]") == "```json\n[1]\n```"
    assert wanted.given(wanted.placed("[1]"))
    assert wanted_of(asked(), contract()).json is False


def test_a_schema_that_takes_too_long_fits_nothing() -> None:
    schema = json.dumps({"items": {"anyOf": [{"type": "string", "pattern": "(a+)+$"}] * 50}})
    wanted = wanted_of(asked(response_format="json_schema", response_schema=schema), contract())
    assert not wanted.fits(["a" * 40 + "!"] * 5000)
