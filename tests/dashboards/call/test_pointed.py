"""Violations point at their place in the answer."""

from typing import Any

import pytest

from driftgate.dashboards.call.pointed import WIDTH, Answered, Pointed, point
from driftgate.proxy.dialects.meaning import ToolCall

ORDER = '{"customer": "Ada", "total": "three", "items": ["lamp"], "note": "x"}'


def violation(path: str, reason: str = "is wrong", keyword: str = "type") -> dict[str, Any]:
    return {"path": path, "reason": reason, "keyword": keyword, "severity": "error", "attempt": 1}


def marked(found: Pointed) -> str:
    return "".join(line.marked for line in found.lines)


def test_a_value_is_marked_in_the_printed_json_with_its_line() -> None:
    found = point(violation("text/total"), Answered(ORDER))
    assert (marked(found), found.at, found.of) == ('"three"', 3, "the JSON in the answer")


def test_json_among_prose_is_found() -> None:
    found = point(violation("text/items/0"), Answered(f"Here:\n```json\n{ORDER}\n```"))
    assert marked(found) == '"lamp"'


def test_a_name_that_is_not_allowed_is_marked_itself() -> None:
    reason = "'note' is not allowed; allowed: 'customer'"
    found = point(violation("text", reason, "additionalProperties"), Answered(ORDER))
    assert marked(found) == '"note"'


def test_a_missing_name_marks_the_object() -> None:
    found = point(violation("text", "'x' is missing", "required"), Answered(ORDER))
    assert (marked(found), found.at) == ("{", 1)


def test_prose_around_json_is_marked() -> None:
    wrong = violation("text", "must be JSON", "not_json")
    assert marked(point(wrong, Answered(f"Here it is: {ORDER}"))) == "Here it is:"
    assert marked(point(wrong, Answered(f"{ORDER} Done."))) == " Done."
    assert marked(point(wrong, Answered("only prose"))) == "only prose"


def test_what_a_pattern_forbids_is_marked() -> None:
    wrong = violation("text", r"the text must not match @[a-z]+\.example", "forbid")
    found = point(wrong, Answered("one\nwrite to ada@shop.example now"))
    assert (marked(found), found.at) == ("@shop.example", 2)


@pytest.mark.parametrize("pattern", ["(", "(a+)+$", "(?R)"])
def test_a_pattern_that_does_not_run_marks_nothing(pattern: str) -> None:
    wrong = violation("text", f"the text must not match {pattern}", "forbid")
    assert not point(wrong, Answered("a" * 5_000 + "b")).lines


def test_a_flood_is_marked_where_it_begins() -> None:
    reason = "'x' is repeated 5 times to the end (5 characters)"
    assert (
        marked(point(violation("text", reason, "token_flood"), Answered("hello xxxxx"))) == "xxxxx"
    )


def test_a_stop_sequence_is_marked_in_the_text() -> None:
    found = point(violation("parameters/stop"), Answered("by the mill", stop=("", "mill")))
    assert (marked(found), found.anchor) == ("mill", "parameters")


def test_arguments_of_a_tool_call_are_marked() -> None:
    calls = [ToolCall("a", "{}"), ToolCall("b", '{"cmd": [1]}', "id-b")]
    answered = Answered("", calls)
    found = point(violation("tool_calls/1/arguments/cmd/0"), answered)
    assert (marked(found), found.of) == ("1", "the arguments of tool call 2")
    assert marked(point(violation("tool_calls/1/name"), answered)) == "b"
    assert marked(point(violation("tool_calls/1/id"), answered)) == "id-b"


def test_arguments_that_are_no_json_are_marked_whole() -> None:
    found = point(violation("tool_calls/0/arguments"), Answered("", [ToolCall("a", "{broken")]))
    assert marked(found) == "{broken"


@pytest.mark.parametrize(
    ("path", "anchor"),
    [
        ("parameters/seed", "parameters"),
        ("input/0", "conversation"),
        ("events/3", "raw"),
        ("body", "raw"),
        ("odd", ""),
    ],
)
def test_what_is_not_in_the_answer_leads_to_its_section(path: str, anchor: str) -> None:
    found = point(violation(path), Answered(ORDER))
    assert (found.anchor, found.lines, found.at) == (anchor, (), None)


@pytest.mark.parametrize(
    "path",
    [
        "text/none",
        "tool_calls",
        "tool_calls/9/name",
        "tool_calls/x",
        "tool_calls/²/name",
        "",
        "text/~9",
    ],
)
def test_a_path_to_nowhere_is_told_without_a_place(path: str) -> None:
    assert not marked(point(violation(path), Answered(ORDER)))


def test_long_lines_are_cut_around_the_mark() -> None:
    text = "a" * 100_000 + "stop" + "b" * 100_000
    found = point(violation("parameters/stop"), Answered(text, stop=("stop",)))
    (line,) = found.lines
    assert line.marked == "stop"
    assert len(line.before + line.after) < 2 * WIDTH
