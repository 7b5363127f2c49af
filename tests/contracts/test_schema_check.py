"""Violations of a schema, and schemas that cannot be used."""

from driftgate.contracts.schema_check import schema_violations
from driftgate.contracts.verdict import Source
from tests.contracts.exchanges import told


def test_each_keyword_that_is_broken_has_its_place_below_the_path() -> None:
    schema = '{"properties": {"a/b": {"type": "string"}}, "required": ["c"]}'
    found = schema_violations(schema, {"a/b": 1}, Source.REQUEST, "text")
    assert sorted(told(found)) == [("required", "text"), ("type", "text/a~1b")]


def test_what_is_not_the_answers_fault_is_a_warning() -> None:
    invalid = schema_violations('{"type": 7}', 1, Source.REQUEST, "text")
    slow = schema_violations('{"pattern": "^(a+)+$"}', "a" * 5000 + "!", Source.REQUEST, "text")
    assert [(v.keyword, v.severity.value) for v in invalid + slow] == [
        ("schema_invalid", "warning"),
        ("too_slow", "warning"),
    ]


def test_a_value_that_is_nested_beyond_all_reason_is_a_warning() -> None:
    value: list[object] = []
    for _ in range(5_000):
        value = [value]
    found = schema_violations('{"items": {"$ref": "#"}}', value, Source.REQUEST, "text")
    assert [violation.keyword for violation in found] == ["too_slow"]
