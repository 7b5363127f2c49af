"""`driftgate serve` with agents: one host for all workers, started again when it dies, gone at the end."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from typing import Any

from driftgate.proxy import admin
from driftgate.proxy.agent.calling import CONTROL
from driftgate.proxy.running import running
from tests.support.backends import Served
from tests.support.enforced import post, split
from tests.support.gate import fetch
from tests.support.scripted import Scripted, always, sized
from tests.support.waiting import wait_until

# no Codex is needed to see who answers
AGENT = {
    "DRIFTGATE_UPSTREAMS__AGENT__KIND": "codex",
    "DRIFTGATE_UPSTREAMS__AGENT__CODEX__MODEL": "gemma4",
    "DRIFTGATE_UPSTREAMS__AGENT__CODEX__PROGRAM": "/no/codex",
}
ASKED = post("/u/agent/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi."}]})


def host(served: Served) -> dict[str, Any]:
    told = admin.ask(admin.socket_path(served.history, CONTROL), {"op": "status"})
    return told or {}


async def asked(served: Served) -> tuple[int, str]:
    status, _, body = split(await fetch(int(served.url.rpartition(":")[2]), ASKED))
    return status, json.loads(body)["error"]["message"]


async def test_all_workers_share_one_host_that_is_started_again(
    serve: Callable[..., Served],
) -> None:
    async with Scripted(always(sized(b"ok"))).running() as backend:
        served = await asyncio.to_thread(serve, backend.url, "--workers", "2", env=AGENT)
        pid = (await asyncio.to_thread(wait_until, lambda: host(served), 20))["pid"]
        answers = [await asked(served) for _ in range(20)]
        assert {status for status, _ in answers} == {502}
        assert "'/no/codex' is not there" in answers[0][1]
        found = await asyncio.to_thread(running, served.history)
        assert len(found.workers) == 2
        assert found.host is not None
        assert found.host["agents"]["agent"]["turns"] == 20
        os.kill(pid, signal.SIGKILL)
        between = await asked(served)
        again = await asyncio.to_thread(
            wait_until, lambda: (now := host(served)) and now["pid"] != pid and now, 20
        )
        assert again["pid"] != pid
        assert (await asked(served))[0] == 502
        assert await asyncio.to_thread(served.process.stop) == 0
    assert between[0] in {502, 503}
    assert "agent" in between[1]
    assert "the agents' host ended (signal 9) and is started again" in served.process.text
    assert "Traceback" not in served.process.text
    assert host(served) == {}


async def test_without_agents_there_is_no_host(serve: Callable[..., Served]) -> None:
    async with Scripted(always(sized(b"ok"))).running() as backend:
        served = await asyncio.to_thread(serve, backend.url)
        assert not admin.socket_path(served.history, CONTROL).exists()
        assert await asyncio.to_thread(served.process.stop) == 0
