"""Odd answers on their way through a managed call: coded, empty, without a body, in error."""

import asyncio
import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.record import Outcome
from tests.support.enforced import GOOD, answered, asking, chat, contracts, post, split
from tests.support.gate import gate
from tests.support.scripted import Answer, Exchange, Scripted, always, sized

CHAT = "/v1/chat/completions"
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
IN_STREAM = b'data: {"error": {"message": "out of memory"}}\n\n'
TELLING: dict[str, Any] = {
    "contracts": contracts(mode="observe"),
    "settings": {"announce_verdict": True},
}


async def raw_answer(root: Path, answer: Answer, body: Any = None, **options: Any) -> bytes:
    options.setdefault("contracts", contracts())
    async with Scripted(answer).running() as backend, gate(root, backend.url, **options) as running:
        return await running.fetch(post(CHAT, body or asking()))


async def test_an_answer_coded_though_nobody_asked_is_read_and_goes_on_plain(
    tmp_path: Path,
) -> None:
    coded = sized(
        gzip.compress(chat(GOOD)), b"Content-Type: application/json", b"Content-Encoding: gzip"
    )
    status, fields, body = split(await raw_answer(tmp_path, always(coded)))
    assert (status, body) == (200, chat(GOOD))
    assert "content-encoding" not in fields
    assert fields["x-driftgate-attempts"] == "1"


async def test_a_coding_that_is_a_lie_is_the_upstreams_fault(tmp_path: Path) -> None:
    lie = sized(b"plain", b"Content-Type: application/json", b"Content-Encoding: gzip")
    status, _, body = split(await raw_answer(tmp_path, always(lie)))
    assert status == 502
    assert json.loads(body)["error"]["code"] == "upstream_invalid"


async def test_a_name_with_a_line_break_starts_no_header_of_its_own(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        said.append(1)
        await exchange.send(answered("no idea" if len(said) == 1 else GOOD))

    said: list[int] = []
    rules = contracts(fallback=[{"upstream": "default"}], retry={"reasks": 0})
    body = asking(model="gemma\r\nSet-Cookie: evil=1")
    _, fields, _ = split(await raw_answer(tmp_path, answer, body, contracts=rules))
    assert "set-cookie" not in fields
    assert fields["x-driftgate-fallback"] == "default/gemma??Set-Cookie:?evil=1"


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_an_answer_without_a_body_is_not_framed(tmp_path: Path, status: bytes) -> None:
    raw = await raw_answer(tmp_path, always(b"HTTP/1.1 %b\r\n\r\n" % status), **TELLING)
    assert raw.endswith(b"\r\n\r\n")
    assert b"content-length" not in raw.lower()
    assert b"chunked" not in raw.lower()


async def test_an_empty_stream_still_ends_with_its_verdict_inside_its_frame(tmp_path: Path) -> None:
    raw = await raw_answer(tmp_path, always(SSE + b"0\r\n\r\n"), asking(stream=True), **TELLING)
    status, fields, body = split(raw)
    assert (status, fields["transfer-encoding"]) == (200, "chunked")
    assert body.startswith(b": driftgate verdict=")


async def test_what_an_observer_announces_changes_no_refusal(tmp_path: Path) -> None:
    busy = sized(b'{"busy": 1}', b"Retry-After: 7", b"X-Limit: 3", status=b"429 Slow")
    async with (
        Scripted(always(busy)).running() as backend,
        gate(tmp_path, backend.url, **TELLING) as running,
    ):
        answers = [split(await running.fetch(post(CHAT, asking()))) for _ in range(7)]
    for status, fields, body in answers:  # no breaker either
        assert (status, body) == (429, b'{"busy": 1}')
        assert (fields["retry-after"], fields["x-limit"]) == ("7", "3")


@pytest.mark.parametrize(
    "answer",
    [
        sized(b'{"error": {"message": "out of memory"}}', b"Content-Type: application/json"),
        SSE + b"%x\r\n%b\r\n0\r\n\r\n" % (len(IN_STREAM), IN_STREAM),
    ],
)
async def test_an_error_under_status_200_is_no_answer(tmp_path: Path, answer: bytes) -> None:
    status, fields, body = split(await raw_answer(tmp_path, always(answer)))
    assert status == 502
    assert "out of memory" in json.loads(body)["error"]["message"]
    assert fields["x-driftgate-attempts"] == "3"


async def test_many_small_pieces_do_not_hold_up_other_calls(tmp_path: Path) -> None:
    piece = b'data: {"choices": [{"index": 0, "delta": {"content": "word "}}]}\n\n'
    chunk = b"%x\r\n%b\r\n" % (len(piece), piece)
    done = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
    end = b"%x\r\n%b\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n" % (len(done), done)

    async def answer(exchange: Exchange) -> None:
        exchange.writer.write(SSE)
        for number in range(4000):
            exchange.writer.write(chunk.replace(b"word", b"%04d" % number))
            await exchange.writer.drain()
        exchange.writer.write(end)

    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - before)

    beating = asyncio.create_task(beat())
    body = {"model": "g", "stream": True, "messages": [{"role": "user", "content": "Count."}]}
    status, _, payload = split(await raw_answer(tmp_path, answer, body))
    beating.cancel()
    assert status == 200
    assert payload.count(b"data:") >= 4000
    assert longest < 1.0


async def test_the_end_is_recorded_before_the_client_has_the_last_byte(tmp_path: Path) -> None:
    body = json.dumps({"id": "r", "object": "response", "status": "completed", "output": []})
    whole = sized(body.encode(), b"Content-Type: application/json")
    async with (
        Scripted(always(whole)).running() as backend,
        gate(tmp_path, backend.url, upstream={"adapt_tools": "drop"}) as running,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(post("/v1/responses", {"model": "g", "input": "x"}))
        async with asyncio.timeout(10):
            await reader.readuntil(b'"output": []}')
        calls = running.calls()
        writer.close()
    assert [call.outcome for call in calls] == [Outcome.COMPLETED]
