"""A stream says the same in whatever pieces it comes, and what the assemblers say in the end."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.stream import Piece, StreamReader

Events = list[dict[str, Any]]

CHAT: Events = [
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
    {"choices": [{"index": 0, "delta": {"reasoning_content": "hm"}}]},
    {"choices": [{"index": 1, "delta": {"content": "other choice"}}]},
    {"choices": [{"index": 0, "delta": {"content": "Ça "}}]},
    {"choices": [{"index": 0, "delta": {"content": "va"}}]},
    {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "ex"}}]}}]},
    {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": "ec"}}]}}]},
    {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}}]},
    {"choices": [{"delta": {"tool_calls": [{"index": 1, "function": {"name": "bare"}}]}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    {"choices": [], "usage": {"prompt_tokens": 1}},
]
OLLAMA: Events = [
    {"message": {"role": "assistant", "content": "", "thinking": "hm"}, "done": False},
    {"message": {"content": "Ça "}, "done": False},
    {"message": {"content": "va"}, "done": False},
    {"message": {"tool_calls": [{"function": {"name": "exec", "arguments": {}}}]}, "done": False},
    {"message": {"tool_calls": [{"function": {"name": "bare"}}]}, "done": False},
    {"message": {"content": ""}, "done": True, "done_reason": "stop"},
]
CALL: dict[str, Any] = {"type": "function_call", "id": "fc", "name": "exec", "arguments": "{}"}
MESSAGE: dict[str, Any] = {
    "type": "message",
    "id": "m",
    "content": [{"type": "output_text", "text": "Ça va"}],
}
REASONING: dict[str, Any] = {
    "type": "reasoning",
    "id": "r",
    "summary": [{"type": "summary_text", "text": "hm"}],
}
BARE: dict[str, Any] = {"type": "custom_tool_call", "call_id": "c9", "name": "bare", "input": ""}
ITEMS = (REASONING, MESSAGE, CALL, BARE)
END: dict[str, Any] = {"type": "response.completed", "response": {"output": list(ITEMS)}}
PAIRS = [
    ("reasoning_summary_text", "r", "hm"),
    ("output_text", "m", "Ça va"),
    ("function_call_arguments", "fc", "{}"),
]
DELTAS: Events = [
    {"type": f"response.{name}.delta", "item_id": item, "delta": part}
    for name, item, text in PAIRS
    for part in (text[:1], text[1:])
]
TEXTS: Events = [
    {"type": "response.output_item.added", "item": {**CALL, "arguments": ""}},
    {"type": "response.output_item.added", "item": BARE},
    *[
        {"type": f"response.{name}.done", "item_id": item, "text": text, "arguments": text}
        for name, item, text in PAIRS
    ],
]
DONE: Events = [{"type": "response.output_item.done", "item": item} for item in ITEMS]
BLIND: Events = [
    {"type": "response.reasoning_text.delta", "delta": "hm"},
    {"type": "response.output_text.delta", "delta": "Ça "},
    {"type": "response.output_text.delta", "delta": "va"},
    {"type": "response.output_text.done", "text": "Ça va"},
    {
        "type": "response.output_item.done",
        "item": {"type": "function_call", "name": "exec", "arguments": "{}"},
    },
    {"type": "response.output_item.done", "item": {"type": "function_call", "name": "bare"}},
]
STREAMS: dict[str, tuple[str, Events]] = {
    "chat": ("chat", CHAT),
    "deltas, texts, items, and all at the end": ("responses", [*DELTAS, *TEXTS, *DONE, END]),
    "texts and items": ("responses", [*TEXTS, *DONE, END]),
    "items alone": ("responses", DONE),
    "the end alone": ("responses", [END]),
    "without ids": ("responses", BLIND),
    "ollama": ("ollama_chat", OLLAMA),
}
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "ollama_chat": "/api/chat"}
WHOLE = Piece("Ça va", "hm", "{}", ("exec", "bare"))


def written(dialect: str, events: Events, end: str = "\n") -> bytes:
    texts = [json.dumps(event, ensure_ascii=False) for event in events]
    if dialect == "ollama_chat":
        return "".join(f"{text}{end}" for text in texts).encode()
    noise = f": comment{end}{end}data: no JSON{end}{end}data: [1]{end}{end}"
    lines = "".join(f"event: x{end}data:{text}{end}{end}" for text in texts)
    return f"{noise}{lines}data: [DONE]{end}{end}".encode()


def read(reader: StreamReader, pieces: Iterable[bytes]) -> Piece:
    told = [*[reader.feed(piece) for piece in pieces], reader.end()]
    return Piece(
        "".join(piece.text for piece in told),
        "".join(piece.reasoning for piece in told),
        "".join(piece.arguments for piece in told),
        tuple(name for piece in told for name in piece.tool_names),
    )


@pytest.mark.parametrize("name", STREAMS)
@given(data=st.data())
def test_any_split_says_the_same(name: str, data: st.DataObject) -> None:
    dialect, events = STREAMS[name]
    stream = written(dialect, events, data.draw(st.sampled_from(["\n", "\r\n"])))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=30)))
    edges = list(zip([0, *cuts], [*cuts, len(stream)], strict=True))
    for kind in ("", "text/event-stream" if dialect != "ollama_chat" else "application/x-ndjson"):
        assert read(StreamReader(dialect, kind), [stream[a:b] for a, b in edges]) == WHOLE


@pytest.mark.parametrize("name", STREAMS)
def test_the_assemblers_say_the_same(make: Any, name: str) -> None:
    dialect, events = STREAMS[name]
    kind = "application/x-ndjson" if dialect == "ollama_chat" else "text/event-stream"
    stream = written(dialect, events)
    answer = make.call(PATHS[dialect], {}, [stream], content_type=kind).answer
    calls = [(call.name, call.arguments) for call in answer.tool_calls]
    assert (answer.text, answer.reasoning) == (WHOLE.text, WHOLE.reasoning)
    assert calls == [("exec", "{}"), ("bare", "")]


def test_a_name_in_parts_is_told_once_it_is_whole() -> None:
    reader = StreamReader("chat", "text/event-stream")
    names = [reader.feed(written("chat", [event])).tool_names for event in CHAT]
    assert [name for name in names if name] == [("exec",)]
    assert reader.end().tool_names == ("bare",)


def test_texts_of_two_items_are_parted_as_the_assembler_parts_them() -> None:
    events = [
        {"type": "response.output_text.delta", "item_id": item, "delta": "a"} for item in "xxy"
    ]
    reader = StreamReader("responses", "text/event-stream")
    assert read(reader, [written("responses", events)]).text == "aa\na"


def test_plain_json_says_nothing_while_it_comes() -> None:
    body = json.dumps({"choices": [{"message": {"content": "hi"}}]}, indent=1).encode()
    for dialect in ("chat", "responses"):
        assert read(StreamReader(dialect, "application/json"), [body]) == Piece()


FLOODS: dict[str, dict[str, Any]] = {
    "chat": {"choices": [{"delta": {"content": "x" * 5000}}]},
    "ollama": {"message": {"content": "x" * 5000}},
}


@pytest.mark.parametrize("name", FLOODS)
def test_an_event_beyond_the_limit_is_dropped_and_the_next_is_read(name: str) -> None:
    dialect, events = STREAMS[name]
    for end in ("\n", "\r\n"):
        stream = written(dialect, [FLOODS[name], *events], end)
        for size in (1, 7, 4096, len(stream)):
            pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
            assert read(StreamReader(dialect, limit=2000), pieces) == WHOLE
    assert read(StreamReader(dialect), [stream]).text == "x" * 5000 + "Ça va"


@pytest.mark.parametrize("line", [b"data: x\n", b"data: x\r", b"data: x\r\n", b"data:\n", b"x"])
def test_an_event_without_an_end_is_not_kept(line: bytes) -> None:
    reader = StreamReader("chat", "text/event-stream", limit=1000)
    for _ in range(2000):
        for byte in line:
            reader.feed(bytes([byte]))
    framing: Any = reader._framing
    assert sum(map(len, framing._data)) + sum(map(len, framing._partial)) <= 1000
    assert len(framing._data) <= 1000


@given(st.sampled_from(["chat", "responses", "ollama_chat", "completions"]), st.lists(st.binary()))
def test_bytes_of_any_kind_never_raise(dialect: str, pieces: list[bytes]) -> None:
    for kind in ("", "text/event-stream", "application/x-ndjson"):
        assert isinstance(read(StreamReader(dialect, kind), pieces), Piece)


anything = st.recursive(
    st.none() | st.integers() | st.sampled_from(["message", "function_call", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "delta",
                    "item",
                    "content",
                    "choices",
                    "message",
                    "function",
                    "tool_calls",
                    "response",
                    "output",
                    "name",
                    "arguments",
                    "index",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
)
KINDS = ["response.output_text.delta", "response.output_item.done", "response.completed"]


@given(st.sampled_from(KINDS), st.lists(anything, max_size=4))
def test_json_of_any_shape_never_raises(kind: str, values: list[Any]) -> None:
    typed = [{**value, "type": kind} if isinstance(value, dict) else value for value in values]
    for dialect in ("chat", "responses", "ollama_chat"):
        stream = written(dialect, [*values, *typed])
        assert isinstance(read(StreamReader(dialect), [stream]), Piece)


@pytest.mark.parametrize("kind", [[], {}, 1, None])
def test_a_type_that_is_no_word_never_raises(kind: Any) -> None:
    events = [{"type": "response.output_item.done", "item": {"type": kind}}, {"type": kind}]
    assert read(StreamReader("responses"), [written("responses", events)]) == Piece()
