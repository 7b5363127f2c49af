"""The dashboard in the status."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from driftgate.commands.status import page, report
from driftgate.commands.status_dashboard import answers, dashboard
from driftgate.proxy import admin
from driftgate.proxy.running import DASHBOARD, Running
from tests.support.scripted import Exchange, Scripted

KEPT = {"bytes": 1, "calls": 1, "failed": 0, "problem": None}
URL = "http://127.0.0.1:8787/_driftgate/"


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "h.duckdb"


def found(url: str | None = URL, told: dict[str, Any] | None = None) -> Running:
    return Running(None, {"w1": {"pid": 1}, "w2": {"dashboard": url}}, dashboard=told)


async def test_a_process_that_says_anything_answers(history: Path) -> None:
    async def refuses(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    path = admin.socket_path(history, DASHBOARD)
    admin.own_folder(path)
    async with Scripted(refuses).running_at(path) as pages:
        told = await asyncio.to_thread(dashboard, found(), history)
        assert pages.seen[0].target.startswith("/_driftgate/static/")
    assert told == {"url": URL, "answers": True}


async def test_one_that_is_gone_silent_or_no_server_of_pages_does_not(history: Path) -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.reader.read()

    async def mad(exchange: Exchange) -> None:
        await exchange.send(b"{}\n")

    path = admin.socket_path(history, DASHBOARD)
    assert await asyncio.to_thread(dashboard, found(), history) == {"url": URL, "answers": False}
    admin.own_folder(path)
    for answer in (silent, mad):
        path.unlink(missing_ok=True)
        async with Scripted(answer).running_at(path):
            assert not await asyncio.to_thread(answers, path, 0.05)


def test_none_is_told_of_where_none_runs(history: Path) -> None:
    assert dashboard(found(None), history) is None
    assert dashboard(Running(), history) is None
    assert "dashboard" not in "\n".join(page(found(None), KEPT, history, 20))
    assert report(found(None), KEPT, history)["dashboard"] is None


def test_people_see_where_it_is_and_whether_it_answers(history: Path) -> None:
    up, down = ({"url": URL, "answers": each} for each in (True, False))
    assert f"dashboard    {URL}" in page(found(told=up), KEPT, history, 20)
    (line,) = (each for each in page(found(told=down), KEPT, history, 20) if URL in each)
    assert "DOES NOT ANSWER" in line
    assert report(found(told=up), KEPT, history)["dashboard"] == up
