"""Attempts with what was wrong with each, and what a repair changed."""

from typing import Any

from driftgate.dashboards.call.attempts import attempts, before_any
from driftgate.dashboards.call.pointed import SHOWN, Answered
from driftgate.dashboards.call.texts import Budget


def row(number: int, text: str = "{}", **given: Any) -> dict[str, Any]:
    return {"attempt": number, "reason": "first", "output_text": text, "repairs": None, **given}


def violation(number: int) -> dict[str, Any]:
    return {
        "attempt": number,
        "path": "text",
        "reason": "no",
        "keyword": "not_json",
        "severity": "error",
    }


def test_each_attempt_has_what_was_wrong_with_it() -> None:
    rows = [row(1), row(2, reason="reask")]
    found = attempts(rows, [violation(1), violation(1), violation(2)], {}, Budget(), "{}")
    assert [len(each.violations) for each in found] == [2, 1]
    assert "asked again" in found[1].why


def test_what_a_repair_changed_is_told_line_by_line() -> None:
    found = attempts([row(1, "Here: hello", repairs=["extract"])], [], {}, Budget(), "hello")
    assert found[0].lines == (("-", "Here: hello"), ("+", "hello"))


def test_an_attempt_without_repairs_has_no_difference() -> None:
    found = attempts([row(1, "a"), row(2, "b")], [], {1: Answered("a")}, Budget(), "b")
    assert [each.lines for each in found] == [(), ()]


def test_of_many_violations_the_first_are_shown_and_the_rest_counted() -> None:
    (found,) = attempts([row(1)], [violation(1)] * (SHOWN + 7), {}, Budget(), None)
    assert (len(found.violations), found.more) == (SHOWN, 7)


def test_violations_of_the_request_itself_belong_to_no_attempt() -> None:
    known = attempts([row(1)], [], {}, Budget(), None)
    assert len(before_any([violation(0), violation(1)], known)) == 1
