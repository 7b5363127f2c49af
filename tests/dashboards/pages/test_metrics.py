"""What is asked of which process, and the answer to a scrape."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from driftgate.dashboards.app import application, make_site
from driftgate.dashboards.pages import metrics as page
from driftgate.dashboards.pages.metrics import gather
from driftgate.proxy import admin
from driftgate.proxy.metrics.metrics import Metrics
from driftgate.proxy.settings.model import Settings
from tests.support.exposed import worker

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Client = TestClient[web.Request, web.Application]


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("long" * 20)))
    return tmp_path / "h.duckdb"


@asynccontextmanager
async def answering(place: Path, **processes: Any) -> AsyncIterator[list[dict[str, Any]]]:
    """Sockets by name; what each says, or how it answers. Gives what was asked."""
    asked: list[dict[str, Any]] = []
    servers = []
    for name, said in processes.items():

        async def answer(message: dict[str, Any], said: Any = said) -> dict[str, Any]:
            asked.append(message)
            told: dict[str, Any] = said(message) if callable(said) else said
            return told

        servers.append(await admin.listen(admin.socket_path(place, name), answer))
    try:
        yield asked
    finally:
        for name, server in zip(processes, servers, strict=True):
            server.close()
            admin.socket_path(place, name).unlink(missing_ok=True)


@asynccontextmanager
async def client(history: Path) -> AsyncIterator[Client]:
    settings = Settings.model_validate({"history": history, "upstream": "http://127.0.0.1:1"})
    async with TestClient(TestServer(application(make_site(settings)))) as made:
        yield made


def historian(message: dict[str, Any]) -> dict[str, Any]:
    return {"text": Metrics(1).text({}, openmetrics=message["openmetrics"])}


async def test_the_historian_gives_its_metrics_and_workers_that_clients_use_their_status(
    history: Path,
) -> None:
    run = worker(2, replays=True)
    others = {"history": {"text": "x"}, "host": {"pid": 1}, "agents": {}, "dashboard": {}}
    async with answering(history, w0=worker(0), w1=worker(1), w2=run, **others) as asked:
        told, workers = await gather(history, openmetrics=True)
    assert told == {"text": "x"}
    assert sorted(workers) == ["w0", "w1"]
    operations = sorted(message["op"] for message in asked)
    assert operations == ["metrics", "status", "status", "status"]


async def test_a_process_that_hangs_is_left_out(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(page, "TIMEOUT_S", 0.05)
    async with answering(history, w0=worker(0)):
        hung = await asyncio.start_unix_server(hang, admin.socket_path(history, "history"))
        told, workers = await gather(history)
        hung.close()
    assert (told, list(workers)) == (None, ["w0"])


@pytest.mark.parametrize("path", ["/metrics", "/_driftgate/metrics"])
async def test_a_scrape_gets_the_format_it_asks_for(history: Path, path: str) -> None:
    async with client(history) as asking, answering(history, history=historian, w0=worker(0)):
        plain = await asking.get(path)
        text = await plain.text()
        openmetrics = await asking.get(path, headers={"accept": OPENMETRICS})
        other = await openmetrics.text()
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert openmetrics.headers["content-type"].startswith(OPENMETRICS)
    assert "# EOF" not in text
    assert other.endswith("# EOF\n")
    for told in (text, other):
        assert "driftgate_historian_start_time_seconds 1.0\n" in told
        assert 'driftgate_up{process="worker"} 1.0\n' in told


async def test_where_nothing_runs_and_there_is_no_history_it_still_answers(history: Path) -> None:
    async with client(history) as asking:
        answer = await asking.get("/metrics")
        text = await answer.text()
    assert answer.status == 200
    assert 'driftgate_up{process="historian"} 0.0\n' in text
    assert not history.exists()
