"""The request's own format: what fits, what does not, and what is said of it."""

import json
from typing import Any

import pytest

from driftgate.contracts.builtin.asked_format import format_findings, schema_name
from driftgate.contracts.exchange import Asked
from tests.contracts.exchanges import answered, asked, call, errors, told

SCHEMA = {
    "title": "person",
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
DROPPED = ("constraint_dropped", "parameters/response_format")
GOOD = '{"name": "Ada", "age": 36}'


def wants(schema: Any = SCHEMA, **more: Any) -> Asked:
    return asked(response_format="json_schema", response_schema=json.dumps(schema), **more)


@pytest.mark.parametrize("text", [GOOD, f"\n {GOOD}\n\n"])
def test_an_answer_that_fits_its_schema_has_nothing_wrong(text: str) -> None:
    assert format_findings(wants(), answered(text)) == []


@pytest.mark.parametrize(
    ("text", "came"),
    [
        ("Ada is 36 years old.", "prose"),
        (None, "no text"),
        ("", "no text"),
        ("\n" * 5000, "5000 characters of white space"),
        (f"```json\n{GOOD}\n```", "a fenced block"),
        (f"Here it is: {GOOD}", "JSON among prose"),
        ('{"name": "Ada", age: 36}', "broken JSON"),
    ],
)
def test_what_came_in_place_of_json_is_said(text: str | None, came: str) -> None:
    found = format_findings(wants(), answered(text))
    assert told(found) == [("not_json", "text"), DROPPED]
    assert found[1].reason == (
        f"the schema 'person' was asked for, and the server answered with {came} (status 200)"
    )


def test_json_that_breaks_the_schema_is_told_by_keyword_and_as_dropped() -> None:
    found = format_findings(wants(), answered('{"name": 7}'))
    assert sorted(told(found)[:-1]) == [("required", "text"), ("type", "text/name")]
    assert told(found)[-1] == DROPPED


@pytest.mark.parametrize("fields", [{"finish_reason": "length"}, {"complete": False}])
def test_an_answer_that_was_cut_is_truncated_and_not_dropped(fields: dict[str, Any]) -> None:
    found = format_findings(wants(), answered('{"name": "Ad', **fields))
    assert told(found) == [("not_json", "text"), ("truncated", "text")]
    found = format_findings(wants(), answered("{}", **fields))
    assert told(found)[-1] == ("truncated", "text")


def test_an_answer_at_its_limit_that_fits_has_nothing_wrong() -> None:
    assert format_findings(wants(), answered(GOOD, finish_reason="length")) == []


def test_an_answer_that_calls_tools_is_a_step_on_the_way() -> None:
    assert format_findings(wants(), answered("", call("run"))) == []
    assert format_findings(wants(), answered(GOOD, call("run"))) == []
    for text, keyword in (("Now I look.", "not_json"), ('{"name": 7, "age": 1}', "type")):
        found = format_findings(wants(), answered(text, call("run")))
        assert [violation.keyword for violation in found] == [keyword]
        assert errors(found) == []


@pytest.mark.parametrize(
    "schema", ['{"type": 7}', '{"$ref": "https://example.com/x"}', "[" * 10_000, '{"pattern": "("}']
)
def test_a_schema_that_cannot_be_used_is_a_warning(schema: str) -> None:
    request = asked(response_format="json_schema", response_schema=schema)
    found = format_findings(request, answered(GOOD))
    assert [(v.keyword, v.severity.value) for v in found] == [("schema_invalid", "warning")]


def test_a_schema_that_takes_too_long_is_a_warning() -> None:
    slow = {"type": "object", "properties": {"s": {"pattern": "^(a+)+$"}}}
    found = format_findings(wants(slow), answered(json.dumps({"s": "a" * 5000 + "!"})))
    assert [(v.keyword, v.severity.value) for v in found] == [("too_slow", "warning")]


def test_a_json_object_that_was_asked_for_must_be_one() -> None:
    request = asked(response_format="json_object")
    assert format_findings(request, answered("{}")) == []
    assert told(format_findings(request, answered("[1]"))) == [("type", "text"), DROPPED]
    found = format_findings(request, answered("prose"))
    assert told(found) == [("not_json", "text"), DROPPED]
    assert "a JSON object was asked for" in found[1].reason


def test_a_schema_that_is_missing_is_a_warning() -> None:
    found = format_findings(asked(response_format="json_schema"), answered("{}"))
    assert [(v.keyword, v.severity.value) for v in found] == [("schema_invalid", "warning")]


@pytest.mark.parametrize("format_", [None, "text", "grammar"])
def test_without_a_format_any_text_is_right(format_: str | None) -> None:
    assert format_findings(asked(response_format=format_), answered("prose")) == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"text": {"format": {"type": "json_schema", "name": "flat"}}}, "flat"),
        ({"response_format": {"json_schema": {"name": "wrapped"}}}, "wrapped"),
        ({"format": {}}, "person"),
        ({"response_format": "nonsense", "text": []}, "person"),
    ],
)
def test_a_schema_is_called_as_the_request_calls_it(body: dict[str, Any], name: str) -> None:
    assert schema_name(wants(body=body)) == name
