"""The Responses dialect: reading what Codex sends, and the order of events."""

from typing import Any

from driftgate.sim import responses
from driftgate.sim.engine import Engine, SimSettings
from driftgate.sim.generation import SYSTEM_FINGERPRINT


def test_codexs_items_are_read() -> None:
    found = responses.messages(
        [
            {
                "type": "message",
                "role": "developer",
                "content": [{"type": "input_text", "text": "d"}],
            },
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "u"}]},
            {"type": "reasoning", "summary": []},
            {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"},
            {"type": "function_call_output", "call_id": "c", "output": "o"},
            {"type": "custom_tool_call", "name": "apply_patch", "input": "p", "call_id": "c2"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": "done"},
        ]
    )
    assert [(m.role, m.text) for m in found] == [
        ("developer", "d"),
        ("user", "u"),
        ("assistant", ""),
        ("tool", "o"),
        ("assistant", ""),
        ("tool", "done"),
    ]


def test_an_input_of_text_is_a_user_message_and_instructions_come_first() -> None:
    ask = responses.read({"input": "hi", "instructions": "be brief"})
    assert [(m.role, m.text) for m in ask.messages] == [("system", "be brief"), ("user", "hi")]


def test_a_schema_is_read_from_text_format_and_from_response_format() -> None:
    schema = {"type": "object"}
    named = {"type": "json_schema", "name": "n", "schema": schema}
    assert responses.read({"input": "", "text": {"format": named}}).schema == schema
    nested = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    assert responses.read({"input": "", "response_format": nested}).schema == schema


def test_the_lm_studio_warm_up_is_answered() -> None:
    body: Any = {"model": "gemma4", "input": "", "max_output_tokens": 1}
    made = Engine(SimSettings()).make(responses.read(body), None)
    assert responses.whole_body(made, body)["usage"]["output_tokens"] == 1


def test_the_last_event_carries_the_whole_answer() -> None:
    body: Any = {"input": "count to 5", "reasoning": {"summary": "auto"}}
    made = Engine(SimSettings()).make(responses.read(body), None)
    events = list(responses.objects_of(made, body))
    last, _, terminal = events[-1]
    assert terminal
    assert last["type"] == "response.completed"
    assert last["response"] == responses.whole_body(made, body)
    assert last["response"]["system_fingerprint"] == SYSTEM_FINGERPRINT
    assert last["timings"]["predicted_n"] == sum(tokens for _, tokens, _ in events)
