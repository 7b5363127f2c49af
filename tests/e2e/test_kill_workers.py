"""kill -9 with several workers: each has a journal of its own, and none of them loses a call."""

import asyncio
import contextlib
import os
import random
import signal
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from driftgate.proxy import admin
from driftgate.proxy.history.reader import open_history
from tests.support.backends import Served
from tests.support.scripted import Exchange, Scripted, sized
from tests.support.waiting import wait_until

ROUNDS = 4
CLIENTS = 8
SEED = 20261125

Serve = Callable[..., Served]


@dataclass
class Seen:
    """Ids of calls whose last byte came, and what all had asked whose head came."""

    finished: set[str] = field(default_factory=set)
    begun: dict[str, bytes] = field(default_factory=dict)


async def _answer(exchange: Exchange) -> None:
    await asyncio.sleep(0.002)
    await exchange.send(sized(b'{"object":"chat.completion","choices":[]}'))


async def _client(port: int, seen: Seen) -> None:
    """Calls until cancelled, on a new connection whenever the last one broke."""
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await _connection(port, seen)
        await asyncio.sleep(0.01)


async def _connection(port: int, seen: Seen) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for _ in range(15):  # then another worker may get its turn
            body = b'{"model":"m","marker":"%b"}' % uuid.uuid4().hex.encode()
            head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
            writer.write(head % len(body) + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            call_id = answer.split(b"x-driftgate-call-id: ")[1].split(b"\r\n")[0].decode()
            seen.begun[call_id] = body
            length = int(answer.split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            seen.finished.add(call_id)
    finally:
        writer.close()


def _pids(history: Path) -> dict[str, int]:
    """Process ids of the historian and of the workers that answer."""
    found = {}
    for name, path in admin.sockets(history).items():
        status = admin.ask(path, {"op": "status"}, 1.0)
        if status and "pid" in status:
            found[name] = int(status["pid"])
    return found


def _all_up(history: Path) -> dict[str, int]:
    def up() -> dict[str, int]:
        pids = _pids(history)
        return pids if len(pids) == 3 and "history" in pids else {}

    return wait_until(up, 30, what="two workers and the historian")


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_workers_that_are_killed_lose_nothing(serve: Serve, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    history, seen = tmp_path / "h.duckdb", Seen()
    async with Scripted(_answer).running() as backend:
        served = await asyncio.to_thread(serve, backend.url, "--workers", "2", history=history)
        port = int(served.url.rpartition(":")[2])
        load = [asyncio.create_task(_client(port, seen)) for _ in range(CLIENTS)]
        for number in range(ROUNDS):
            pids = await asyncio.to_thread(_all_up, history)
            before = len(seen.finished)
            async with asyncio.timeout(30):
                while len(seen.finished) < before + 20:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(dice.uniform(0, 0.2))
            workers = [pid for name, pid in sorted(pids.items()) if name != "history"]
            victims = ([workers[0]], [workers[1], pids["history"]], workers, [pids["history"]])
            for pid in victims[number % 4]:
                os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(_all_up, history)
        for task in load:
            task.cancel()
        await asyncio.gather(*load, return_exceptions=True)
        assert await asyncio.to_thread(served.process.stop) == 0
        await asyncio.to_thread(_check, history, seen)


def _check(history: Path, seen: Seen) -> None:
    with open_history(history) as reader:
        rows = reader.ask("SELECT CAST(call_id AS VARCHAR), outcome, worker FROM calls").rows
        outcomes = {call_id: outcome for call_id, outcome, _ in rows}
        assert len(outcomes) == len(rows), "a call is there twice"
        assert len({worker for *_, worker in rows}) >= 2 + 2, "workers were not started again"
        lost = {call_id for call_id in seen.finished if outcomes.get(call_id) != "completed"}
        assert not lost, f"{len(lost)} of {len(seen.finished)} finished calls lost: {lost}"
        for call_id in seen.begun.keys() - seen.finished:
            assert reader.request_bytes(call_id) == seen.begun[call_id]
        assert "interrupted" in outcomes.values(), "no kill met a call in flight"
