"""What contracts found, as pages show it."""

import json
from datetime import datetime
from typing import Any

import pytest

from driftgate.dashboards.views.verdicts import (
    EXCERPT,
    Judged,
    applies,
    broken,
    count_chart,
    excerpt,
    judged,
    rate_chart,
)

AXIS = [datetime.fromisoformat("2026-11-28"), datetime.fromisoformat("2026-11-29")]
ANSWER = json.dumps({"items": [{"price": "three"}], "a/b": 1})


def row(contract: str, bucket: int = 0, **more: int) -> dict[str, Any]:
    return {
        **dict.fromkeys(Judged.__slots__, 0),
        "contract": contract,
        "bucket": AXIS[bucket],
        **more,
    }


def test_counts_are_added_up_most_calls_first() -> None:
    by = judged(
        [row("a", calls=1), row("b", calls=5, passed=3, failed=1)], lambda each: each["contract"]
    )
    assert list(by) == ["b", "a"]
    assert (by["b"].judged, by["b"].unjudged, by["b"].pass_rate) == (4, 1, 0.75)
    assert by["a"].pass_rate is None


def test_pass_rates_have_gaps_where_nothing_was_judged() -> None:
    chart = rate_chart("x", [row("a", 1, calls=2, passed=1, failed=1)], "contract", AXIS)
    assert [(each.name, each.values) for each in chart.series] == [("a", [None, 50.0])]


def test_answers_are_counted_where_there_are_none() -> None:
    chart = count_chart("x", [row("a", 1, calls=3, passed=1, failed=1)], AXIS)
    assert {each.name: each.values for each in chart.series} == {
        "passed": [0, 1],
        "failed": [0, 1],
        "unjudged": [0, 1],
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({}, "calls that name it"),
        ({"applies": {"everything": True}}, "everything"),
        ({"applies": {"model": ["a", "b"], "tags": {"task": "x"}}}, "model a, b; task=x"),
        ({"applies": {"prompt": ["^Hi"]}}, "prompt ~ ^Hi"),
    ],
)
def test_what_a_contract_applies_to_is_told(content: dict[str, Any], told: str) -> None:
    assert applies(json.dumps(content)) == told


@pytest.mark.parametrize("content", [None, "", "{", "[]"])
def test_a_text_that_cannot_be_read_applies_to_nothing_known(content: str | None) -> None:
    assert applies(content) == ""


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("text/items/0/price", '"three"'),
        ("text/a~1b", "1"),
        ("text/items/7", ANSWER),
        ("text/items/x", ANSWER),
    ],
)
def test_the_part_at_the_path_is_shown_else_all_of_it(path: str, told: str) -> None:
    assert excerpt(ANSWER, path) == told


def test_what_is_no_json_is_shown_from_its_beginning() -> None:
    assert excerpt("x" * 1000, "text") == "x" * EXCERPT + "…"
    assert excerpt("[" * 100_000, "text/0").startswith("[[[")
    assert excerpt(None, "text") == ""


def test_a_violation_is_shown_with_the_attempt_or_the_arguments_it_is_about() -> None:
    answers = {("c", 0): "last", ("c", 1): "first"}
    arguments = {("c", 1): '{"city": 3}'}

    def told(path: str, attempt: int = 1) -> str:
        return broken({"call_id": "c", "attempt": attempt, "path": path}, answers, arguments)

    assert told("text") == "first"
    assert told("text", 2) == "last"
    assert told("tool_calls/1/arguments/city") == "3"
    assert told("tool_calls/1") == '{\n  "city": 3\n}'
    assert told("tool_calls/9/name") == ""
    assert told("input/contract") == ""
    assert told("parameters/stop") == "first"
