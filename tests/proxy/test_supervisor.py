"""`driftgate serve` as processes: start, restart, stop, and what is said when it cannot."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from driftgate.proxy.admin import ask, socket_path, sockets
from driftgate.proxy.running import DASHBOARD
from tests.support.backends import Served, Start
from tests.support.gate import fetch
from tests.support.processes import DRIFTGATE, LISTENING, free_port
from tests.support.scripted import Exchange, Scripted, always, sized
from tests.support.waiting import wait_until

OK = always(sized(b"ok"))
GET = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SLOW = GET.replace(b"/v1/models", b"/slow")


def _port(served: Served) -> int:
    return int(served.url.rpartition(":")[2])


async def test_a_stop_lets_running_calls_end_and_drains_the_journal(
    serve: Callable[..., Served],
) -> None:
    go = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await go.wait()
        await exchange.send(sized(b"late"))

    backend = Scripted(answer)
    async with backend.running():
        served = await asyncio.to_thread(serve, backend.url)
        call = asyncio.create_task(fetch(_port(served), SLOW))
        while not any(seen.target == "/slow" for seen in backend.seen):
            await asyncio.sleep(0.01)
        os.kill(served.process.pid, signal.SIGTERM)
        async with asyncio.timeout(10):  # until no new connection is taken
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", _port(served))
                    writer.close()
                except ConnectionError:
                    break
                await asyncio.sleep(0.01)
        go.set()
        assert (await call).endswith(b"late")
        code = await asyncio.to_thread(served.process.popen.wait, 20)
    assert code == 0
    assert served.ask("SELECT outcome FROM calls") == [("completed",)]
    left = [path.name for path in Path(f"{served.history}.journal").iterdir() if path.is_dir()]
    assert left == []


async def test_a_second_signal_ends_at_once(serve: Callable[..., Served]) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.reader.read()

    backend = Scripted(answer)
    async with backend.running():
        served = await asyncio.to_thread(serve, backend.url)
        call = asyncio.create_task(fetch(_port(served), SLOW))
        while not any(seen.target == "/slow" for seen in backend.seen):
            await asyncio.sleep(0.01)
        began = time.monotonic()
        os.kill(served.process.pid, signal.SIGINT)
        await asyncio.sleep(0.1)
        code = await asyncio.to_thread(served.process.stop, signal.SIGINT)
        await asyncio.gather(call, return_exceptions=True)
    assert code == 0
    assert time.monotonic() - began < 15  # not the 30 s of grace
    assert served.ask("SELECT outcome FROM calls") == [("interrupted",)]


async def test_workers_share_the_port_and_one_history(serve: Callable[..., Served]) -> None:
    async with Scripted(OK).running() as backend:
        served = await asyncio.to_thread(serve, backend.url, "--workers", "2")
        for _ in range(40):
            assert (await fetch(_port(served), GET)).endswith(b"ok")
        rows = await asyncio.to_thread(
            served.ask, "SELECT count(*), count(DISTINCT worker) FROM calls"
        )
        assert rows == [(40, 2)]
        assert len(_workers(served)) == 2
        assert await asyncio.to_thread(served.process.stop) == 0


async def test_a_worker_that_dies_is_started_again(serve: Callable[..., Served]) -> None:
    async with Scripted(OK).running() as backend:
        served = await asyncio.to_thread(serve, backend.url, "--workers", "2")
        await asyncio.to_thread(wait_until, lambda: len(_worker_pids(served)) == 2, 20)
        pids = _worker_pids(served)
        victim = min(pids)
        os.kill(victim, signal.SIGKILL)
        await asyncio.to_thread(
            wait_until,
            lambda: len(pids := _worker_pids(served)) == 2 and victim not in pids,
            20,
            what="another worker",
        )
        for _ in range(20):
            assert (await fetch(_port(served), GET)).endswith(b"ok")
    told = (
        f"the worker {pids[victim]} ended (signal 9) and is started again"  # its number in metrics
    )
    assert told in served.process.text


async def test_a_reload_does_not_end_a_worker_that_is_starting(
    serve: Callable[..., Served],
) -> None:
    async with Scripted(OK).running() as backend:
        served = await asyncio.to_thread(serve, backend.url, "--workers", "2")
        await asyncio.to_thread(wait_until, lambda: len(_worker_pids(served)) == 2, 20)
        victim = min(_worker_pids(served))
        os.kill(victim, signal.SIGKILL)

        def both_again() -> bool:
            os.kill(served.process.pid, signal.SIGHUP)
            pids = _worker_pids(served)
            return len(pids) == 2 and victim not in pids

        await asyncio.to_thread(wait_until, both_again, 20, what="another worker")
    assert "ended (signal 9)" in served.process.text
    assert "ended (signal 1)" not in served.process.text


async def test_calls_come_before_ingest_where_a_core_is_short(
    serve: Callable[..., Served],
) -> None:
    async with Scripted(OK).running() as backend:
        served = await asyncio.to_thread(serve, backend.url)
        historian = socket_path(served.history, "history")
        status = await asyncio.to_thread(ask, historian, {"op": "status"})
    assert status is not None
    own = os.getpriority(os.PRIO_PROCESS, served.process.pid)
    assert os.getpriority(os.PRIO_PROCESS, status["pid"]) > own


def _workers(served: Served) -> list[str]:
    return [name for name in sockets(served.history) if name not in {"history", DASHBOARD}]


def _worker_pids(served: Served) -> dict[int, int]:
    """The workers' numbers by process id."""
    paths = [socket_path(served.history, name) for name in _workers(served)]
    answers = [ask(path, {"op": "status"}) for path in paths]
    return {int(answer["pid"]): int(answer["number"]) for answer in answers if answer}


