"""What a Chat Completions or Completions request asks."""

import json
from typing import Any

PATH = "/v1/chat/completions"


def test_parameters_are_read_as_sent(make: Any) -> None:
    asked = make.call(
        PATH,
        {
            "model": "m", "stream": False, "temperature": 0.25, "top_p": 1, "top_k": 40,
            "min_p": 0.05, "seed": 7, "max_completion_tokens": 10, "max_tokens": 99,
            "stop": ["a", "b"], "reasoning_effort": "high", "tool_choice": "required",
            "response_format": {"type": "json_object"},
            "tools": [{"type": "function", "function": {"name": "weather"}}], "messages": [],
        },
    ).request.parameters  # fmt: skip
    assert (asked.temperature, asked.top_p, asked.top_k, asked.min_p) == (0.25, 1, 40, 0.05)
    assert (asked.seed, asked.max_tokens, asked.stop) == (7, 10, ("a", "b"))
    assert (asked.reasoning_effort, asked.tool_choice) == ("high", "required")
    assert (asked.response_format, asked.response_schema) == ("json_object", None)
    assert (asked.tool_names, asked.stream) == (("weather",), False)


def test_messages_of_a_tool_loop_are_read(make: Any) -> None:
    weather = {"id": "c1", "function": {"name": "weather", "arguments": '{"city":"Ulm"}'}}
    clock = {"id": "c2", "function": {"name": "clock", "arguments": {}}}
    messages = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "u"}, {"type": "image_url"}]},
        {"role": "assistant", "content": None, "tool_calls": [weather]},
        {"role": "tool", "tool_call_id": "c1", "content": "rain"},
        {"role": "assistant", "content": "and", "tool_calls": [weather, clock]},
        {"role": "assistant", "content": "done"},
    ]
    described = make.call(PATH, {"messages": messages})
    found = [(i.kind, i.role, i.text, i.tool_name) for i in described.request.items]
    assert found == [
        ("message", "system", "s", None),
        ("message", "user", "u[image_url]", None),
        ("tool_call", "assistant", '{"city":"Ulm"}', "weather"),
        ("tool_result", "tool", "rain", "weather"),
        ("tool_call", "assistant", 'and\nweather({"city":"Ulm"})\nclock({})', "weather"),
        ("message", "assistant", "done", None),
    ]
    for item, original in zip(described.request.items, messages, strict=True):
        assert json.loads(described.body[item.start : item.end]) == original


def test_the_prompt_of_a_completion_is_a_user_message(make: Any) -> None:
    described = make.call("/v1/completions", {"prompt": ["a", "b"], "n_predict": 4})
    assert described.dialect == "completions"
    assert [(i.role, i.text) for i in described.request.items] == [("user", "a\nb")]
    assert described.request.parameters.max_tokens == 4
