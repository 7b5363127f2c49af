"""A conversation as an agent takes it."""

import json
from typing import Any

import pytest

from driftgate.proxy.agent.dialects.talk import (
    MOST_TEXT,
    Talk,
    asked_again,
    plain_text,
    shown,
    tool_text,
)
from driftgate.proxy.agent.failures import AgentError

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def talked(content: Any) -> Talk:
    talk = Talk()
    talk.user(content, "messages/0")
    return talk


def test_the_last_message_is_the_prompt_and_all_before_it_the_history() -> None:
    talk = Talk()
    talk.user("one", "")
    talk.assistant("two", "")
    talk.user("three", "")
    history, prompt = talk.divided()
    assert prompt == [{"type": "text", "text": "three"}]
    assert [(item["role"], item["content"][0]["text"]) for item in history] == [
        ("user", "one"),
        ("assistant", "two"),
    ]


def test_instructions_are_gathered_wherever_they_stand() -> None:
    talk = Talk()
    talk.system("Be brief.", "")
    talk.user("hi", "")
    talk.system([{"type": "text", "text": "Be kind."}], "")
    talk.system("", "")
    assert talk.instructions == "Be brief.\n\nBe kind."
    assert len(talk.items) == 1


def test_text_and_images_are_what_codex_takes_and_go_back_into_a_history() -> None:
    parts = [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "high"}},
        {"type": "input_image", "image_url": PIXEL, "detail": "of course"},
    ]
    _, prompt = talked(parts).divided()
    assert prompt == [
        {"type": "text", "text": "see"},
        {"type": "image", "url": PIXEL, "detail": "high"},
        {"type": "image", "url": PIXEL},
    ]
    assert asked_again(prompt) == talked(parts).items[0]


@pytest.mark.parametrize(
    "kind", ["input_audio", "file", "input_file", None, pytest.param("x\n" * 500, id="long")]
)
def test_other_parts_are_refused_in_one_short_line(kind: Any) -> None:
    with pytest.raises(AgentError) as caught:
        talked([{"type": kind, "input_audio": {}}])
    error = caught.value.error
    assert (error.code, error.status) == ("bad_request", 400)
    assert "\n" not in error.message
    assert len(error.message) < 200


@pytest.mark.parametrize("content", ["", " \n", None, [], [{"type": "text", "text": ""}]])
def test_an_empty_prompt_is_refused(content: Any) -> None:
    with pytest.raises(AgentError, match="last message is empty"):
        talked(content).divided()


def test_a_prompt_that_codex_would_refuse_is_refused_as_too_long() -> None:
    half = {"type": "text", "text": "x" * (MOST_TEXT // 2)}
    talked([half, half]).divided()
    with pytest.raises(AgentError) as caught:
        talked([half, half, "x"]).divided()
    assert (caught.value.error.code, caught.value.error.status) == ("context_length_exceeded", 400)


def test_a_conversation_whose_last_word_is_not_the_users_is_refused() -> None:
    talk = talked("hi")
    talk.result("c1", "42")
    for each in (talk, Talk()):
        with pytest.raises(AgentError, match="the last message must be the user's"):
            each.divided()


@pytest.mark.parametrize(
    ("given", "sent"),
    [('{"a":1}', {"a": 1}), ("", {}), ("[1]", {"input": "[1]"}), ("no json", {"input": "no json"})],
)
def test_a_calls_arguments_are_an_object_always(given: str, sent: Any) -> None:
    talk = Talk()
    talk.call(None, "", given)
    (item,) = talk.items
    assert (item["call_id"], item["name"]) == ("call", "tool")
    assert json.loads(item["arguments"]) == sent


def test_texts_are_read_leniently_and_are_valid_unicode() -> None:
    assert plain_text(["a", {"type": "thinking", "text": "b"}, {"type": "refusal", "refusal": "c\ud800"}], "") == "ac�"  # fmt: skip
    assert tool_text([{"type": "input_text", "text": "a"}, {"type": "input_image"}]) == "a\n"
    assert tool_text({"a": 1}) == '{"a":1}'
    with pytest.raises(AgentError, match="m: content is neither"):
        plain_text(3, "m")
    assert shown("\x1b[2J" + "x" * 100) == repr("\x1b[2J" + "x" * 36)
