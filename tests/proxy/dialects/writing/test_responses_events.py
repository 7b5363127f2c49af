"""Responses streams and bodies as the real openai client takes them."""

import json
from typing import Any

import openai
import pytest

from driftgate.proxy.dialects.meaning import Answer, ToolCall, Usage
from driftgate.proxy.dialects.writing.responses_body import write_body
from driftgate.proxy.dialects.writing.responses_events import keep_alive, write_stream

TOOLS: list[Any] = [{"type": "custom", "name": "apply_patch"}]
ANSWER = Answer(
    text="Ça va? " * 100,
    reasoning="Hm. " * 100,
    tool_calls=(
        ToolCall("exec", '{"cmd": "ls"}', "call_1"),
        ToolCall("spawn", "{}", "call_2", "agents"),
        ToolCall("apply_patch", "*** Begin\n", "call_3"),
    ),
    usage=Usage(10, 5, 3, 2),
    response_id="resp_1",
    model="gemma4",
)


def client(url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0)


def events(*pieces: bytes) -> list[dict[str, Any]]:
    texts = b"".join(pieces).decode().split("\n\n")
    return [json.loads(text.split("\ndata: ")[1]) for text in texts if text]


def check(response: Any) -> None:
    thought, said, *calls = response.output
    assert response.output_text == ANSWER.text
    assert said.type == "message"
    assert thought.content[0].text == ANSWER.reasoning
    assert [call.type for call in calls] == ["function_call", "function_call", "custom_tool_call"]
    assert calls[0].arguments == '{"cmd": "ls"}'
    assert calls[1].namespace == "agents"
    assert calls[2].input == "*** Begin\n"
    assert response.usage.total_tokens == 15
    assert response.usage.input_tokens_details.cached_tokens == 3
    assert response.model == "gemma4"
    assert response.status == "completed"


async def test_the_openai_client_reads_a_body(reader: Any) -> None:
    body = write_body(ANSWER, reader.ask(request={"tools": TOOLS}))
    async with reader.server("application/json", body) as url, client(url) as to:
        check(await to.responses.create(model="m", input="hi"))


@pytest.mark.parametrize("alive", [0, 1, 3])
async def test_the_openai_client_reads_a_stream_that_may_begin_with_keep_alives(
    reader: Any, alive: int
) -> None:
    ask = reader.ask(request={"tools": TOOLS})
    pieces = [*[keep_alive(ask) for _ in range(alive)], *write_stream(ANSWER, ask)]
    async with reader.server("text/event-stream", *pieces) as url, client(url) as to:
        seen: list[Any] = [
            event async for event in await to.responses.create(model="m", input="", stream=True)
        ]
        async with to.responses.stream(model="m", input="") as stream:
            check(await stream.get_final_response())
    check(seen[-1].response)
    assert {event.response.id for event in seen if hasattr(event, "response")} == {
        "resp_x" if alive else "resp_1"
    }
    deltas = [event.delta for event in seen if event.type == "response.output_text.delta"]
    assert "".join(deltas) == ANSWER.text
    assert max(map(len, deltas)) == 200


def test_events_are_numbered_through_keep_alives(reader: Any) -> None:
    for count in range(4):
        ask = reader.ask()
        alive = [keep_alive(ask) for _ in range(count)]
        told = events(*alive, *write_stream(ANSWER, ask))
        assert [event["sequence_number"] for event in told] == list(range(len(told)))
        kinds = [event["type"] for event in told]
        assert kinds[:2] == ["response.created", "response.in_progress"]
        assert kinds.count("keepalive") == max(0, count - 1)
        assert kinds.count("response.created") == 1


def test_what_was_cut_is_incomplete(reader: Any) -> None:
    last = events(*write_stream(Answer(text="a", finish_reason="length"), reader.ask()))[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_reasoning_is_a_summary_where_one_was_asked_for(reader: Any) -> None:
    ask = reader.ask(request={"reasoning": {"summary": "auto"}})
    told = events(*write_stream(Answer(reasoning="Hm.", text="a"), ask))
    assert "response.reasoning_summary_text.delta" in [event["type"] for event in told]
    assert told[-1]["response"]["output"][0]["summary"] == [{"type": "summary_text", "text": "Hm."}]


def test_timings_stand_where_llama_server_writes_them(reader: Any) -> None:
    answer = Answer(text="a", timings='{"predicted_n":4,"predicted_per_second":2.5}')
    pieces = write_stream(answer, reader.ask())
    assert reader.read("responses", *pieces).tokens_per_second == 2.5
    assert json.loads(write_body(answer, reader.ask()))["timings"]["predicted_n"] == 4
