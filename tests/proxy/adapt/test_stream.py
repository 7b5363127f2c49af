"""A chat's answer as a response: read by our own readers, both must say the same."""

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.adapt.request import Plan, request_to_chat
from driftgate.proxy.adapt.stream import ChatToResponses
from driftgate.proxy.dialects import chat_answer, responses_answer
from driftgate.proxy.dialects.meaning import Answer, ToolCall
from driftgate.proxy.dialects.sse import read_events
from driftgate.proxy.dialects.writing.write import keep_alive
from driftgate.proxy.dialects.writing.written import Written
from driftgate.proxy.record import Chunk

PLAN = Plan({"model": "m", "input": "hi", "stream": True})
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def chunk(delta: dict[str, Any] | None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    head = {"id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 9, "model": "g"}
    return {**head, "choices": choices, **more}


def wire(*chunks: Any, done: bool = True, newline: str = "\n") -> bytes:
    told = [f"data: {json.dumps(each)}" for each in chunks] + ["data: [DONE]"] * done
    return "".join(f"{line}{newline}{newline}" for line in told).encode()


def read(stream: bytes) -> tuple[Answer, list[dict[str, Any]]]:
    events = read_events([Chunk(0, stream)])
    answer = responses_answer.read_stream([(0, event.data) for event in events])
    return answer, [json.loads(event.data) for event in events]


def translated(stream: bytes, plan: Plan = PLAN) -> tuple[Answer, list[dict[str, Any]]]:
    turned = ChatToResponses(plan)
    return read(turned.feed(stream) + turned.end())


def call(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    name = {"name": more.pop("name")} if "name" in more else {}
    return {"tool_calls": [{"index": index, **more, "function": {**name, "arguments": arguments}}]}


def test_text_comes_as_it_is_made_with_every_event_of_the_dialect() -> None:
    turned = ChatToResponses(PLAN)
    first = turned.feed(wire(chunk({"role": "assistant", "content": "He"}), done=False))
    assert [event["type"] for event in read(first)[1]][-1] == "response.output_text.delta"
    rest = turned.feed(wire(chunk({"content": "llo"}), chunk({}, "stop"), chunk(None, usage=USAGE)))
    answer, events = read(first + rest)
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(10))
    assert (answer.text, answer.finish_reason, answer.response_id) == (
        "Hello",
        "completed",
        "resp_7",
    )
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (7, 3)
    assert turned.end() == b""


def test_it_goes_on_where_keep_alives_have_begun() -> None:
    ask = Written("m", 5, "resp_ours", request=dict(PLAN.request))
    begun = keep_alive("responses", ask) + keep_alive("responses", ask)
    turned = ChatToResponses(PLAN, ask)
    stream = wire(chunk({"content": "Hi"}), chunk({}, "stop"))
    answer, events = read(begun + turned.feed(stream))
    kinds = [event["type"] for event in events]
    assert kinds.count("response.created") == 1
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert (answer.text, answer.response_id) == ("Hi", "resp_ours")


def test_parallel_calls_keep_their_order_and_their_ids() -> None:
    stream = wire(
        chunk(call(0, "", name="f", id="a", type="function")),
        chunk(call(1, '{"x":', name="g", id="b")),
        chunk(call(0, '{"y": 1}')),
        chunk(call(1, " 2}")),
        chunk(call(2, "{}", name="h", id="c")),
        chunk(call(3, "", name="i", id="d")),
        chunk({}, "tool_calls", usage=USAGE),
        done=False,
    )
    answer, events = translated(stream)
    assert answer.tool_calls == (
        ToolCall("f", '{"y": 1}', "a"),
        ToolCall("g", '{"x": 2}', "b"),
        ToolCall("h", "{}", "c"),
        ToolCall("i", "", "d"),
    )
    output = events[-1]["response"]["output"]
    assert [item["name"] for item in output] == ["f", "g", "h", "i"]
    assert answer.usage.output_tokens == 3


def test_a_call_without_an_id_gets_one() -> None:
    answer, _ = translated(wire(chunk(call(0, "{}", name="f")), chunk({}, "tool_calls")))
    assert answer.tool_calls == (ToolCall("f", "{}", "call_7"),)


def test_reasoning_is_a_summary_where_the_client_asks_for_one() -> None:
    plan = Plan({**PLAN.request, "reasoning": {"summary": "auto"}})
    for key in ("reasoning_content", "reasoning", "thinking"):
        stream = wire(chunk({key: "Hm"}), chunk({"content": "Hi"}), chunk({}, "stop"))
        for chosen, kind in ((plan, "reasoning_summary_text"), (PLAN, "reasoning_text")):
            answer, events = translated(stream, chosen)
            assert (answer.reasoning, answer.text) == ("Hm", "Hi")
            assert f"response.{kind}.delta" in [event["type"] for event in events]
            assert [item["type"] for item in events[-1]["response"]["output"]] == [
                "reasoning",
                "message",
            ]


def test_tools_come_back_under_the_clients_names() -> None:
    namespace = {"type": "namespace", "name": "ns", "tools": [{"type": "function", "name": "s"}]}
    body = {"input": "hi", "tools": [{"type": "custom", "name": "patch"}, namespace]}
    _, plan = request_to_chat(body, "flatten")
    stream = wire(
        chunk(call(0, '{"inp', name="patch", id="a")),
        chunk(call(0, 'ut": "x"}')),
        chunk(call(1, "{}", name="ns__s", id="b")),
        chunk({}, "tool_calls"),
    )
    answer, events = translated(stream, plan)
    assert answer.tool_calls == (ToolCall("patch", "x", "a"), ToolCall("s", "{}", "b", "ns"))
    deltas = [e["delta"] for e in events if e["type"] == "response.custom_tool_call_input.delta"]
    assert deltas == ["x"]
    assert events[-1]["response"]["tools"] == body["tools"]


def test_a_cut_answer_is_incomplete() -> None:
    for finish, reason in (("length", "max_output_tokens"), ("content_filter", "content_filter")):
        answer, events = translated(wire(chunk({"content": "x"}), chunk({}, finish)))
        assert answer.finish_reason == reason
        assert events[-1]["type"] == "response.incomplete"
        assert events[-1]["response"]["output"][0]["status"] == "incomplete"


def test_a_stream_that_breaks_off_has_no_last_event() -> None:
    for ending in (b"", b"data: [DONE]\n\n"):
        answer, events = translated(wire(chunk({"content": "x"}), done=False) + ending)
        assert not answer.complete
        assert events[-1]["type"] == "response.output_text.delta"
    assert ChatToResponses(PLAN).end() == b""


def test_an_error_in_the_stream_is_a_failed_response() -> None:
    error = {"error": {"code": 400, "message": "no", "type": "exceed_context_size_error"}}
    for before in ((), (chunk({"content": "x"}),)):
        answer, events = translated(wire(*before, error, chunk({"content": "late"})))
        assert events[-1]["type"] == "response.failed"
        assert events[-1]["response"]["error"] == {
            "code": "context_length_exceeded",
            "message": "no",
        }
        assert answer.error == "no"


def test_a_json_answer_is_a_stream_all_the_same() -> None:
    message = {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}
    body = {
        "id": "chatcmpl-7",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    turned = ChatToResponses(PLAN)
    data = json.dumps(body).encode()
    out = turned.feed(b"") + turned.feed(b"\n ") + turned.feed(data[:9]) + turned.feed(data[9:])
    assert out == b""
    answer, events = read(turned.end())
    assert (answer.text, answer.reasoning, answer.complete) == ("Hi", "Hm", True)
    assert events[0]["type"] == "response.created"


def test_a_body_is_a_response_object() -> None:
    calls = [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    data = json.dumps({"id": "chatcmpl-7", "model": "g", "choices": [choice], "usage": USAGE})
    got = json.loads(ChatToResponses(PLAN).body(data.encode()))
    assert (got["object"], got["status"], got["model"], got["id"]) == (
        "response",
        "completed",
        "g",
        "resp_7",
    )
    assert responses_answer.read_body(got).tool_calls == (ToolCall("f", "{}", "a"),)
    stream = wire(chunk({"content": "x"}), chunk({}, "stop"))
    assert json.loads(ChatToResponses(PLAN).body(stream))["output"][0]["content"][0]["text"] == "x"


def test_a_body_that_is_broken_or_an_error_is_a_failed_response() -> None:
    for data in (b"", b"nonsense", b'{"error": "no"}', b"[1]", b"{}", wire(chunk({}), done=False)):
        got = json.loads(ChatToResponses(PLAN).body(data))
        assert got["status"] == "failed"
        assert got["error"]["message"]


def test_an_error_body_keeps_what_it_says() -> None:
    told = ChatToResponses(PLAN).error(
        400, b'{"error": {"message": "no", "type": "t", "code": "c"}}'
    )
    assert json.loads(told) == {"error": {"message": "no", "type": "t", "param": None, "code": "c"}}


# Whatever a server sends: deltas in an order that servers keep, then the end.
_TEXT = st.text(st.characters(), max_size=6) | st.sampled_from(["\ud83d", "\ude00", ""])
_THOUGHTS = st.lists(st.builds(lambda text: {"reasoning_content": text}, _TEXT), max_size=3)
_SAID = st.lists(st.builds(lambda text: {"content": text}, _TEXT), max_size=4)


@st.composite
def _called(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.lists(st.sampled_from(["f", "g", "long_name"]), max_size=3))
    pieces = [
        (place, text)
        for place in range(len(names))
        for text in draw(st.lists(st.text(max_size=6), max_size=3))
    ]
    starts = [call(n, "", name=name, id=f"call_{n}") for n, name in enumerate(names)]
    return starts + [call(n, text) for n, text in draw(st.permutations(pieces))]


_DELTAS = st.builds(lambda *parts: [d for part in parts for d in part], _THOUGHTS, _SAID, _called())
_FINISH = st.sampled_from(["stop", "length", "tool_calls", "content_filter"])
_FINISHED = {"length": "max_output_tokens", "content_filter": "content_filter"}


@given(_DELTAS, _FINISH, st.booleans(), st.booleans())
def test_the_response_says_what_the_chat_said(
    deltas: list[dict[str, Any]], finish: str, done: bool, own_chunk: bool
) -> None:
    end = [chunk({}, finish), chunk(None, usage=USAGE)]
    if not own_chunk:
        end = [chunk({}, finish, usage=USAGE)]
    stream = wire(*(chunk(delta) for delta in deltas), *end, done=done)
    events = read_events([Chunk(0, stream)])
    meant = chat_answer.read_stream([(0, event.data) for event in events])
    got, told = translated(stream)
    assert not got.wire
    assert (got.text or None) == (meant.text or None)
    assert (got.reasoning or None) == (meant.reasoning or None)
    assert got.tool_calls == meant.tool_calls
    assert (got.usage.input_tokens, got.usage.output_tokens) == (7, 3)
    assert got.finish_reason == _FINISHED.get(finish, "completed")
    whole = responses_answer.read_body(told[-1]["response"])
    assert (whole.text, whole.reasoning, whole.tool_calls) == (
        got.text,
        got.reasoning,
        got.tool_calls,
    )


@given(_DELTAS, st.lists(st.integers(0, 3000), max_size=9), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_split_gives_the_same(
    deltas: list[dict[str, Any]], cuts: list[int], newline: str
) -> None:
    chunks = [chunk(delta) for delta in deltas]
    stream = wire(*chunks, chunk({}, "stop"), newline=newline)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    turned = ChatToResponses(PLAN)
    parts = [turned.feed(stream[a:b]) for a, b in itertools.pairwise(places)]
    once = ChatToResponses(PLAN)
    assert b"".join([*parts, turned.end()]) == once.feed(stream) + once.end()


@given(st.binary(max_size=80) | st.lists(st.sampled_from([b"data: ", b"{", b'"choices":', b"[", b"}", b"]", b"\n\n", b"1"])).map(b"".join))  # fmt: skip
def test_any_bytes_are_read(data: bytes) -> None:
    turned = ChatToResponses(PLAN)
    turned.feed(data)
    turned.end()
    json.loads(ChatToResponses(PLAN).body(data))


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["index", "id", "function", "name", "arguments", "content", "custom", "input"]), inner, max_size=4), max_leaves=8))  # fmt: skip
def test_any_delta_is_read(value: Any) -> None:
    choice = {"delta": {"tool_calls": value, "content": value, "reasoning": value}}
    translated(wire({"choices": [choice]}, {"choices": [{"delta": value}]}, chunk({}, "stop")))
