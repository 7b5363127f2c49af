"""The real Codex CLI takes the Responses streams that driftgate writes itself."""

import asyncio
import json
from typing import Any

import pytest

from driftgate.proxy import failures
from driftgate.proxy.dialects.meaning import Answer, ToolCall, Usage
from driftgate.proxy.dialects.writing.faults import stream_error
from driftgate.proxy.dialects.writing.write import Written, keep_alive, write_stream
from tests.support.backends import Codex, CodexRun
from tests.support.scripted import Exchange, Scripted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
USAGE = Usage(100, 5, 0, 0)
COMMAND = json.dumps({"cmd": "echo driftgate-was-here"})


async def run(codex: Codex, backend: Scripted, **settings: Any) -> CodexRun:
    options = (*codex.provider(f"{backend.url}/v1", **settings), "-m", "gemma4")
    return await asyncio.to_thread(codex.run, "hi", *options)


async def test_a_tool_loop_completes_on_written_streams_that_begin_with_keep_alives(
    codex: Codex,
) -> None:
    answers = [
        Answer(tool_calls=(ToolCall("exec_command", COMMAND, "call_1"),), usage=USAGE),
        Answer(text="Ça va? " * 100, reasoning="Hm.", usage=USAGE),
    ]

    async def answer(exchange: Exchange) -> None:
        ask = Written("gemma4", 1_700_000_000, "resp_x", request=json.loads(exchange.body))
        alive = [keep_alive("responses", ask) for _ in range(3)]
        await exchange.send(HEAD, *alive, *write_stream("responses", answers.pop(0), ask))
        exchange.writer.close()

    async with Scripted(answer).running() as backend:
        ran = await run(codex, backend)
    assert ran.code == 0, ran.output
    assert ran.items("agent_message")[-1]["text"] == "Ça va? " * 100
    [command] = ran.items("command_execution")
    assert "driftgate-was-here" in command["aggregated_output"]
    assert len(backend.seen) == 2


@pytest.mark.parametrize(
    ("error", "requests"),
    [(failures.disk_full("no space"), 1), (failures.connect_timeout("u", "http://u", 3), 2)],
)
async def test_codex_stops_at_a_final_error_and_asks_again_after_a_passing_one(
    codex: Codex, error: Any, requests: int
) -> None:
    async def answer(exchange: Exchange) -> None:
        ask = Written("gemma4", 1_700_000_000, "resp_x")
        alive = keep_alive("responses", ask)
        names: dict[str, Any] = {"call_id": "c1", "upstream": "u", "ask": ask}
        await exchange.send(HEAD, alive, stream_error("responses", error, **names, codex=True))
        exchange.writer.close()

    async with Scripted(answer).running() as backend:
        ran = await run(codex, backend, stream_max_retries=1)
    assert ran.code == 1
    [failed] = [event for event in ran.events if event["type"] == "turn.failed"]
    assert error.message in failed["error"]["message"]
    assert len(backend.seen) == requests
