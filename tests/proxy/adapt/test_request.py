"""A Responses request as chat completions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.adapt.errors import AdaptError
from driftgate.proxy.adapt.request import request_to_chat

TOOL = {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}
FORMAT = {"type": "json_schema", "name": "n", "strict": True, "schema": {"type": "object"}}


def chat(**body: Any) -> dict[str, Any]:
    return request_to_chat({"model": "m", "input": "hi", **body})[0]


def test_a_string_is_a_user_message_after_the_instructions() -> None:
    assert chat(instructions="Be brief.")["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hi"},
    ]


def test_limits_and_reasoning_are_said_in_chats_words() -> None:
    said = chat(
        max_output_tokens=9, temperature=0.5, top_p=0.9, top_k=3, seed=1, stop=["x"],
        reasoning={"effort": "low", "summary": "auto"}, metadata={"task": "t"}, user=None,
    )  # fmt: skip
    said.pop("messages")
    assert said == {
        "model": "m",
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 3,
        "seed": 1,
        "stop": ["x"],
        "reasoning_effort": "low",
        "metadata": {"task": "t"},
    }


def test_what_chat_does_not_know_is_left_out() -> None:
    said = chat(
        store=False, include=["reasoning.encrypted_content"], prompt_cache_key="k",
        client_metadata={"a": "b"}, truncation="auto", previous_response_id=None,
    )  # fmt: skip
    assert set(said) == {"model", "messages"}


def test_a_stream_asks_for_its_usage() -> None:
    said = chat(stream=True)
    assert (said["stream"], said["stream_options"]) == (True, {"include_usage": True})
    assert "stream_options" not in chat(stream=False)


def test_tools_and_their_choice_are_nested() -> None:
    said = chat(
        tools=[TOOL], tool_choice={"type": "function", "name": "f"}, parallel_tool_calls=True
    )
    inner = {key: value for key, value in TOOL.items() if key != "type"}
    assert said["tools"] == [{"type": "function", "function": inner}]
    assert said["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert said["parallel_tool_calls"] is True
    assert "tool_choice" not in chat(tools=[], tool_choice="auto")


def test_allowed_tools_are_the_only_ones_sent() -> None:
    other = {**TOOL, "name": "g"}
    choice = {
        "type": "allowed_tools",
        "mode": "required",
        "tools": [{"type": "function", "name": "g"}],
    }
    said = chat(tools=[TOOL, other], tool_choice=choice)
    assert [tool["function"]["name"] for tool in said["tools"]] == ["g"]
    assert said["tool_choice"] == "required"


def test_a_schema_binds_unless_a_tool_could_be_called() -> None:
    text = {"format": FORMAT}
    wanted = {"name": "n", "strict": True, "schema": {"type": "object"}}
    assert chat(text=text)["response_format"] == {"type": "json_schema", "json_schema": wanted}
    assert "response_format" not in chat(text=text, tools=[TOOL])
    body = {"input": "hi", "text": text, "tools": [TOOL]}
    assert "response_format" in request_to_chat(body, reasked=True)[0]


@pytest.mark.parametrize(
    "body",
    [
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"background": True},
        {"prompt": {"id": "p"}},
        {"input": [{"type": "item_reference", "id": "x"}]},
    ],
)
def test_what_needs_a_memory_is_refused_in_one_line(body: dict[str, Any]) -> None:
    with pytest.raises(AdaptError) as caught:
        chat(**body)
    assert "chat completions" in caught.value.message
    assert "\n" not in caught.value.message


def test_dropped_tools_and_items_are_told() -> None:
    body = {"tools": [{"type": "web_search"}], "input": [{"type": "reasoning"}, {"role": "user"}]}
    _, plan = request_to_chat(body, "flatten")
    assert plan.dropped == ("web_search", "input/0 reasoning")


def test_lm_studios_warm_up_is_a_message() -> None:
    assert chat(input="")["messages"] == [{"role": "user", "content": ""}]


def test_every_captured_request_of_codex_has_a_counterpart(shared: Path) -> None:
    bodies = list(_captured(shared / "captures" / "codex-0.169"))
    assert len(bodies) > 40
    for body in bodies:
        said, _ = request_to_chat(body, "flatten")
        assert said["messages"][0]["role"] == "system"
        assert all(tool["type"] == "function" for tool in said.get("tools", []))
        open_calls: set[str] = set()
        for message in said["messages"]:
            if message["role"] == "tool":
                assert message["tool_call_id"] in open_calls
            else:
                open_calls = {call["id"] for call in message.get("tool_calls", [])}


def _captured(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.json")):
        request = json.loads(path.read_text()).get("request") or {}
        body = request.get("body")
        if isinstance(body, dict) and isinstance(body.get("input"), list):
            yield body


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "role", "content", "name", "tools", "text"]), inner
        )
    ),
    max_leaves=10,
)
_KEYS = st.sampled_from(
    ["input", "tools", "tool_choice", "text", "reasoning", "instructions", "stream", "stop"]
)


@given(st.dictionaries(_KEYS, _JSON), st.sampled_from(["keep", "flatten", "drop"]))
def test_any_request_is_translated_or_refused(body: dict[str, Any], tools: str) -> None:
    said, _ = request_to_chat(body, tools)
    json.dumps(said)
    assert all(isinstance(message["role"], str) for message in said["messages"])
