"""What is remembered of earlier requests saves work, and changes nothing."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects import remembered as module
from driftgate.proxy.dialects import scan as scanning
from driftgate.proxy.dialects.describe import Described, describe
from driftgate.proxy.dialects.remembered import Remembered
from driftgate.proxy.record import Recorded

FILLER = "x" * 20_000
TEXTS = st.text(max_size=20)
IDS = st.sampled_from(["c1", "c2", "c3"])
MESSAGES = (
    st.builds(lambda text: {"role": "user", "content": text}, TEXTS)
    | st.builds(
        lambda call_id, name: {
            "role": "assistant",
            "tool_calls": [
                {"id": call_id, "function": {"name": name, "arguments": "{}"}},
                {"id": call_id + "b", "function": {"name": name + "b"}},
            ],
        },
        IDS,
        TEXTS,
    )
    | st.builds(lambda i, text: {"role": "tool", "tool_call_id": i, "content": text}, IDS, TEXTS)
    | st.integers()
)
ITEMS = (
    st.builds(lambda text: {"type": "message", "role": "user", "content": text}, TEXTS)
    | st.builds(
        lambda i, name: {"type": "function_call", "call_id": i, "name": name, "arguments": "{}"},
        IDS,
        TEXTS,
    )
    | st.builds(lambda i: {"type": "function_call_output", "call_id": i, "output": "o"}, IDS)
    | st.integers()
)
STEPS = st.lists(st.tuples(st.integers(0, 3), st.lists(MESSAGES, max_size=4)), max_size=5)
ITEM_STEPS = st.lists(st.tuples(st.integers(0, 3), st.lists(ITEMS, max_size=4)), max_size=5)
EXTRAS = st.dictionaries(
    st.sampled_from(["messages", "input", "response", "client_metadata", "stream", "a"]),
    st.integers() | st.lists(st.integers(), max_size=2) | st.just({"b": 1}),
    max_size=2,
)


def call(body: bytes, target: str = "/v1/chat/completions") -> Recorded:
    return Recorded(bytes(16), 0, "w", target=target, request_body=body, request_size=len(body))


def told(found: Described) -> Any:
    return found.request, found.identity, found.body, found.body_complete


def same(memory: Remembered, recorded: Recorded) -> None:
    assert told(describe(recorded, remembered=memory)) == told(describe(recorded))


@given(STEPS, EXTRAS, st.booleans())
def test_a_growing_chat_means_the_same(
    steps: list[tuple[int, list[Any]]], extras: dict[str, Any], ascii_only: bool
) -> None:
    memory = Remembered()
    messages: list[Any] = [{"role": "system", "content": FILLER}]
    for drop, more in steps:
        del messages[len(messages) - min(drop, len(messages) - 1) :]
        messages += more
        text = json.dumps({"model": "m", "messages": messages, "n": 1}, ensure_ascii=ascii_only)
        tail = json.dumps(extras)[1:-1]  # a key may stand there twice
        text = text[:-1] + (f", {tail}}}" if tail else "}")
        same(memory, call(text.encode("utf-8", "surrogatepass")))


@given(ITEM_STEPS, st.sampled_from(["", "be brief"]))
def test_a_growing_responses_request_means_the_same(
    steps: list[tuple[int, list[Any]]], instructions: str
) -> None:
    memory = Remembered()
    items: list[Any] = [{"type": "message", "role": "user", "content": FILLER}]
    for drop, more in steps:
        del items[len(items) - min(drop, len(items) - 1) :]
        items += more
        body = {"instructions": instructions, "input": items, "client_metadata": {"n": len(items)}}
        same(memory, call(json.dumps(body).encode(), "/v1/responses"))


def test_what_an_earlier_body_held_is_not_read_again(monkeypatch: Any) -> None:
    memory = Remembered()
    messages = [{"role": "user", "content": f"{n} {FILLER}"} for n in range(5)]
    describe(call(json.dumps({"messages": messages}).encode()), remembered=memory)
    read: list[int] = []

    def counted(text: str, at: int) -> tuple[Any, int]:
        read.append(at)
        return json.JSONDecoder(strict=False).raw_decode(text, at)

    monkeypatch.setattr(scanning, "_fast", counted)
    messages.append({"role": "user", "content": "more"})
    found = describe(call(json.dumps({"messages": messages}).encode()), remembered=memory)
    assert len(read) == 1
    assert [item.text[:2] for item in found.request.items] == ["0 ", "1 ", "2 ", "3 ", "4 ", "mo"]


def test_a_number_that_goes_on_is_another_number() -> None:
    memory = Remembered()
    for last in ("1", "12"):
        body = f'{{"messages": [{{"content": "{FILLER}"}}, {last}]}}'.encode()
        same(memory, call(body))


def test_dialects_and_byte_order_marks_do_not_mix() -> None:
    memory = Remembered()
    body = json.dumps({"prompt": "p", "messages": [{"content": FILLER}], "input": ["a"]}).encode()
    for target in ("/v1/completions", "/v1/chat/completions", "/v1/responses", "/v1/embeddings"):
        for sent in (body, b"\xef\xbb\xbf" + body, body[:-1], body):
            same(memory, call(sent, target))


def test_what_is_remembered_stays_within_its_limit(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "_HEAD", 100)
    memory = Remembered(limit=100_000)
    for n in range(20):
        body = json.dumps({"messages": [{"content": f"{n} {FILLER}"}]}).encode()
        describe(call(body), remembered=memory)
    held = [size for size, _ in memory._marks.values()]
    assert sum(held) <= 100_000
    assert len(held) > 1
