"""Calls as objects and as lines."""

from typing import Any

from driftgate.commands import rows
from tests.support.recorded_calls import ID, ROW


def call(**columns: Any) -> dict[str, Any]:
    return {name: {**ROW, **columns}[name] for name in rows.COLUMNS}


def test_a_call_as_json_has_what_scripts_rely_on() -> None:
    made = rows.as_object(call())
    assert {name: made[name] for name in ("id", "model", "session", "status", "outcome")} == {
        "id": str(ID),
        "model": "gemma4",
        "session": None,
        "status": 200,
        "outcome": "completed",
    }
    assert made["started_at"] == "2026-11-24T12:00:00.123456Z"
    assert made["ended_at"] == "2026-11-24T12:00:01.623456Z"
    assert (made["input"], made["output"]) == ("Say hi", "Hi there")
    assert made["tokens"] == {"input": 12, "output": 3, "cached": None, "reasoning": None}
    assert (made["verdict"], made["contract"], made["repairs"]) == (None, None, [])
    assert made["attempts"] == 1


def test_a_verdict_shows_as_a_word_or_a_dash() -> None:
    cells = {verdict: rows.verdict(call(verdict=verdict)) for verdict in ("pass", "fail", None)}
    assert cells == {"pass": "pass", "fail": "fail", None: "-"}
    assert rows.verdict(call(verdict="unjudged")) == "-"
    assert " fail " in rows.table([call(verdict="fail")], 80, bold=False)[2]


def test_an_answer_of_somebody_else_is_never_silent() -> None:
    line = rows.table([call(fallback="other/small\x1b")], None, bold=False)[2]
    assert line.endswith("! answered by other/small\\x1b: Hi there")


def test_a_line_never_spans_two_and_is_harmless() -> None:
    made = rows.table(
        [call(input_text="a\n\x1b[2Jb", output_text="c\r\nd", model="m\x07")], None, bold=False
    )
    assert len(made) == 3
    assert "a \\x1b[2Jb" in made[2]
    assert "c d" in made[2]
    assert "m\\x07" in made[2]


def test_a_call_without_text_still_says_what_it_was() -> None:
    asked = call(input_text=None, output_text=None, path="/api/tags", method="GET")
    assert "GET /api/tags" in rows.table([asked], None, bold=False)[2]
    assert "(1 tool call)" in rows.table([asked], None, bold=False)[2]
    failed = call(output_text=None, error="refused", status=None, outcome="upstream_refused")
    line = rows.table([failed], None, bold=False)[2]
    assert "! refused" in line
    assert " upstream_refused " in line
    assert " -! " in rows.table([failed], 80, bold=False)[2]


def test_a_reason_comes_before_a_half_answer() -> None:
    broken = call(output_text="half", error="reset", outcome="upstream_reset")
    assert rows.table([broken], None, bold=False)[2].endswith("! reset")


def test_ids_and_times_are_never_cut() -> None:
    wide = call(model="m" * 99, input_text="x" * 500, output_text="y" * 500)
    for room in (80, 100, 160):
        assert str(ID)[: rows.SHORT_ID] + " " in rows.table([wide], room, bold=False)[2]


def test_a_narrow_terminal_gets_the_columns_that_matter_most() -> None:
    for room in (80, 90, 100, 120, 160):
        lines = rows.table([call(input_text="x" * 500, output_text="y" * 500)], room, bold=False)
        assert max(map(len, lines)) <= room
        assert lines[0].split()[:3] == ["time", "id", "model"], room


def test_short_ids_tell_calls_apart() -> None:
    twin = call(call_id=str(ID)[:-1] + "2")
    assert rows.short_ids([call()]) == rows.SHORT_ID
    assert rows.short_ids([call(), twin]) == 36


def test_a_model_call_of_an_agent_is_recognised() -> None:
    inner = call(parent_call_id=ID)
    told = rows.as_object(inner)
    assert (told["parent"], told["inner"]) == (str(ID), True)
    assert "  ↳ gemma4  " in rows.table([inner], None, bold=False)[2]
    for continued in (call(parent_call_id=ID, previous_response_id="resp_1"), call()):
        assert rows.as_object(continued)["inner"] is False
        assert "↳" not in rows.table([continued], None, bold=False)[2]
