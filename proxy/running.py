"""What the running processes of a history say about themselves."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from driftgate.proxy import admin
from driftgate.proxy.loopback import is_loopback

# sockets of the agents' host: see driftgate.proxy.agent.calling, which is slow to load
HOST = "host"
TURNS = "agents"  # speaks HTTP
DASHBOARD = "dashboard"  # likewise; what its socket's name begins with


def dashboard_name(host: str) -> str:
    """The socket of the dashboard of a proxy that listens on this host.

    Where others reach the proxy it is another one: a second proxy on the same history, which
    listens on loopback alone, has a dashboard that asks for no token.
    """
    return DASHBOARD if is_loopback(host) else f"{DASHBOARD}-wide"


@dataclass(slots=True)
class Running:
    """Answers to `status`, by process. Empty: nothing runs."""

    historian: dict[str, Any] | None = None
    workers: dict[str, dict[str, Any]] = field(default_factory=dict)
    host: dict[str, Any] | None = None  # of the agents
    dashboard: dict[str, Any] | None = None  # see driftgate.commands.status_dashboard

    @property
    def any(self) -> bool:
        """Whether any process answers."""
        return self.historian is not None or bool(self.workers)

    def total(self, key: str) -> int:
        """The sum of a count over all workers."""
        return sum(_int(worker.get(key)) for worker in self.workers.values())

    def calls_per_minute(self) -> float:
        """Calls a minute over all workers."""
        rates = [worker.get("rates") or {} for worker in self.workers.values()]
        return float(sum(rate.get("calls_per_min") or 0 for rate in rates))


def _int(value: Any) -> int:
    return value if isinstance(value, int) else 0


def running(history: Path, timeout_s: float = 5.0) -> Running:
    """Ask every process of this history how it is."""
    found = Running()
    for name, path in admin.sockets(history).items():
        if name.startswith((TURNS, DASHBOARD)):
            continue
        answer = admin.ask(path, {"op": "status"}, timeout_s)
        if answer is None:
            continue
        if name == "history":
            found.historian = answer
        elif name == HOST:
            found.host = answer
        elif not answer.get("replays"):  # a run's own proxy is none that clients use
            found.workers[name] = answer
    return found
