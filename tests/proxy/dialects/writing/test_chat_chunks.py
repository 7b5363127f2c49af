"""Chat and completion streams and bodies as the real openai client takes them."""

import json
from typing import Any

import openai
import pytest

from driftgate.proxy.dialects.meaning import Answer, ToolCall, Usage
from driftgate.proxy.dialects.writing import chat_body
from driftgate.proxy.dialects.writing.chat_chunks import keep_alive, write_chat, write_completion

MESSAGES: list[Any] = [{"role": "user", "content": "hi"}]
CUSTOM = {"tools": [{"type": "custom", "custom": {"name": "apply_patch"}}]}
ANSWER = Answer(
    text="Ça va? " * 100,
    reasoning="Hm. " * 100,
    tool_calls=(
        ToolCall("exec", json.dumps({"cmd": "ls " * 100}), "call_1"),
        ToolCall("stop", "{}", "call_2"),
    ),
    usage=Usage(10, 5, 3, 2),
    response_id="chatcmpl-1",
    model="gemma4",
)


def client(url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0)


def check(completion: Any) -> None:
    [choice] = completion.choices
    assert choice.message.role == "assistant"
    assert choice.message.content == ANSWER.text
    assert choice.message.reasoning_content == ANSWER.reasoning
    calls = [
        (call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls
    ]
    assert calls == [(call.call_id, call.name, call.arguments) for call in ANSWER.tool_calls]
    assert choice.finish_reason == "tool_calls"
    assert completion.usage.total_tokens == 15
    assert completion.usage.prompt_tokens_details.cached_tokens == 3


async def test_the_openai_client_reads_a_body(reader: Any) -> None:
    body = chat_body.write_chat(ANSWER, reader.ask())
    async with reader.server("application/json", body) as url, client(url) as to:
        check(await to.chat.completions.create(model="m", messages=MESSAGES))


@pytest.mark.parametrize("alive", [0, 1, 3])
async def test_the_openai_client_reads_a_stream_that_may_begin_with_keep_alives(
    reader: Any, alive: int
) -> None:
    ask = reader.ask(include_usage=True)
    pieces = [*[keep_alive(ask, chat=True) for _ in range(alive)], *write_chat(ANSWER, ask)]
    async with reader.server("text/event-stream", *pieces) as url, client(url) as to:
        asked = await to.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        chunks: list[Any] = [chunk async for chunk in asked]
        async with to.chat.completions.stream(model="m", messages=MESSAGES) as stream:
            check(await stream.get_final_completion())
    assert len({chunk.id for chunk in chunks}) == 1
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == ANSWER.text
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == 15


async def test_the_openai_client_reads_a_completion(reader: Any) -> None:
    ask = reader.ask()
    pieces = [keep_alive(ask, chat=False), *write_completion(ANSWER, ask)]
    async with reader.server("text/event-stream", *pieces) as url, client(url) as to:
        asked = await to.completions.create(model="m", prompt="hi", stream=True)
        chunks = [chunk async for chunk in asked]
    assert "".join(chunk.choices[0].text for chunk in chunks) == ANSWER.text
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_usage_is_told_only_where_it_is_asked_for_and_known(reader: Any) -> None:
    assert b'"usage"' not in b"".join(write_chat(ANSWER, reader.ask()))
    unknown = write_chat(Answer(text="a"), reader.ask(include_usage=True))
    assert b'"usage"' not in b"".join(unknown)
    assert unknown[-1] == b"data: [DONE]\n\n"


def test_a_custom_tool_is_called_with_its_input(reader: Any) -> None:
    answer = Answer(tool_calls=(ToolCall("apply_patch", "*** Begin\n", "c1"),))
    ask = reader.ask(request=CUSTOM)
    message = json.loads(chat_body.write_chat(answer, ask))["choices"][0]["message"]
    custom = {"name": "apply_patch", "input": "*** Begin\n"}
    assert message["tool_calls"] == [{"id": "c1", "type": "custom", "custom": custom}]
    assert reader.read("chat", *write_chat(answer, ask)).tool_calls == answer.tool_calls


def test_a_call_without_an_id_gets_one(reader: Any) -> None:
    answer = Answer(tool_calls=(ToolCall("a", "{}"), ToolCall("b", "{}")), response_id="chatcmpl-9")
    read = reader.read("chat", *write_chat(answer, reader.ask()))
    assert [call.call_id for call in read.tool_calls] == ["call_9_0", "call_9_1"]


def test_timings_stand_on_the_last_chunk(reader: Any) -> None:
    answer = Answer(text="a", timings='{"predicted_n":4,"predicted_per_second":2.5}')
    pieces = write_chat(answer, reader.ask())
    assert b'"timings":{"predicted_n":4' in pieces[-2]
    assert reader.read("chat", *pieces).tokens_per_second == 2.5