async def test_a_worker_s_status_tells_what_it_does(serve: Callable[..., Served]) -> None:
    async with Scripted(OK).running() as backend:
        served = await asyncio.to_thread(serve, backend.url)
        await fetch(_port(served), GET)
        (name,) = _workers(served)
        status = await asyncio.to_thread(ask, socket_path(served.history, name), {"op": "status"})
        unknown = await asyncio.to_thread(ask, socket_path(served.history, name), {"op": "x"})
    assert status is not None
    assert status["listen"] == served.url
    assert status["calls_total"] == 1
    assert status["upstreams"]["default"]["url"] == backend.url
    assert status["upstreams"]["default"]["errors"] == 0
    assert unknown == {"error": "unknown operation 'x'; known: status"}


def test_a_port_in_use_is_one_clear_line(proc: Start, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        command = [*DRIFTGATE, "serve", "--listen", listen, "--history", str(tmp_path / "h")]
        process = proc(command)
        assert process.popen.wait(20) == 2
        process.wait_for("--listen")
    assert f"cannot listen on {listen}: address already in use" in process.text
    assert "Traceback" not in process.text


def test_a_history_that_cannot_be_written_is_one_clear_line(proc: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [*DRIFTGATE, "serve", "--listen", f"127.0.0.1:{free_port()}"]
    process = proc([*command, "--history", str(tmp_path / "file" / "h")])
    assert process.popen.wait(20) == 4
    process.wait_for("choose a place that can be written to with --history")
    assert "Traceback" not in process.text


async def test_files_are_the_user_s_alone_and_those_of_the_folder_are_not_run(
    proc: Start, tmp_path: Path
) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit('this is not the real queue')")
    history = tmp_path / "h.duckdb"
    async with Scripted(OK).running() as backend:
        where = ["--listen", "127.0.0.1:0", "--history", str(history), "--upstream", backend.url]
        command = [sys.executable, "-P", "-m", "driftgate", "serve", *where]
        serving = proc(command, cwd=tmp_path)
        url = await asyncio.to_thread(serving.wait_for, LISTENING)
        await fetch(int(url[1].rpartition(":")[2]), GET)
        drained = await asyncio.to_thread(ask, socket_path(history, "history"), {"op": "drain"}, 20)
    assert (drained or {}).get("drained")
    made = [history, *Path(f"{history}.journal").rglob("*")]
    assert len(made) > 3
    assert [path for path in made if path.stat().st_mode & 0o077] == []
