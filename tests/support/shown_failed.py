"""The calls of `shown` that fail, in each way in which one can while driftgate lives."""

import asyncio
from typing import Any

from tests.support.enforced import post
from tests.support.scripted import Exchange, sized
from tests.support.shown_calls import Ids, user
from tests.support.shown_stage import CHUNKED, Stage, chunk, id_of


async def failed(stage: Stage) -> Ids:
    """A call that ends in each way in which one can fail while driftgate lives."""
    stream, ids = user("Count to 50.", stream=True), {}
    head = CHUNKED % b"text/event-stream"
    piece = chunk(b'data: {"choices":[{"index":0,"delta":{"content":"one "}}]}\n\n')
    error = b'{"error":{"message":"model gemma5 not found","type":"not_found_error","code":404}}'
    as_json = b"Content-Type: application/json"
    ids["not_found"] = await stage.ask(
        "chat", user("Hi"), sized(error, as_json, status=b"404 Not Found")
    )
    busy = error.replace(b"model gemma5 not found", b"all slots are busy")
    ids["busy"] = await stage.ask("chat", user("Hi"), sized(busy, as_json, status=b"503 Busy"))
    ids["upstream_refused"] = await stage.ask("chat", user("Hi"), b"", upstream="gone")
    ids["upstream_invalid"] = await stage.ask("chat", user("Hi"), b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    cut = _cut(head, piece * 3)
    ids["upstream_reset"] = await _unlike(stage, "local", cut, stream)
    ids["upstream_timeout"] = await _unlike(stage, "second", _silent, user("Hi"), at="slow")
    ids["client_gone"] = await _left(stage, [head, piece * 3])
    ids["client_invalid"] = id_of(
        await stage.gate.fetch(b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n")
    )
    return ids


def _cut(*pieces: bytes) -> Any:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(*pieces)
        exchange.reset()

    return answer


async def _silent(exchange: Exchange) -> None:
    await exchange.reader.read()


async def _unlike(
    stage: Stage, server: str, answer: Any, body: dict[str, Any], at: str = ""
) -> str:
    stage.servers[server].answer = answer
    return id_of(await stage.gate.fetch(post(f"/u/{at or server}/v1/chat/completions", body)))


async def _left(stage: Stage, pieces: list[bytes]) -> str:
    """The id of a call whose client leaves within the answer."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(*pieces)
        await exchange.reader.read()

    stage.servers["local"].answer = answer
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.gate.port)
    writer.write(post("/v1/chat/completions", user("Count to 50.", stream=True)))
    head = await reader.readuntil(b"one ")
    writer.close()
    return id_of(head)
