"""What was said up to each answer."""

import json
from typing import Any

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.ask import read
from driftgate.proxy.agent.dialects.remembered import Remembered

SAID = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]}]


def asked(text: str = "a", dialect: str = "responses", **more: Any) -> Asked:
    body = {"input": text, "messages": [{"role": "user", "content": text}], **more}
    return read(dialect, json.dumps(body).encode(), lambda _: None)


def test_a_conversation_is_given_back_with_its_prompt_and_its_answer() -> None:
    known = Remembered()
    known.keep("resp_1", asked(), SAID)
    items = known.get("resp_1")
    assert items is not None
    assert [item["role"] for item in items] == ["user", "assistant"]
    assert known.get("resp_2") is None


def test_an_id_alone_opens_nobody_else_s_conversation() -> None:
    known = Remembered()
    known.keep("resp_1", asked(), SAID, "Bearer one")
    assert known.get("resp_1", "Bearer one") is not None
    assert known.get("resp_1", "Bearer two") is None
    assert known.get("resp_1") is None
    known.keep("resp_2", asked(), SAID)
    assert known.get("resp_2", "Bearer one") is None


def test_a_client_that_wants_nothing_stored_gets_its_wish_and_chats_need_none() -> None:
    known = Remembered()
    known.keep("resp_1", asked(store=False), SAID)
    known.keep("chatcmpl-1", asked(dialect="chat"), SAID)
    assert (len(known), known.bytes) == (0, 0)


def test_the_one_not_asked_for_longest_goes_first() -> None:
    known = Remembered(most_answers=2)
    for name in ("resp_1", "resp_2"):
        known.keep(name, asked(), SAID)
    known.get("resp_1")
    known.keep("resp_3", asked(), SAID)
    assert known.get("resp_2") is None
    assert known.get("resp_1") and known.get("resp_3")  # noqa: PT018 - one fact


def test_memory_is_bounded_by_what_is_kept() -> None:
    known = Remembered(most_bytes=3_000)
    for number in range(20):
        known.keep(f"resp_{number}", asked("x" * 800), SAID)
        assert known.bytes <= 3_000
    assert len(known) == 3
    known.keep("resp_19", asked("x" * 800), SAID)  # again: counted once
    assert len(known) == 3
    known.keep("resp_huge", asked("x" * 4_000), SAID)
    assert known.get("resp_huge") is None
    assert len(known) == 3
    for number in range(20):
        known.forget(f"resp_{number}")
    assert (len(known), known.bytes) == (0, 0)
