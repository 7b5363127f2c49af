"""A contract's own rules on an answer, one by one."""

from typing import Any

import pytest

from driftgate.contracts.answer_rules import answer_findings
from tests.contracts.exchanges import answered, call, contract, errors, told

SCHEMA = {"properties": {"a": {"type": "integer"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("output", "text", "expected"),
    [
        ({}, "anything", []),
        ({"schema": SCHEMA}, '{"a": 1}', []),
        ({"schema": SCHEMA}, '{"a": "x"}', [("type", "text/a")]),
        ({"schema": SCHEMA}, "prose", [("not_json", "text")]),
        ({"schema": SCHEMA}, 'So: {"a": 1}', [("not_json", "text")]),
        ({"schema": SCHEMA, "json": "first"}, 'So: {"a": 1}', []),
        ({"schema": SCHEMA, "json": "fenced"}, "```\n{}\n```", [("required", "text")]),
        ({"json": "whole"}, "[1]", []),
        ({"json": "none"}, "prose", []),
        ({"min_chars": 3}, "ab", [("min_chars", "text")]),
        ({"min_chars": 3}, "abc", []),
        ({"max_chars": 3}, "abcd", [("max_chars", "text")]),
        ({"max_chars": 3}, "abc", []),
        ({"forbid": ["(?i)as an ai"]}, "As an AI, no", [("forbid", "text")]),
        ({"forbid": ["(?i)as an ai"]}, "Yes", []),
        ({"finish": ["stop"]}, "text", []),
        ({"finish": ["length", "tool_calls"]}, "text", [("finish", "finish_reason")]),
        ({"max_tokens": 9}, "text", [("max_tokens", "usage/output_tokens")]),
        ({"max_tokens": 10}, "text", []),
        ({"tools": {"required": True}}, "text", [("tools_required", "tool_calls")]),
    ],
)
def test_each_rule_on_an_answer(output: Any, text: str, expected: Any) -> None:
    found = answer_findings(answered(text, output_tokens=10), contract(output=output))
    assert told(found) == expected


def test_a_pattern_that_runs_away_is_a_warning() -> None:
    found = answer_findings(answered("a" * 5000 + "!"), contract(output={"forbid": ["^(a+)+$"]}))
    assert [(v.keyword, v.severity.value) for v in found] == [("too_slow", "warning")]


def test_an_answer_that_calls_tools_is_a_step_on_the_way() -> None:
    made = contract(output={"schema": SCHEMA, "min_chars": 5})
    assert answer_findings(answered(None, call("run")), made) == []
    soft = answer_findings(answered("hm", call("run")), made)
    assert told(soft) == [("not_json", "text"), ("min_chars", "text")]
    assert errors(soft) == []
    assert told(answer_findings(answered(None), made)) == [
        ("not_json", "text"),
        ("min_chars", "text"),
    ]


def test_an_answer_that_was_cut_says_so() -> None:
    found = answer_findings(
        answered('{"a": ', finish_reason="length"), contract(output={"schema": SCHEMA})
    )
    assert "cut before its end" in found[0].reason
