"""kill -9 at random moments under load: what a client saw finished is in the history, once."""

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

from driftgate.proxy.admin import ask, socket_path
from driftgate.proxy.history.reader import open_history
from tests.support.backends import Served
from tests.support.processes import Proc
from tests.support.scripted import Exchange, Scripted, sized
from tests.support.waiting import wait_until

ROUNDS = 30
CLIENTS = 6
SEED = 20261124


@dataclass
class Seen:
    """What clients saw: ids of finished calls, and of begun ones with what they had asked."""

    finished: set[str] = field(default_factory=set)
    begun: dict[str, bytes] = field(default_factory=dict)


async def _answer(exchange: Exchange) -> None:
    if b'"stream":true' not in exchange.body:
        await exchange.send(sized(b'{"object":"chat.completion","choices":[]}'))
        return
    await exchange.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    event = b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'
    for _ in range(20):
        await asyncio.sleep(0.004)
        await exchange.send(b"%x\r\n%b\r\n" % (len(event), event))
    await exchange.send(b"0\r\n\r\n")


async def _client(port: int, number: int, seen: Seen) -> None:
    """Calls, one after another on one connection, until the connection breaks."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for turn in range(10_000):
            stream = b',"stream":true' if (turn + number) % 2 else b""
            body = b'{"model":"m","marker":"%b"%b}' % (uuid.uuid4().hex.encode(), stream)
            head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
            writer.write(head % len(body) + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            call_id = answer.lower().split(b"x-driftgate-call-id: ")[1].split(b"\r\n")[0].decode()
            seen.begun[call_id] = body
            if b"chunked" in answer:
                await reader.readuntil(b"\r\n0\r\n\r\n")
            else:
                length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
            seen.finished.add(call_id)


def _historian_pid(history: Path) -> int:
    status = wait_until(
        lambda: ask(socket_path(history, "history"), {"op": "status"}), 30, what="the historian"
    )
    assert status is not None
    return int(status["pid"])


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_nothing_that_a_client_saw_finished_is_lost(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    dice = random.Random(SEED)
    history, seen = tmp_path / "h.duckdb", Seen()
    async with Scripted(_answer).running() as backend:
        served = await asyncio.to_thread(serve, backend.url, history=history)
        for number in range(ROUNDS):
            port = int(served.url.rpartition(":")[2])
            load = [asyncio.create_task(_client(port, n, seen)) for n in range(CLIENTS)]
            await asyncio.sleep(dice.uniform(0.05, 0.5))
            victims = ("proxy", "historian", "both")[number % 3]
            historian = await asyncio.to_thread(_historian_pid, history)
            if victims != "proxy":
                _kill(historian)
            if victims != "historian":
                _kill(served.process.pid)
                await asyncio.gather(*load)
                served = await asyncio.to_thread(serve, backend.url, history=history)
            else:  # the calls do not notice
                before = len(seen.finished)
                async with asyncio.timeout(20):
                    while len(seen.finished) < before + CLIENTS:
                        await asyncio.sleep(0.01)
                for task in load:
                    task.cancel()
                await asyncio.gather(*load, return_exceptions=True)
        await asyncio.to_thread(_check, served, seen)


def _check(served: Served, seen: Seen) -> None:
    assert len(seen.finished) > ROUNDS * 3
    served.process.stop()
    with open_history(served.history) as reader:
        rows = reader.ask("SELECT CAST(call_id AS VARCHAR), outcome FROM calls").rows
        outcomes = dict(rows)
        assert len(outcomes) == len(rows), "a call is there twice"
        lost = {call_id for call_id in seen.finished if outcomes.get(call_id) != "completed"}
        assert not lost, f"{len(lost)} of {len(seen.finished)} finished calls lost: {lost}"
        cut = seen.begun.keys() - seen.finished
        assert cut, "no kill met a call in flight"
        for call_id in cut:
            # "completed": all was recorded and only the last bytes were still on their way
            assert outcomes[call_id] in {"interrupted", "client_gone", "completed"}
            assert reader.request_bytes(call_id) == seen.begun[call_id]
        assert "interrupted" in outcomes.values()


async def test_children_do_not_outlive_a_killed_proxy(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    async with Scripted(_answer).running() as backend:
        served = await asyncio.to_thread(serve, backend.url, "--workers", "2")
        children = await asyncio.to_thread(_children, served.process)
        assert len(children) == 4  # two workers, the historian and the dashboard
        _kill(served.process.pid)
        await asyncio.to_thread(
            wait_until, lambda: not any(map(_alive, children)), 20, what="the children's end"
        )


def _children(process: Proc) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not listed.exists():
        pytest.skip("platform: needs /proc")
    return [int(pid) for pid in listed.read_text().split()]


def _alive(pid: int) -> bool:
    """Running, not merely waiting to be buried."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
