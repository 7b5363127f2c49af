"""A worker in this process: what it notes about itself, and how it shouts."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy import admin
from driftgate.proxy import shadow as shadow_module
from driftgate.proxy import worker as worker_module
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.journal.reader import Tail, writers
from driftgate.proxy.record import Outcome
from driftgate.proxy.running import DASHBOARD
from driftgate.proxy.server import bind
from driftgate.proxy.settings.model import Settings, journal_root
from driftgate.proxy.worker import Worker
from tests.support.gate import fetch
from tests.support.scripted import Exchange, Scripted, always, sized
from tests.support.waiting import wait_until, wait_until_async

GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(autouse=True)
def run_time_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets in the short folder that is used where a run-time folder's path is too long."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("long" * 20)))


def _worker(
    tmp_path: Path, url: str, *, replays: bool = False, **values: Any
) -> tuple[Worker, int]:
    settings = Settings.model_validate(
        {"history": tmp_path / "h.duckdb", "upstream": url, **values}
    )
    listening = bind("127.0.0.1", 0)
    return Worker(settings, listening, replays=replays), listening.getsockname()[1]


async def test_a_worker_serves_until_it_is_stopped_and_notes_its_configuration(
    tmp_path: Path,
) -> None:
    async with Scripted(always(sized(b"ok"))).running() as backend:
        worker, port = _worker(tmp_path, backend.url)
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(10):
            while not await _answers(port):
                await asyncio.sleep(0.01)
        assert worker.status()["calls_open"] == 0
        worker.stop()
        await asyncio.wait_for(running, 10)
    (folder,) = writers(journal_root(tmp_path / "h.duckdb"))
    batch = Tail(folder).poll()
    assert batch.finished
    assert [event.kind for event in batch.events] == ["config", "contracts", "started", "stopped"]
    configuration = json.loads(batch.events[0].detail)
    assert configuration["upstreams"]["default"]["url"] == backend.url
    assert "driftgate" in configuration


async def test_the_time_to_finish_counts_from_when_clients_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "CUT_WAIT_S", 0.01)

    async def hangs(_exchange: Exchange) -> None:
        await asyncio.Event().wait()

    async with Scripted(hangs).running() as backend:
        worker, port = _worker(tmp_path, backend.url, shutdown_grace_s=3600)
        running = asyncio.create_task(worker.run())
        await worker.serving.wait()
        call = asyncio.create_task(fetch(port, GET))
        while not backend.seen:
            await asyncio.sleep(0.01)
        worker.refuse_clients()
        assert worker.status()["stopping"]
        monkeypatch.setattr(worker, "_ends_at", 0.0)  # an hour has passed
        worker.stop()
        await asyncio.wait_for(running, 10)
        await asyncio.gather(call, return_exceptions=True)


async def test_copies_for_a_candidate_are_told_apart_and_hold_up_no_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two backends, the second of which never answers; what is left of it is in the history."""
    monkeypatch.setattr(shadow_module, "LATE_S", 60.0)  # however busy the machine is
    never = asyncio.Event()

    async def hangs(_exchange: Exchange) -> None:
        await never.wait()

    question = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    said = b'{"object":"chat.completion","choices":[{"message":{"content":"ho"}}]}'
    answer = sized(said, b"Content-Type: application/json")
    asked = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d"
    )
    raw = asked % len(question) + b"\r\n\r\n" + question
    live, candidate = Scripted(always(answer)), Scripted(always(answer))
    async with live.running(), candidate.running():
        shadow = {"upstream": candidate.url, "share": 1, "model": "new", "queue": 3}
        worker, port = _worker(tmp_path, live.url, shadow=shadow)
        running = asyncio.create_task(worker.run())
        await worker.serving.wait()
        await fetch(port, raw)
        async with asyncio.timeout(10):
            while (told := worker.status()["shadow"])["sent"] < 1 or told["running"]:
                await asyncio.sleep(0.01)
        candidate.answer = hangs
        assert all([(await fetch(port, raw)).endswith(said) for _ in range(6)])
        async with asyncio.timeout(10):
            while len(candidate.seen) < 2:
                await asyncio.sleep(0.01)
        worker.stop()
        await asyncio.wait_for(running, 10)
    status = worker.status()
    assert {name: status["shadow"][name] for name in ("sent", "failed", "dropped", "running")} == {
        "sent": 2,
        "failed": 1,
        "dropped": 5,
        "running": 0,
    }
    assert status["calls_total"] == 7
    assert status["upstreams"]["default"]["errors"] == status["unrecorded"] == 0
    history = tmp_path / "h.duckdb"
    while Drain(history, journal_root(history)).step().more:
        continue
    with open_history(history, drain=False) as reader:
        columns = "arm, run_id IS NULL, upstream, model, outcome, verdict, output_text"
        rows = reader.ask(f"SELECT {columns} FROM replays ORDER BY started_at").rows
        assert rows == [
            ("shadow", True, "shadow", "new", "completed", "pass", "ho"),
            ("shadow", True, "shadow", "new", "interrupted", "unjudged", None),
        ]
        models = reader.ask("SELECT upstream, model, calls, failures FROM models").rows
        assert models == [("default", "m", 7, 0)]
        pairs = "SELECT count(*) FROM replays JOIN calls ON calls.call_id = replay_of"
        assert reader.ask(pairs).rows == [(2,)]


