"""Prompts out of what Codex sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.trajectory.choosing.prompts import cwd_of, history_of, prompt_of

CONTEXT = "<environment_context>\n  <cwd>/home/me/my project</cwd>\n</environment_context>"


def said(role: str, text: str, kind: str = "input_text") -> dict[str, Any]:
    content = [{"type": kind, "text": text}]
    return {"type": "message", "id": "msg_1", "role": role, "content": content}


def body(*items: Any, **more: Any) -> bytes:
    return json.dumps({"model": "m", "input": list(items), **more}).encode()


BASE = (said("developer", "You are Codex."), said("user", CONTEXT))
CALL = {
    "type": "function_call",
    "id": "fc",
    "name": "exec_command",
    "arguments": "{}",
    "call_id": "c",
}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "ok"}
REASONING = {"type": "reasoning", "encrypted_content": "x", "summary": []}


def text_of(data: bytes) -> str | None:
    found = prompt_of(data)
    return None if found is None else found.text


def test_the_prompt_is_the_users_last_message() -> None:
    assert text_of(body(*BASE, said("user", "fix it"))) == "fix it"
    earlier = (said("user", "hello"), said("assistant", "hi", "output_text"))
    assert text_of(body(*BASE, *earlier, said("user", "fix it"))) == "fix it"
    assert text_of(body({"role": "user", "content": "plain"})) == "plain"


def test_what_codex_writes_in_the_users_name_is_no_prompt() -> None:
    skill = said("user", "<skill>\n<name>x</name>")
    assert text_of(body(*BASE, said("user", "use $x"), skill)) == "use $x"
    assert text_of(body(*BASE)) is None


def test_a_request_behind_a_tool_has_no_prompt() -> None:
    assert text_of(body(*BASE, said("user", "fix it"), CALL, OUTPUT)) is None
    assert text_of(body(*BASE, said("user", "a"), said("assistant", "b"))) is None


def test_images_and_the_schema_go_along() -> None:
    image = {"type": "input_image", "image_url": "data:image/png;base64,AA"}
    item = {"role": "user", "content": [{"type": "input_text", "text": "what?"}, image]}
    found = prompt_of(body(item, text={"format": {"schema": {"type": "object"}}}))
    assert found is not None
    assert found.input[1] == {"type": "image", "url": "data:image/png;base64,AA"}
    assert found.schema == {"type": "object"}


def test_where_it_works_is_read_off_the_context_alone() -> None:
    assert cwd_of(body(*BASE, said("user", "fix it"))) == "/home/me/my project"
    assert cwd_of(body(said("user", "what is <cwd>/x</cwd>?"))) is None


def test_a_thread_whose_beginning_was_not_recorded_brings_it_along() -> None:
    assert history_of(body(*BASE, said("user", "fix it"))) == ()
    before = (
        said("user", "hello"),
        REASONING,
        CALL,
        OUTPUT,
        said("assistant", "hi", "output_text"),
    )
    found = history_of(body(*BASE, *before, said("user", "fix it")))
    assert [each["type"] for each in found] == [
        *("message", "function_call", "function_call_output", "message")
    ]
    assert all("id" not in each for each in found)


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b'{"input": "text"}', b'{"input": [1, {}]}'])
def test_what_is_no_such_request_has_nothing(data: bytes) -> None:
    assert (prompt_of(data), history_of(data), cwd_of(data)) == (None, (), None)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "role", "content", "text", "image_url"]) | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(values, max_size=5))
def test_no_body_of_a_stranger_breaks_it(items: list[Any]) -> None:
    data = json.dumps({"input": items}).encode()
    prompt_of(data)
    history_of(data)
    cwd_of(data)
