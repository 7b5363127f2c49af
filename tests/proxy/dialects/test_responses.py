"""What a Responses request asks."""

import json
from typing import Any

PATH = "/v1/responses"


def test_parameters_are_read_as_sent(make: Any) -> None:
    schema = {"type": "object", "a": 1}
    asked = make.call(
        PATH,
        {
            "model": "gemma4", "stream": True, "temperature": 0, "top_p": 0.5,
            "max_output_tokens": 64, "reasoning": {"effort": "low", "summary": "auto"},
            "text": {"format": {"type": "json_schema", "name": "x", "schema": schema}},
            "tools": [
                {"type": "function", "name": "exec_command"},
                {"type": "namespace", "name": "agents", "tools": [{"name": "spawn"}]},
                {"type": "web_search"},
            ],
            "tool_choice": {"type": "function", "name": "exec_command"},
            "previous_response_id": "resp_1", "metadata": {"session": "s"},
        },
    ).request.parameters  # fmt: skip
    assert (asked.model, asked.stream, asked.temperature, asked.top_p) == ("gemma4", True, 0, 0.5)
    assert (asked.max_tokens, asked.reasoning_effort) == (64, "low")
    assert (asked.response_format, asked.response_schema) == (
        "json_schema",
        '{"a":1,"type":"object"}',
    )
    assert asked.tool_names == ("exec_command", "agents.spawn", "web_search")
    assert (asked.tool_choice, asked.previous_response_id) == ("exec_command", "resp_1")
    assert asked.metadata == '{"session":"s"}'


def test_response_format_stands_in_for_the_text_format(make: Any) -> None:
    wrapped = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "null"}}}
    asked = make.call(PATH, {"input": "x", "response_format": wrapped}).request.parameters
    assert (asked.response_format, asked.response_schema) == ("json_schema", '{"type":"null"}')


def test_a_string_input_is_one_user_message(make: Any) -> None:
    described = make.call(PATH, {"model": "m", "instructions": "be", "input": "hi"})
    found = [(i.kind, i.role, i.text) for i in described.request.items]
    assert found == [("message", "system", "be"), ("message", "user", "hi")]
    item = described.request.items[1]
    assert described.body[item.start : item.end] == b'"hi"'


def test_the_items_of_a_tool_loop_are_read(make: Any) -> None:
    items = [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "d"}]},
        {"role": "user", "content": "u\u00e9"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "why"}]},
        {"type": "function_call", "name": "run", "arguments": '{"a":1}', "call_id": "c1"},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
        {"type": "custom_tool_call", "name": "patch", "input": "***", "call_id": "c2"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"text": "ok"}]},
        {"type": "compaction_trigger"},
        {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "x"}]},
    ]
    described = make.call(PATH, {"input": items})
    found = [(i.kind, i.role, i.text, i.tool_name, i.tool_call_id) for i in described.request.items]
    assert found == [
        ("message", "developer", "d", None, None),
        ("message", "user", "u\u00e9", None, None),
        ("reasoning", "assistant", "why", None, None),
        ("tool_call", "assistant", '{"a":1}', "run", "c1"),
        ("tool_result", "tool", "done", "run", "c1"),
        ("tool_call", "assistant", "***", "patch", "c2"),
        ("tool_result", "tool", "ok", "patch", "c2"),
        ("compaction_trigger", None, "", None, None),
        ("message", "user", "[input_image]", None, None),
    ]
    for item, original in zip(described.request.items, items, strict=True):
        assert json.loads(described.body[item.start : item.end]) == original


def test_values_of_the_wrong_type_are_nothing(make: Any) -> None:
    body = {"model": 3, "stream": "yes", "temperature": "hot", "seed": 2**70, "top_k": 2**40,
            "max_output_tokens": 1.5, "tools": {}, "tool_choice": [], "input": [None, 3, "s"]}  # fmt: skip
    described = make.call(PATH, body)
    assert described.request.parameters == type(described.request.parameters)()
    assert [i.text for i in described.request.items] == ["", "3", "s"]


def test_an_empty_input_is_one_empty_message(make: Any) -> None:
    items = make.call(PATH, {"model": "m", "input": "", "max_output_tokens": 1}).request.items
    assert [item.text for item in items] == [""]
