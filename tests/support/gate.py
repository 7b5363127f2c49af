"""driftgate's own server in this process: gateway, journal and all, without the historian."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.gateway import Gateway
from driftgate.proxy.journal.reader import Tail, writers
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Recorded
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.server import Server, bind
from driftgate.proxy.settings.model import RedactSettings, Settings
from driftgate.proxy.tee import Recorder


class Gate:
    """A running gateway. `calls` reads what its journal says has ended."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        contracts: ContractSet | None,
        gateway: dict[str, Any],
        **recorder: Any,
    ) -> None:
        self.root = root
        self.settings = settings
        self.journal = JournalWriter(root, "w", Rules(min_free_bytes=0))
        redactor = Redactor(b"key", settings.redact)
        options = {"body_limit": settings.record.body_limit_mb << 20, **recorder}
        self.recorder = Recorder(self.journal, redactor, **options)
        self.gateway = Gateway(settings, self.recorder, contracts, **gateway)
        self.port = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def calls(self) -> list[Recorded]:
        """All ended calls."""
        return [call for folder in writers(self.root) for call in _all_calls(Tail(folder))]

    async def ended(self, count: int = 1) -> list[Recorded]:
        """All ended calls, once there are so many."""
        async with asyncio.timeout(10):
            while len(calls := self.calls()) < count:
                await asyncio.sleep(0.005)
        return calls

    async def fetch(self, raw: bytes) -> bytes:
        """Sends raw bytes and reads until the connection ends."""
        return await fetch(self.port, raw)


def _all_calls(tail: Tail) -> list[Recorded]:
    """A poll reads some megabytes only."""
    batch = tail.poll()
    return batch.calls + (_all_calls(tail) if batch.more else [])


async def fetch(port: int, raw: bytes) -> bytes:
    """Sends raw bytes and reads until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 26)
    writer.write(raw)
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def gate(
    root: Path,
    *urls: str,
    upstream: dict[str, Any] | None = None,
    redact: dict[str, Any] | None = None,
    contracts: ContractSet | None = None,
    settings: dict[str, Any] | None = None,
    agents: Path | None = None,
    replays: bool = False,
    **recorder: Any,
) -> AsyncIterator[Gate]:
    """A gateway in front of these upstreams (the first is `default`, then `u1`, ...).

    upstream: settings of each upstream. settings: further ones of the whole. agents: socket of
    their host. replays: it is the proxy of a replay's arm.
    """
    names = ["default", *(f"u{number}" for number in range(1, len(urls)))]
    upstreams = {
        name: {"url": url, **(upstream or {})} for name, url in zip(names, urls, strict=False)
    }
    rules = RedactSettings.model_validate(redact or {})
    made = Settings.model_validate({"upstreams": upstreams, "redact": rules, **(settings or {})})
    options = {"agents": agents, "replays": replays}
    running = Gate(root, made, contracts, options, **recorder)
    server = Server(running.gateway, max_header_bytes=made.max_header_kb << 10)
    listening = bind("127.0.0.1", 0)
    running.port = listening.getsockname()[1]
    chore = asyncio.create_task(running.journal.run())
    await server.start(listening)
    try:
        yield running
    finally:
        await server.close()
        chore.cancel()
        running.journal.close()
