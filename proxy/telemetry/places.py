"""Where upstreams are, in OpenTelemetry's words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.telemetry.span import Attributes

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """One upstream. agent: a Codex that driftgate runs. server: `server.address` and `server.port`."""

    name: str
    agent: bool
    server: Attributes


def place_of(name: str, upstream: Upstream | None) -> Place:
    """The place of an upstream; None: of one that the settings do not name any more."""
    if upstream is None or upstream.codex is not None:
        return Place(name, upstream is not None, {})
    parts = urlsplit(upstream.url)
    port = parts.port or _PORTS.get(parts.scheme, 80)
    return Place(name, False, {"server.address": parts.hostname or "", "server.port": port})


class Places:
    """Those of the settings."""

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self._known = {name: place_of(name, upstream) for name, upstream in upstreams.items()}

    def of(self, name: str) -> Place:
        """The place of an upstream by its name."""
        return self._known.get(name) or Place(name, False, {})
