"""Ollama's answers as the real ollama client takes them."""

import json
from typing import Any

import ollama
import pytest

from driftgate.proxy.dialects.meaning import Answer, ToolCall, Usage
from driftgate.proxy.dialects.writing.ollama_lines import keep_alive, write_body, write_stream

MESSAGES = [{"role": "user", "content": "hi"}]
ANSWER = Answer(
    text="Ça va? " * 100,
    reasoning="Hm. " * 100,
    tool_calls=(ToolCall("exec", '{"cmd":"ls"}', "c1"), ToolCall("stop", "no JSON", "c2")),
    usage=Usage(10, 5),
    model="gemma4",
)


async def test_the_ollama_client_reads_a_body(reader: Any) -> None:
    body = write_body(ANSWER, reader.ask(), chat=True)
    async with reader.server("application/json", body) as url:
        answer: Any = await ollama.AsyncClient(url).chat("m", MESSAGES)
    assert answer.message.content == ANSWER.text
    assert answer.message.thinking == ANSWER.reasoning
    calls = [(call.function.name, call.function.arguments) for call in answer.message.tool_calls]
    assert calls == [("exec", {"cmd": "ls"}), ("stop", {"input": "no JSON"})]
    assert (answer.done, answer.done_reason) == (True, "stop")
    assert (answer.prompt_eval_count, answer.eval_count) == (10, 5)


@pytest.mark.parametrize("alive", [0, 2])
async def test_the_ollama_client_reads_a_stream_that_may_begin_with_keep_alives(
    reader: Any, alive: int
) -> None:
    ask = reader.ask()
    pieces = [keep_alive(ask, chat=True) for _ in range(alive)]
    pieces += write_stream(ANSWER, ask, chat=True)
    async with reader.server("application/x-ndjson", *pieces) as url:
        asked = await ollama.AsyncClient(url).chat("m", MESSAGES, stream=True)
        parts: list[Any] = [part async for part in asked]
    assert "".join(part.message.content or "" for part in parts) == ANSWER.text
    assert "".join(part.message.thinking or "" for part in parts) == ANSWER.reasoning
    assert [len(part.message.tool_calls or ()) for part in parts][-2:] == [2, 0]
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].model == "gemma4"


async def test_the_ollama_client_reads_a_generated_text(reader: Any) -> None:
    ask = reader.ask()
    pieces = [keep_alive(ask, chat=False), *write_stream(ANSWER, ask, chat=False)]
    async with reader.server("application/x-ndjson", *pieces) as url:
        asked = await ollama.AsyncClient(url).generate("m", "hi", stream=True)
        parts: list[Any] = [part async for part in asked]
    assert "".join(part.response for part in parts) == ANSWER.text
    assert "".join(part.thinking or "" for part in parts) == ANSWER.reasoning


@pytest.mark.parametrize(
    ("timings", "expected"),
    [
        ('{"eval_duration":7,"eval_count":1}', {"eval_duration": 7}),
        ('{"prompt_ms":1.5,"predicted_ms":2}', {"total_duration": 3_500_000, "load_duration": 0}),
        ('{"prompt_ms":true,"predicted_ms":2}', {}),
        ("no JSON", {}),
    ],
)
def test_durations_are_told_where_they_are_known(
    reader: Any, timings: str, expected: dict[str, int]
) -> None:
    answer = Answer(text="a", timings=timings, usage=Usage(10, 5))
    told = json.loads(write_body(answer, reader.ask(), chat=True))
    assert (told["prompt_eval_count"], told["eval_count"]) == (10, 5)
    assert {key: told[key] for key in expected} == expected
    assert expected or not any(key.endswith("_duration") for key in told)


def test_an_answer_that_only_loads_says_so(reader: Any) -> None:
    line = json.loads(write_stream(Answer(finish_reason="load"), reader.ask(), chat=True)[-1])
    assert line["done_reason"] == "load"
