"""One attempt: what streams is judged as it comes, and stopped as soon as it can only fail."""

import asyncio
import json
from pathlib import Path

import pytest

from driftgate.proxy.record import Outcome
from tests.support.enforced import GOOD, answered, asking, contracts, post, split
from tests.support.gate import gate
from tests.support.scripted import Exchange, Scripted

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
LIMIT = 5_000  # pieces of a flood that nobody stops


def event(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "g"}
    data = b"data: " + json.dumps({**chunk, "choices": [choice]}).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


async def test_a_flood_is_stopped_long_before_its_end_and_asked_for_again(tmp_path: Path) -> None:
    sent, stopped = 0, asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        nonlocal sent
        if stopped.is_set():
            await exchange.send(answered(GOOD))
            return
        exchange.writer.write(HEAD)
        closing = asyncio.ensure_future(exchange.reader.read())
        while sent < LIMIT and not closing.done():
            exchange.writer.write(event("thought\n"))
            await asyncio.sleep(0)
            sent += 1
        stopped.set()

    body = {"model": "g", "stream": True, "messages": [{"role": "user", "content": "Tell me."}]}
    async with (
        Scripted(answer).running() as backend,
        gate(tmp_path, backend.url, contracts=contracts()) as running,
    ):
        raw = await running.fetch(post("/v1/chat/completions", body))
        call = (await running.ended())[0]
    status, fields, payload = split(raw)
    assert (status, fields["x-driftgate-attempts"]) == (200, "2")
    assert payload.rstrip().endswith(b"[DONE]")
    assert sent < LIMIT / 2
    keywords = {found["keyword"] for found in call.attempts[0].judged["violations"]}
    assert "token_flood" in keywords
    assert "missing_terminal" not in keywords  # that was driftgate's own doing
    assert call.attempts[0].error == "driftgate stopped it: token_flood"
    # a flood is no conversation to go on with: the same is asked again
    assert json.loads(backend.seen[1].body)["messages"] == body["messages"]


async def test_prose_where_json_was_asked_for_is_stopped_at_its_first_letter(
    tmp_path: Path,
) -> None:
    asked: list[bytes] = []

    async def answer(exchange: Exchange) -> None:
        asked.append(exchange.body)
        if len(asked) == 1:
            exchange.writer.write(HEAD + event("Sure, here"))
            await exchange.reader.read()  # until driftgate closes it
        else:
            await exchange.send(answered(GOOD))

    rules = contracts(repair={"steps": []})
    async with (
        Scripted(answer).running() as backend,
        gate(tmp_path, backend.url, contracts=rules) as running,
    ):
        raw = await running.fetch(post("/v1/chat/completions", asking(stream=True)))
    status, fields, _ = split(raw)
    assert (status, fields["x-driftgate-attempts"]) == (200, "2")


async def test_an_answer_beyond_the_limit_is_not_held(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        exchange.writer.write(HEAD)
        piece = b"%x\r\n%b\r\n" % (1 << 16, b" " * (1 << 16))
        for _ in range(40):
            exchange.writer.write(piece)
            await exchange.writer.drain()

    settings = {"record": {"body_limit_mb": 1}}
    async with (
        Scripted(answer).running() as backend,
        gate(tmp_path, backend.url, contracts=contracts(), settings=settings) as running,
    ):
        raw = await running.fetch(post("/v1/chat/completions", asking()))
    status, _, payload = split(raw)
    assert status == 502
    assert b"body_limit_mb" in payload


@pytest.mark.parametrize(
    ("told", "outcome", "verdict"),
    [("stop", Outcome.COMPLETED, "pass"), (None, Outcome.CLIENT_GONE, "unjudged")],
)
async def test_who_leaves_behind_the_last_event_has_had_the_answer(
    tmp_path: Path, told: str | None, outcome: Outcome, verdict: str | None
) -> None:
    async def answer(exchange: Exchange) -> None:
        usage = b'data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}\n\n'
        done = usage + b"data: [DONE]\n\n"
        exchange.writer.write(HEAD + event("Hello", told))
        if told:
            exchange.writer.write(b"%x\r\n%b\r\n" % (len(done), done))
        await exchange.reader.read()  # its end never comes

    last = b"response.completed" if told else b"Hello"
    async with (
        Scripted(answer).running() as backend,
        gate(tmp_path, backend.url, upstream={"adapt": "responses-to-chat"}) as running,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(post("/v1/responses", {"model": "g", "input": "hi", "stream": True}))
        async with asyncio.timeout(5):
            await reader.readuntil(last)
        writer.close()
        call = (await running.ended())[0]
    [attempt] = call.attempts
    assert (attempt.outcome, attempt.judged.get("verdict")) == (outcome, verdict)
