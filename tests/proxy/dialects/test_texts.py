"""The prose of a request is mapped, and nothing else."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.texts import map_texts

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":"b"}'}}
BODIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "responses": (
        {
            "model": "m",
            "instructions": "sys",
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "u"}],
                },
                {"role": "assistant", "content": "a"},
                {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"},
                {"type": "function_call_output", "call_id": "c", "output": "o"},
                {"type": "custom_tool_call_output", "call_id": "c", "output": [{"text": "p"}]},
                {"type": "reasoning", "summary": [{"text": "r"}]},
            ],
            "tools": [{"type": "function", "name": "f", "description": "d"}],
        },
        {
            "instructions": "SYS",
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "U"}],
                },
                {"role": "assistant", "content": "A"},
                {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"},
                {"type": "function_call_output", "call_id": "c", "output": "O"},
                {"type": "custom_tool_call_output", "call_id": "c", "output": [{"text": "P"}]},
                {"type": "reasoning", "summary": [{"text": "r"}]},
            ],
        },
    ),
    "chat": (
        {
            "messages": [
                {"role": "system", "content": "s", "name": "n"},
                {"role": "user", "content": [{"type": "text", "text": "u"}, {"type": "image_url"}]},
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": "r"},
            ],
            "stop": "end",
        },
        {
            "messages": [
                {"role": "system", "content": "S", "name": "n"},
                {"role": "user", "content": [{"type": "text", "text": "U"}, {"type": "image_url"}]},
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": "R"},
            ],
        },
    ),
    "completions": ({"prompt": ["a", [1, 2], "b"]}, {"prompt": ["A", [1, 2], "B"]}),
    "ollama_chat": (
        {"messages": [{"role": "user", "content": "u", "images": ["x"]}]},
        {"messages": [{"role": "user", "content": "U", "images": ["x"]}]},
    ),
    "ollama_generate": (
        {"system": "s", "prompt": "p", "images": ["x"]},
        {"system": "S", "prompt": "P"},
    ),
}


@pytest.mark.parametrize("dialect", BODIES)
def test_every_text_is_mapped_and_nothing_else(dialect: str) -> None:
    body, changed = BODIES[dialect]
    before = copy.deepcopy(body)
    assert map_texts(dialect, body, str.upper) == {**body, **changed}
    assert body == before


@pytest.mark.parametrize("dialect", BODIES)
def test_a_body_whose_texts_stay_is_the_same_object(dialect: str) -> None:
    body, _ = BODIES[dialect]
    assert map_texts(dialect, body, lambda text: text + "") is body


anything = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["input", "messages", "content", "type", "text", "output", "prompt"]),
            inner,
            max_size=4,
        )
    ),
)


@given(
    st.sampled_from(sorted(BODIES)),
    st.dictionaries(st.sampled_from(["input", "messages"]), anything),
)
def test_hostile_shapes_are_left_as_they_are(dialect: str, body: dict[str, Any]) -> None:
    assert map_texts(dialect, body, lambda text: text) == body


@pytest.mark.parametrize("kind", [[], {}, 1, None])
def test_a_type_that_is_no_word_never_raises(kind: Any) -> None:
    body = {"input": [{"type": kind, "content": "a"}]}
    assert map_texts("responses", body, str.upper)["input"][0]["content"] == "A"
