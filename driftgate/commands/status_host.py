"""The agents' host in `driftgate status`: their turns, and the Codex processes that run them."""

from collections.abc import Iterator, Mapping
from typing import Any

from driftgate.commands.values import counted
from driftgate.proxy.running import Running

Row = tuple[str, ...]
_SCHEME = "codex://"  # of an agent's address


def host_rows(found: Running) -> Iterator[Row]:
    """A row for the host and one for each agent; none where there are no agents."""
    told = found.host
    if told is None:
        if any(_has_agents(worker) for worker in found.workers.values()):
            yield "agents", "their host does not answer: it is started again whenever it ends"
        return
    agents = told.get("agents") or {}
    running = sum(_number(each, "running") for each in agents.values())
    yield "agents", f"host (PID {told.get('pid')})", f"{counted(running, 'turn')} running"
    for name, facts in agents.items():
        yield _agent(name, facts)


def _agent(name: str, facts: Mapping[str, Any]) -> Row:
    version, error = facts.get("codex_version"), facts.get("error")
    codex = f"Codex {version}" if version else "no Codex yet"
    turns = f"{counted(_number(facts, 'turns'), 'turn')}, {_number(facts, 'failed')} failed"
    model = f"{facts.get('model')} at {facts.get('model_upstream')}"
    return f"agent {name}", codex, model, turns, *_pool(facts.get("pool")), _why(error)


def _pool(pool: Any) -> Iterator[str]:
    """The pool's own words: the counts that it tells."""
    if isinstance(pool, Mapping):
        processes = pool.get("processes")
        number = len(processes) if isinstance(processes, list) else processes
        if isinstance(number, int):
            yield f"{number} process{'' if number == 1 else 'es'}"
        if waiting := _number(pool, "waiting"):
            yield f"{waiting} waiting"


def _why(error: Any) -> str:
    return f"NOT READY: {error}" if error else ""


def _has_agents(worker: Mapping[str, Any]) -> bool:
    upstreams = worker.get("upstreams") or {}
    return any(str(facts.get("url")).startswith(_SCHEME) for facts in upstreams.values())


def _number(facts: Mapping[str, Any], key: str) -> int:
    value = facts.get(key)
    return value if isinstance(value, int) else 0
