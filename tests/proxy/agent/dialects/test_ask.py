"""A client's request, read as one turn's worth of work."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.ask import read
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.errors import Fault

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
CHAT: dict[str, Any] = {"model": "agent", "messages": [{"role": "user", "content": "hi"}]}
RESPONSES: dict[str, Any] = {"model": "agent", "input": "hi"}


def unknown(_: str) -> None:
    return None


def asked(dialect: str, **more: Any) -> Asked:
    body = {**(CHAT if dialect == "chat" else RESPONSES), **more}
    return read(dialect, json.dumps(body).encode(), unknown)


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_a_plain_question(dialect: str) -> None:
    got = asked(dialect)
    assert (got.dialect, got.model, got.stream, got.schema) == (dialect, "agent", False, None)
    assert (got.input, got.history) == ([{"type": "text", "text": "hi"}], [])
    assert (got.instructions, got.ignored, got.usage) == ("", (), False)
    assert got.body["model"] == "agent"


def test_a_stream_and_its_usage() -> None:
    got = asked("chat", stream=True, stream_options={"include_usage": True})
    assert (got.stream, got.usage, got.ignored) == (True, True, ())


@pytest.mark.parametrize(
    ("dialect", "more"),
    [
        ("chat", {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}}),
        ("chat", {"response_format": {"type": "json_object", "schema": SCHEMA}}),
        ("responses", {"text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}}}),
        ("responses", {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}),
    ],
)  # fmt: skip
def test_a_schema_in_every_form(dialect: str, more: dict[str, Any]) -> None:
    assert asked(dialect, **more).schema == SCHEMA


def test_any_json_and_plain_text_are_formats_too() -> None:
    assert asked("chat", response_format={"type": "json_object"}).schema == {"type": "object"}
    assert asked("responses", text={"format": {"type": "text"}}).schema is None


def test_what_an_agent_cannot_honour_is_ignored_and_told() -> None:
    got = asked("chat", temperature=0.5, seed=None, max_tokens=9, user="me", reasoning_effort="low")
    assert got.ignored == ("temperature", "max_tokens", "reasoning_effort")
    got = asked("responses", reasoning={"effort": "low", "summary": "auto"}, text={"verbosity": "low"})  # fmt: skip
    assert got.ignored == ("reasoning.effort", "text.verbosity")


def test_tools_that_are_not_to_be_called_are_ignored() -> None:
    assert asked("chat", tools=[{"type": "function"}], tool_choice="none").ignored == ("tools",)
    assert asked("chat", tools=[], tool_choice="auto").ignored == ()


def test_names_of_parameters_are_bounded() -> None:
    got = asked("chat", **{f"{'x' * 1000}{n}": n for n in range(100)})
    assert len(got.ignored) == 32
    assert {len(name) for name in got.ignored} == {64}


@pytest.mark.parametrize(
    ("dialect", "more", "why"),
    [
        ("chat", {"tools": [{"type": "function"}]}, "tools: an agent has tools of its own"),
        ("responses", {"tools": [{"type": "web_search"}]}, "tools: an agent has tools of its own"),
        ("chat", {"functions": [{"name": "f"}]}, "functions: an agent has tools of its own"),
        ("chat", {"n": 2}, "n: an agent gives one answer"),
        ("chat", {"modalities": ["text", "audio"]}, "audio: an agent answers in text only"),
        ("chat", {"response_format": {"type": "grammar"}}, "no answer's format 'grammar'"),
        ("chat", {"response_format": "json"}, "no answer's format None"),
        ("chat", {"response_format": {"type": "json_schema"}}, "has no schema"),
        ("chat", {"messages": []}, "the last message must be the user's"),
    ],
)
def test_what_it_cannot_do_is_refused_as_the_clients_fault(
    dialect: str, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(AgentError, match=why) as caught:
        asked(dialect, **more)
    error = caught.value.error
    assert (error.code, error.status, error.fault) == ("bad_request", 400, Fault.CLIENT)


@pytest.mark.parametrize("body", [b"", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(AgentError, match="the request's body is no JSON object"):
        read("chat", body, unknown)


def test_another_dialect_is_refused() -> None:
    with pytest.raises(AgentError, match="not 'ollama_chat'"):
        read("ollama_chat", b"{}", unknown)


def test_a_schema_is_json_that_can_be_written_again() -> None:
    wanted = b'{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object","schema":%s}}'
    got = read("chat", wanted % b'{"maximum":Infinity,"const":"\\ud800"}', unknown)
    assert got.schema == {"maximum": None, "const": "�"}


_KEYS = st.sampled_from(
    [
        "type",
        "role",
        "content",
        "text",
        "image_url",
        "url",
        "call_id",
        "name",
        "arguments",
        "tool_calls",
        "function",
        "custom",
        "input",
        "action",
        "commands",
        "output",
        "outcome",
        "exit_code",
        "operation",
    ]
)
_WORDS = st.sampled_from(
    [
        "message",
        "user",
        "assistant",
        "tool",
        "system",
        "function_call",
        "custom_tool_call",
        "shell_call",
        "apply_patch_call",
        "shell_call_output",
        "function_call_output",
        "input_text",
        "input_image",
        "text",
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
_ITEM = st.dictionaries(_KEYS, _JSON | _WORDS, max_size=6)


@given(st.sampled_from(["chat", "responses"]), st.lists(_ITEM, max_size=4), _JSON)
def test_whatever_a_client_writes_is_read_or_refused(dialect: str, said: Any, more: Any) -> None:
    key = "messages" if dialect == "chat" else "input"
    body = {key: [*said, {"role": "user", "content": "x"}], "text": more, "response_format": more}
    with suppress(AgentError):
        got = read(dialect, json.dumps(body).encode(), unknown)
        json.dumps([got.input, got.history, got.schema], allow_nan=False).encode()
        assert got.input
