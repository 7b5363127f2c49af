"""What the running processes of a history say, asked over real sockets."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy import admin
from driftgate.proxy.agent.calling import CONTROL, SERVICE
from driftgate.proxy.running import DASHBOARD, Running, dashboard_name, running


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "h.duckdb"


def test_nothing_answers_where_nothing_runs(history: Path) -> None:
    assert running(history) == Running()
    assert not running(history).any


async def test_every_process_that_answers_is_heard(history: Path) -> None:
    async def answer(message: dict[str, Any]) -> dict[str, Any]:
        return {"op": message["op"], "calls_open": 2, "rates": {"calls_per_min": 1.5}}

    servers = [
        await admin.listen(admin.socket_path(history, name), answer)
        for name in ("history", "w1", "w2")
    ]
    found = await asyncio.to_thread(running, history)
    for server in servers:
        server.close()
    assert found.historian == {"op": "status", "calls_open": 2, "rates": {"calls_per_min": 1.5}}
    assert sorted(found.workers) == ["w1", "w2"]
    assert found.total("calls_open") == 4
    assert found.total("absent") == 0
    assert found.calls_per_minute() == 3.0


async def test_the_agents_host_is_no_worker_and_what_speaks_http_is_not_asked(
    history: Path,
) -> None:
    asked = []

    async def answer(message: dict[str, Any]) -> dict[str, Any]:
        asked.append(message)
        return {"agents": {}}

    names = (CONTROL, SERVICE, f"{SERVICE}-candidate-80", DASHBOARD)
    servers = [await admin.listen(admin.socket_path(history, name), answer) for name in names]
    found = await asyncio.to_thread(running, history)
    for server in servers:
        server.close()
    assert (found.host, found.workers) == ({"agents": {}}, {})
    assert not found.any
    assert len(asked) == 1


async def test_a_dead_socket_is_passed_over(history: Path) -> None:
    path = admin.socket_path(history, "w1")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch()
    assert (await asyncio.to_thread(running, history)).workers == {}


def test_only_a_proxy_on_loopback_uses_the_dashboard_that_asks_for_no_token() -> None:
    assert dashboard_name("127.0.0.1") == dashboard_name("localhost") == DASHBOARD
    for host in ("0.0.0.0", "::", "192.168.1.4", "workshop"):
        assert dashboard_name(host) not in {DASHBOARD, dashboard_name("127.0.0.1")}
        assert dashboard_name(host).startswith(DASHBOARD)
