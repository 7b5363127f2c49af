"""A Responses answer back under the client's names, stream and body."""

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.adapt.restored import ToolsBack
from driftgate.proxy.adapt.tools import flatten_tools
from driftgate.proxy.dialects import responses_answer
from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.proxy.dialects.sse import read_events
from driftgate.proxy.record import Chunk
from driftgate.sim import responses
from driftgate.sim.ask import Ask, Call, Reply
from driftgate.sim.generation import generate
from driftgate.sim.slots import Slots
from driftgate.sim.versions import VERSIONS

BODY = {
    "input": "hi",
    "tools": [
        {"type": "custom", "name": "apply_patch"},
        {"type": "namespace", "name": "ns", "tools": [{"type": "function", "name": "spawn"}]},
        {"type": "function", "name": "plain"},
    ],
}
SENT, TOOLS = flatten_tools(BODY, "flatten")
CALLS = (
    Call("plain", '{"a": 1}', "c0"),
    Call("apply_patch", '{"input": "*** Begin\\n"}', "c1"),
    Call("ns__spawn", '{"n": 2}', "c2"),
)
MEANT = (
    ToolCall("plain", '{"a": 1}', "c0"),
    ToolCall("apply_patch", "*** Begin\n", "c1"),
    ToolCall("spawn", '{"n": 2}', "c2", "ns"),
)


def made(*calls: Call) -> Any:
    version = VERSIONS["gemma4-sim:v1"]
    how: dict[str, Any] = {"prompt": "p", "prompt_tokens": 1, "context": 999, "request_id": "r"}
    return generate(Ask(), Reply("Text.", "Hm.", calls), version, Slots(), **how)


def streamed(*calls: Call) -> bytes:
    return b"".join(event.data for event in responses.stream(made(*calls), SENT))


def read(stream: bytes) -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in read_events([Chunk(0, stream)])]


def test_calls_in_a_stream_come_back_as_what_they_stand_for() -> None:
    out = ToolsBack(TOOLS, BODY).feed(streamed(*CALLS))
    events = read(out)
    answer = responses_answer.read_stream([(0, json.dumps(event).encode()) for event in events])
    assert answer.tool_calls == MEANT
    assert (answer.text, answer.reasoning, answer.complete) == ("Text.", "Hm.", True)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    final = events[-1]["response"]
    assert responses_answer.read_body(final).tool_calls == MEANT
    assert final["tools"] == BODY["tools"]
    kinds = {event["type"] for event in events if event.get("output_index") == 3}
    assert kinds == {
        "response.output_item.added",
        "response.custom_tool_call_input.delta",
        "response.custom_tool_call_input.done",
        "response.output_item.done",
    }


def test_a_body_comes_back_too() -> None:
    sent = json.dumps(responses.whole_body(made(*CALLS), SENT)).encode()
    back = json.loads(ToolsBack(TOOLS, BODY).body(sent))
    assert responses_answer.read_body(back).tool_calls == MEANT
    fed = ToolsBack(TOOLS, BODY)
    assert fed.feed(sent[:9]) + fed.feed(sent[9:]) == b""
    assert json.loads(fed.end()) == back
    assert ToolsBack(TOOLS, BODY).body(b"[not JSON") == b"[not JSON"
    assert ToolsBack(TOOLS, BODY).error(400, b"said") == b"said"


def test_an_answer_without_such_calls_passes_as_it_is() -> None:
    stream = b'data: {"type":"x", "n":1}\n\nevent: y\ndata: no JSON\n\ndata: [DONE]\n\n'
    assert ToolsBack(TOOLS, BODY).feed(stream) == stream


@given(st.lists(st.integers(0, 9000), max_size=12))
def test_any_split_gives_the_same(cuts: list[int]) -> None:
    stream = streamed(*CALLS)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    back = ToolsBack(TOOLS, BODY)
    parts = [back.feed(stream[a:b]) for a, b in itertools.pairwise(places)]
    assert b"".join([*parts, back.end()]) == ToolsBack(TOOLS, BODY).feed(stream)
