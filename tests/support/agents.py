"""A gateway with an agent whose host is scripted, or real with a scripted Codex."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from driftgate.proxy.agent.agents import Agents
from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.engine import Engine, Start
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.served import Desk, Served
from driftgate.proxy.agent.steps import Ended, Step, Usage
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.server import Server
from driftgate.proxy.settings.model import Settings
from tests.support.gate import Gate, gate
from tests.support.processes import free_port
from tests.support.scripted import Answer, Scripted

AGENT: dict[str, Any] = {"kind": "codex", "codex": {"model": "gemma4"}}


@contextlib.asynccontextmanager
async def agent_gate(
    root: Path, answer: Answer, *, url: str | None = None, **options: Any
) -> AsyncIterator[tuple[Gate, Scripted]]:
    """A gateway in front of `default` and of an agent; what its host answers is scripted.

    url: of `default`; None: nobody is there.
    """
    path, host = root / "host.sock", Scripted(answer)
    upstreams = {
        "default": {"url": url or f"http://127.0.0.1:{free_port()}"},
        "agent": AGENT,
    }
    async with (
        host.running_at(path),
        gate(root, settings={"upstreams": upstreams}, agents=path, **options) as running,
    ):
        yield running, host


Turn = Callable[[Asked, Origin], AsyncGenerator[Step, None]]

USAGE = Usage(input_tokens=9, cached_tokens=4, output_tokens=5, reasoning_tokens=1)


class Turns:
    """Runs turns as a test writes them. asked: what was asked for, and of which call it is.

    left: how many were left before their end.
    """

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.asked: list[tuple[Asked, Origin]] = []
        self.left = 0

    async def run(self, asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        """As a Runner does."""
        self.asked.append((asked, origin))
        ended = False
        try:
            async with contextlib.aclosing(self.turn(asked, origin)) as told:
                async for step in told:
                    ended = isinstance(step, Ended)
                    yield step
        finally:
            self.left += not ended


def steps(*told: Step, ended: Ended | None = None) -> Turn:
    """A turn that takes these steps and then ends."""

    async def turn(asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        del asked, origin
        for step in told:
            yield step
        yield ended or Ended("completed", None, USAGE, 1, 7)

    return turn


def held(*told: Step, go: asyncio.Event) -> Turn:
    """A turn that takes these steps and waits before it ends."""

    async def turn(asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        del asked, origin
        for step in told:
            yield step
        await go.wait()
        yield Ended("completed", None, USAGE, 1, 7)

    return turn


def make_settings(root: Path, **more: Any) -> Settings:
    """One agent named `agent` and the server of its model."""
    upstreams = {"default": {"url": "http://127.0.0.1:9"}, "agent": AGENT}
    values = {"history": root / "h.duckdb", "upstreams": upstreams, **more}
    return Settings.model_validate(values)


class Kept(JournalWriter):
    """A journal that shows its rows. told: (table, row)."""

    told: list[tuple[str, Mapping[str, Any]]]

    def rows(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """As it does, and kept."""
        self.told += [(table, row) for row in rows]
        super().rows(table, rows)


class Hosted:
    """Agents behind a unix socket in this process."""

    def __init__(self, agents: Agents, path: Path, journal: Kept) -> None:
        self.agents, self.path, self._journal = agents, path, journal

    def rows(self, table: str) -> list[Mapping[str, Any]]:
        """What they wrote of their turns."""
        return [row for name, row in self._journal.told if name == table]

    @property
    def agent(self) -> Served:
        """The only one."""
        return self.agents.agents["agent"]

    async def ask(
        self, path: str, body: Any = None, method: str = "POST", headers: Any = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One whole exchange: status, header, body."""
        async with self.asking(path, body, method, headers) as answer:
            return answer.status, answer.headers, await answer.read()

    @contextlib.asynccontextmanager
    async def asking(
        self, path: str, body: Any = None, method: str = "POST", headers: Any = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer as it comes; leaving it early is a client that leaves."""
        connector = aiohttp.UnixConnector(str(self.path))
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        async with (
            aiohttp.ClientSession(connector=connector, auto_decompress=False) as session,
            session.request(method, f"http://x{path}", data=data, headers=headers) as answer,
        ):
            yield answer


@contextlib.asynccontextmanager
async def hosted(
    root: Path,
    turn: Turn | None = None,
    *,
    start: Start | None = None,
    settings: dict[str, Any] | None = None,
) -> AsyncIterator[tuple[Hosted, Turns]]:
    """The host's server, with turns as the test writes them instead of Codex."""
    turns = Turns(turn or steps())

    async def made() -> Engine:
        return Engine(turns, "0.169.0", lambda: {"processes": 1}, nothing)

    async def nothing() -> None:
        return

    effective = make_settings(root, **(settings or {}))
    journal = Kept(root / "journal", "host", Rules(min_free_bytes=0))
    journal.told = []
    desk = Desk(effective, journal, Redactor(b"key", effective.redact))
    agents = Agents({"agent": Served("agent", start or made, desk)})
    server = Server(agents, max_header_bytes=1 << 16)
    with socket.socket(socket.AF_UNIX) as listening:
        path = root / "host.sock"
        listening.bind(str(path))
        listening.setblocking(False)
        await server.start(listening)
        try:
            yield Hosted(agents, path, journal), turns
        finally:
            await server.close()
            await agents.close()
            journal.close()
