"""The proxy that Codex's calls go through: one that runs, or one that is started for as long as Codex runs."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftgate.guarded import started
from driftgate.proxy.errors import DriftgateError, UsageError
from driftgate.proxy.running import running

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - where it listens, not we


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that takes calls. url: of it. servers: the model servers behind it, by name; the first is the default.

    ours: it was started for this run.
    """

    url: str
    servers: dict[str, str]
    ours: bool = False

    def server(self, name: str | None) -> str:
        """Address of the named model server, else of the first.

        Raises:
            UsageError: there is none of that name.
        """
        if not self.servers:
            raise UsageError("the proxy has no model server")
        if name is None:
            return next(iter(self.servers.values()))
        if name not in self.servers:
            known = ", ".join(self.servers)
            raise UsageError(f"there is no upstream '{name}'; known: {known}")
        return self.servers[name]

    def base_url(self, name: str | None) -> str:
        """What Codex is given: the named upstream's way, else the default's."""
        return f"{self.url}/v1" if name is None else f"{self.url}/u/{name}/v1"


def found(history: Path) -> Proxy | None:
    """The proxy that runs on this history."""
    for worker in running(history).workers.values():
        if worker.get("listen") and not worker.get("stopping"):
            return _proxy(worker)
    return None


@contextlib.contextmanager
def at_hand(history: Path) -> Iterator[Proxy]:
    """A proxy that runs, else one that is started and ended with the block.

    Raises:
        DriftgateError: it cannot be started.
    """
    known = found(history)
    if known is not None:
        yield known
        return
    arguments = ("serve", "--listen", "127.0.0.1:0", "--history", str(history))
    with started("driftgate serve", *arguments, folder=Path.cwd()):
        mine = found(history)
        if mine is None:
            raise DriftgateError("the proxy that was started does not answer")
        yield Proxy(mine.url, mine.servers, ours=True)


def _proxy(worker: dict[str, Any]) -> Proxy:
    listen = str(worker["listen"])
    for wildcard, loopback in _WILDCARDS.items():
        listen = listen.replace(f"//{wildcard}:", f"//{loopback}:")
    upstreams = worker.get("upstreams") or {}
    urls = {name: str(facts.get("url")) for name, facts in upstreams.items()}
    return Proxy(listen, {name: url for name, url in urls.items() if url.startswith("http")})