async def test_its_status_tells_its_number_and_the_breakers(tmp_path: Path) -> None:
    shadow = {"upstream": "http://127.0.0.1:2", "share": 1}
    settings = Settings.model_validate(
        {"history": tmp_path / "h.duckdb", "upstream": "http://127.0.0.1:1", "shadow": shadow}
    )
    listening = bind("127.0.0.1", 0)
    worker = Worker(settings, listening, 3)
    gear = worker.gateway.door.gear
    first = worker.status()
    for _ in range(settings.upstreams["default"].breaker_failures):
        permit = gear.breakers["default"].permit(gear.clock())
        assert permit is not None
        gear.breakers["default"].note(permit, False, gear.clock())
    states = [told["upstreams"]["default"]["breaker"] for told in (first, worker.status())]
    worker.journal.close()
    listening.close()
    assert (first["number"], first["shadow"]["breaker"], states) == (
        3,
        "closed",
        ["closed", "open"],
    )


async def _answers(port: int) -> bool:
    try:
        return (await fetch(port, GET)).endswith(b"ok")
    except ConnectionError:
        return False


@pytest.mark.parametrize("policy", ["refuse", "pass"])
async def test_a_full_disk_is_shouted_once_and_so_is_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, policy: str
) -> None:
    async with Scripted(always(sized(b"ok"))).running() as backend:
        worker, _ = _worker(tmp_path, backend.url, journal={"disk_full": policy})
        worker._shout("h: 1 MB free, 64 MB needed")
        worker._shout(None)
        worker.journal.close()
    said = [record.getMessage() for record in caplog.records]
    word = {"refuse": "are refused", "pass": "pass UNRECORDED"}[policy]
    assert word in said[0]
    assert "1 MB free" in said[0]
    assert "can be written again" in said[1]
    (folder,) = writers(journal_root(tmp_path / "h.duckdb"))
    assert [event.kind for event in Tail(folder).poll().events] == ["disk_full", "disk_free"]


async def test_calls_cut_off_by_the_end_are_written_and_the_status_is_told_until_then(
    tmp_path: Path,
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.reader.read()

    async with Scripted(answer).running() as backend:
        worker, port = _worker(tmp_path, backend.url, shutdown_grace_s=0.3)
        running = asyncio.create_task(worker.run())
        await worker.serving.wait()
        call = asyncio.create_task(fetch(port, GET))
        async with asyncio.timeout(10):
            while not backend.begun:
                await asyncio.sleep(0.01)
        worker.stop()
        while not worker.status()["stopping"]:
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # the listening socket is closed
        assert worker.status()["listen"] == f"http://127.0.0.1:{port}"
        await asyncio.wait_for(running, 10)
        await asyncio.gather(call, return_exceptions=True)
    (folder,) = writers(journal_root(tmp_path / "h.duckdb"))
    (written,) = Tail(folder).poll().calls
    assert written.ended_ns is not None  # by its own terminal record, not by the reader
    assert (written.outcome, written.error) == (
        Outcome.INTERRUPTED,
        "driftgate stopped while the call ran",
    )


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="reads signals from /proc")
@pytest.mark.parametrize("module", ["worker", "historian"])
def test_a_child_that_still_starts_does_not_die_of_sighup(module: str) -> None:
    command = [sys.executable, "-P", "-m", f"driftgate.proxy.{module}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        wait_until(lambda: _ignores_hangup(child.pid), what="its first act")
        child.send_signal(signal.SIGHUP)
        assert child.stdin is not None
        child.stdin.close()  # no first line: it cannot start
        assert child.wait(20) == 1


def _ignores_hangup(pid: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    ignored = next(line.split()[1] for line in lines if line.startswith("SigIgn:"))
    return bool(int(ignored, 16) & 1 << signal.SIGHUP - 1)


async def test_the_end_waits_for_calls_and_cuts_streams_of_the_dashboard(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def events(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await exchange.reader.read()

    async def waits(exchange: Exchange) -> None:
        await go.wait()
        await exchange.send(sized(b"late"))

    pages = admin.socket_path(tmp_path / "h.duckdb", DASHBOARD)
    admin.own_folder(pages)
    async with Scripted(events).running_at(pages), Scripted(waits).running() as backend:
        worker, port = _worker(tmp_path, backend.url, shutdown_grace_s=3600)
        running = asyncio.create_task(worker.run())
        await worker.serving.wait()
        call = asyncio.create_task(fetch(port, GET))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET.replace(b"/ ", b"/_driftgate/live/events "))
        await reader.readuntil(b"\r\n\r\n")
        await wait_until_async(lambda: backend.seen)
        assert worker.status()["dashboard"] == f"http://127.0.0.1:{port}/_driftgate/"
        assert (worker.status()["calls_open"], worker.status()["calls_total"]) == (1, 1)
        worker.stop()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        go.set()
        assert (await call).endswith(b"late")
        await asyncio.wait_for(running, 10)


@pytest.mark.parametrize("values", [{"dashboard": {"on": False}}, {"replays": True}])
async def test_without_a_dashboard_its_paths_are_the_upstream_s(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    async with Scripted(always(sized(b"ok"))).running() as backend:
        worker, port = _worker(tmp_path, backend.url, **values)
        running = asyncio.create_task(worker.run())
        await worker.serving.wait()
        for path in (b"/metrics", b"/_driftgate/"):
            assert (await fetch(port, GET.replace(b"/ ", path + b" ", 1))).endswith(b"ok")
        assert [seen.target for seen in backend.seen] == ["/metrics", "/_driftgate/"]
        assert worker.status()["dashboard"] is None
        worker.stop()
        await asyncio.wait_for(running, 10)
