"""Agent turns whose answers a real llama-server writes, from a command that ran in the sandbox."""

import asyncio
import json
from collections.abc import Callable

import openai
import pytest
from pydantic import BaseModel

from tests.support.backends import Backend, Served, agent_variables
from tests.support.scripted import Exchange, Scripted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

ENV = {
    # the tiny model has 8,192 tokens, and Codex's own instructions take a good part of them
    **agent_variables(model="gemma4-tiny", base_instructions="Be terse.", context_window=8192),
    "DRIFTGATE_UPSTREAMS__DEFAULT__ADAPT_FORMAT": "true",
}


class Ticket(BaseModel):
    """What the answer is bound to."""

    urgent: bool


def switch(first: str, then: str) -> Scripted:
    """One server that calls a tool, and another one that answers when the tool has run.

    The tiny model has learnt to call one tool alone, which is none of Codex's; offered others it now
    and then calls one of these at random.
    """

    async def answer(exchange: Exchange) -> None:
        body = json.loads(exchange.body or b"{}")
        has_run = any(each["type"] == "function_call_output" for each in body.get("input", ()))
        for name in ("tools", "tool_choice", "parallel_tool_calls") if has_run else ():
            body.pop(name, None)
        data = json.dumps(body).encode() if body else b""
        host, _, port = (then if has_run else first).removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        first_line = exchange.head.partition(b"\r\n")[0]
        lines = b"Host: x\r\nConnection: close\r\nContent-Type: application/json"
        writer.write(
            b"%b\r\n%b\r\nContent-Length: %d\r\n\r\n%b" % (first_line, lines, len(data), data)
        )
        while piece := await reader.read(1 << 16):
            await exchange.send(piece)
        writer.close()
        exchange.writer.close()

    return Scripted(answer)


async def test_a_real_model_answers_from_what_a_command_said(
    serve: Callable[..., Served], sim: Backend, llama_server_for_codex: Backend
) -> None:
    async with switch(sim.url, llama_server_for_codex.url).running() as model:
        served = await asyncio.to_thread(serve, model.url, env=ENV)
        async with openai.AsyncOpenAI(
            base_url=f"{served.url}/v1", api_key="none", max_retries=0, timeout=60
        ) as client:
            text = await streamed(client, "run: echo the export crashes")
            bound = await client.chat.completions.parse(
                model="agent",
                messages=[{"role": "user", "content": "run: echo it crashes again"}],
                response_format=Ticket,
            )
    assert isinstance(bound.choices[0].message.parsed, Ticket)
    turns = await asyncio.to_thread(served.ask, STORY)
    assert [turn[:4] for turn in turns] == [
        ("echo the export crashes", 0, "the export crashes\n", 2),
        ("echo it crashes again", 0, "it crashes again\n", 2),
    ]
    assert turns[1][4] == bound.choices[0].message.content
    assert text.replace("\n", "") == turns[0][4].replace("\n", "")


STORY = (
    "SELECT title, exit_code, agent_items.text, model_calls, calls.output_text FROM agent_items "
    "JOIN agent_turns USING (call_id, attempt) JOIN calls USING (call_id) "
    "WHERE kind = 'command' ORDER BY calls.started_at"
)


async def streamed(client: openai.AsyncOpenAI, prompt: str) -> str:
    stream = await client.responses.create(model="agent", input=prompt, stream=True)
    pieces, kinds = [], []
    async for event in stream:
        if event.type == "response.output_text.delta":
            pieces.append(event.delta)
        if event.type == "response.output_item.done":
            kinds.append(event.item.type)
    assert kinds[:2] == ["shell_call", "shell_call_output"]
    assert "message" in kinds, "it may think, and say several things"
    assert pieces
    assert "The tool says" not in "".join(pieces), "the simulated model's words"
    return "".join(pieces)
