"""What faulty models and servers make of an answer, each beside the good one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from driftgate.sim import chat
from driftgate.sim.engine import Engine, SimSettings
from driftgate.sim.fault_text import parse
from driftgate.sim.spoil import SPOILS

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}]
WEATHER: dict[str, Any] = {"prompt": "weather in Oslo", "tools": TOOLS}
SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["bug", "other"]}, "score": {"type": "number"}},
    "required": ["label", "score"],
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}


def said(fault: str, prompt: str = "count to 9", **body: Any) -> dict[str, Any]:
    """The message, with its finish reason in it."""
    (parsed,) = parse(fault) if fault else (None,)
    asked = {"messages": [{"role": "user", "content": prompt}], **body}
    made = Engine(SimSettings()).make(chat.read(asked), parsed)
    choice = chat.whole_body(made, asked)["choices"][0]
    return {**choice["message"], "finish": choice["finish_reason"]}


def text(fault: str, prompt: str = "count to 9", **body: Any) -> str:
    return str(said(fault, prompt, **body)["content"])


def called(fault: str) -> dict[str, Any]:
    (call,) = said(fault, **WEATHER)["tool_calls"]
    return {"id": call.get("id"), **call["function"]}


GOOD = text("")
GOOD_JSON = text("", response_format=FORMAT)


def _leaked_channel() -> None:
    assert text("leaked_channel").startswith("<|channel>thought\n")
    assert text("leaked_channel").endswith(f"<channel|>{GOOD}")


def _bare_thought() -> None:
    assert text("bare_thought").startswith("thought\nThe user wants")
    assert text("bare_thought").endswith(f"\n{GOOD}")


def _floods() -> None:
    assert text("token_flood; count=3") == "thought\n" * 3
    assert text("unused_tokens") == "<unused49>" * 200
    assert text("newline_flood") == "\n" * 5000
    assert said("newline_flood", max_tokens=50)["finish"] == "length"


def _calls_as_text() -> None:
    written = '<|tool_call>call:get_weather{city:<|"|>Oslo<|"|>}<tool_call|>'
    assert text("tool_as_text", **WEATHER) == written
    told = {"name": "get_weather", "arguments": {"city": "Oslo"}}
    assert json.loads(text("json_tool_as_text", **WEATHER)) == told
    assert said("json_tool_as_text", **WEATHER)["finish"] == "stop"


def _calls() -> None:
    assert called("")["name"] == "get_weather"
    assert called("tool_without_id")["id"] is None
    assert called("tool_without_name")["name"] == ""
    assert called("unknown_tool")["name"] == "get_weather_of_another_model"


def _short() -> None:
    assert text("empty") == ""
    assert text("one_letter", "echo: Hello there") == "H"


def _schema() -> None:
    assert text("dropped_schema", response_format=FORMAT) == GOOD
    assert set(json.loads(GOOD_JSON)) == {"label", "score"}
    assert set(json.loads(text("missing_field", response_format=FORMAT))) == {"score"}
    prose = text("prose_around_json", response_format=FORMAT)
    assert GOOD_JSON in prose
    assert prose.startswith("Sure!")
    assert text("fenced_json", response_format=FORMAT) == f"```json\n{GOOD_JSON}\n```"
    cut = said("cut_json", response_format=FORMAT)
    assert GOOD_JSON.startswith(cut["content"])
    assert 0 < len(cut["content"]) < len(GOOD_JSON)
    assert cut["finish"] == "stop"


def _ignored() -> None:
    assert "5" not in text("", stop=["5"])
    assert text("ignore_stop", stop=["5"]) == GOOD
    assert said("", max_tokens=2)["finish"] == "length"
    assert text("ignore_max_tokens", max_tokens=2) == GOOD
    assert "tool_calls" in said("", "hello", tools=TOOLS, tool_choice="required")
    assert "tool_calls" not in said(
        "ignore_tool_choice", "hello", tools=TOOLS, tool_choice="required"
    )
    assert "tool_calls" in said("ignore_tool_choice", **WEATHER, tool_choice="none")
    assert "tool_calls" in said("ignore_tool_choice", **WEATHER)


CASES: dict[str, Callable[[], None]] = {
    "leaked_channel": _leaked_channel,
    "bare_thought": _bare_thought,
    "token_flood unused_tokens newline_flood": _floods,
    "tool_as_text json_tool_as_text": _calls_as_text,
    "tool_without_id tool_without_name unknown_tool": _calls,
    "empty one_letter": _short,
    "dropped_schema missing_field prose_around_json fenced_json cut_json": _schema,
    "ignore_stop ignore_max_tokens ignore_tool_choice": _ignored,
}


def test_every_fault_of_the_module_has_a_case() -> None:
    assert {name for names in CASES for name in names.split()} == SPOILS


@pytest.mark.parametrize("names", CASES)
def test_the_fault_shows_in_the_answer(names: str) -> None:
    CASES[names]()


def test_what_a_fault_does_not_concern_stays_good() -> None:
    for fault in ("tool_as_text", "fenced_json", "missing_field", "unknown_tool"):
        assert text(fault, "What is rain?") == text("", "What is rain?")
    assert called("cut_json") == called("")
