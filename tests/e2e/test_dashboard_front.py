"""The dashboard's requests through a real `driftgate serve`, whatever becomes of its process."""

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from driftgate.proxy import admin
from driftgate.proxy.running import DASHBOARD
from tests.support.backends import Served, Start
from tests.support.fake_dashboard import HELD
from tests.support.processes import LISTENING, ROOT, alive
from tests.support.scripted import Scripted, always, sized

BACKEND = always(sized(b"of the upstream"))
# `driftgate` with the stand-in in the place of the dashboard's process
SERVE = (
    "import sys; from driftgate.proxy import supervisor; from driftgate.cli import main; "
    "supervisor.PAGES = 'tests.support.fake_dashboard'; sys.exit(main())"
)


async def serving(
    proc: Start, history: Path, upstream: str, *options: str, **env: str | Path
) -> Served:
    where = ["--listen", "127.0.0.1:0", "--history", str(history), "--upstream", upstream]
    variables = {name: str(value) for name, value in env.items()}
    variables |= {"PYTHONPATH": str(ROOT), "DRIFTGATE_SHUTDOWN_GRACE_S": "3600"}
    process = proc([sys.executable, "-c", SERVE, "serve", *where, *options], env=variables)
    url = await asyncio.to_thread(process.wait_for, LISTENING)
    return Served(url[1].rstrip("/"), history, process)


async def answer(url: str) -> tuple[int, str]:
    """By a connection of its own, so that any of the workers may be who answers."""
    async with aiohttp.ClientSession() as session, session.get(url) as got:
        return got.status, await got.text()


async def pid(served: Served) -> int:
    status, text = await answer(f"{served.url}/_driftgate/")
    return int(json.loads(text)["pid"]) if status == 200 else 0


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_events_uploads_and_metrics_pass_unrecorded_and_do_not_hold_up_the_end(
    proc: Start, tmp_path: Path, workers: str
) -> None:
    history, body = tmp_path / "h.duckdb", os.urandom(3 << 20)
    async with Scripted(BACKEND).running() as backend, aiohttp.ClientSession() as session:
        served = await serving(proc, history, backend.url, "--workers", workers)
        pages = f"{served.url}/_driftgate"
        async with session.get(f"{pages}/events") as stream:
            assert stream.content_type == "text/event-stream"
            for text in ("one", "two"):  # the second one is posted when the first one is there
                await session.post(f"{pages}/events", data=text)
                assert await stream.content.readuntil(b"\n\n") == f"data: {text}\n\n".encode()
            async with session.post(f"{pages}/upload", data=body) as got:
                assert await got.text() == hashlib.sha256(body).hexdigest()
            told = json.loads((await answer(f"{served.url}/metrics"))[1])
            assert told["host"] == served.url.removeprefix("http://")
            assert (await answer(f"{served.url}/u/default/metrics"))[1] == "of the upstream"
            os.kill(served.process.pid, signal.SIGTERM)
            assert await asyncio.to_thread(served.process.popen.wait, 20) == 0
            with pytest.raises(aiohttp.ClientPayloadError):  # cut off, not ended
                await stream.content.read()
    assert served.ask("SELECT path FROM calls") == [("/u/default/metrics",)]
    assert not alive(told["pid"])


async def test_calls_go_on_while_its_process_is_dead_and_it_is_started_again(
    proc: Start, tmp_path: Path
) -> None:
    held = tmp_path / "held"
    env: dict[str, Any] = {HELD: held, "DRIFTGATE_DASHBOARD__METRICS": "false"}
    async with Scripted(BACKEND).running() as backend:
        served = await serving(proc, tmp_path / "h.duckdb", backend.url, **env)
        first = await pid(served)
        held.touch()
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(20):
            while (down := await answer(f"{served.url}/_driftgate/"))[0] != 503:
                await asyncio.sleep(0.01)
        for path in ("/v1/models", "/metrics"):
            assert await answer(served.url + path) == (200, "of the upstream")
        held.unlink()
        async with asyncio.timeout(20):
            while not (second := await pid(served)):
                await asyncio.sleep(0.01)
        assert await asyncio.to_thread(served.process.stop) == 0
    assert "is started again" in down[1]
    assert second != first
    assert "the dashboard ended (signal 9) and is started again" in served.process.text


async def test_where_it_is_stands_in_the_first_line_and_in_the_status(
    serve: Callable[..., Served],
) -> None:
    async with Scripted(BACKEND).running() as backend:
        served = await asyncio.to_thread(serve, backend.url)
        assert f", dashboard at {served.url}/_driftgate/" in served.process.text
        shown = await asyncio.to_thread(served.command, "status", "--json")
        status, _ = await answer(f"{served.url}/_driftgate/static/app.css")
    assert json.loads(shown.stdout)["dashboard"] == {
        "url": f"{served.url}/_driftgate/",
        "answers": True,
    }
    assert status == 200


async def test_switched_off_there_is_none(serve: Callable[..., Served]) -> None:
    async with Scripted(BACKEND).running() as backend:
        off = {"DRIFTGATE_DASHBOARD__ON": "false"}
        served = await asyncio.to_thread(serve, backend.url, env=off)
        assert "dashboard" not in served.process.text
        assert not admin.socket_path(served.history, DASHBOARD).exists()
        assert await answer(f"{served.url}/_driftgate/") == (200, "of the upstream")
