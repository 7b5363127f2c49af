"""A streaming client of a held answer gets events that say nothing, then the answer or an error."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.support.enforced import GOOD, answered, asking, contracts, post, split
from tests.support.gate import gate
from tests.support.scripted import Answer, Exchange, Scripted

SOON = {"hold_head_s": 0.01, "keep_alive_s": 0.01}


def late(*answers: bytes, release: asyncio.Event) -> Answer:
    """Answers once it is released."""
    left = list(answers)

    async def answer(exchange: Exchange) -> None:
        await release.wait()
        await exchange.send(left.pop(0) if len(left) > 1 else left[0])

    return answer


async def streamed(root: Path, *answers: bytes, alive: int, **body: Any) -> tuple[int, list[bytes]]:
    """The events of a stream whose upstream answers after so many keep-alives."""
    release = asyncio.Event()
    async with (
        Scripted(late(*answers, release=release)).running() as backend,
        gate(root, backend.url, contracts=contracts(), settings=SOON) as running,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(post("/v1/chat/completions", asking(stream=True, **body)))
        got = b""
        async with asyncio.timeout(10):
            while got.count(b"data:") < alive:
                got += await reader.readuntil(b"\n\n")
            release.set()
            got += await reader.read()
        writer.close()
    status, _, payload = split(got)
    return status, payload.split(b"\n\n")[:-1]


async def test_keep_alives_come_first_and_then_the_answer(tmp_path: Path) -> None:
    status, events = await streamed(tmp_path, answered(GOOD), alive=2)
    assert status == 200
    chunks = [json.loads(event.removeprefix(b"data: ")) for event in events if b"{" in event]
    said = [
        chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"]
    ]
    assert "".join(said) == GOOD
    assert len({chunk["id"] for chunk in chunks}) == 1


async def test_an_error_behind_the_head_is_told_in_the_stream(tmp_path: Path) -> None:
    _, events = await streamed(tmp_path, answered("no idea"), alive=1)
    assert any(b"contract_failed" in event for event in events)
    assert events[-1] == b"data: [DONE]"


async def test_without_a_wait_nothing_but_the_answer_is_sent(tmp_path: Path) -> None:
    release = asyncio.Event()
    release.set()
    async with (
        Scripted(late(answered(GOOD), release=release)).running() as backend,
        gate(tmp_path, backend.url, contracts=contracts()) as running,
    ):
        got = await running.fetch(post("/v1/chat/completions", asking(stream=True)))
    status, fields, payload = split(got)
    assert (status, fields["x-driftgate-attempts"]) == (200, "1")
    assert fields["content-type"] == "text/event-stream"
    assert b'"role":"assistant"' in payload.split(b"\n\n")[0]
