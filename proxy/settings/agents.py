"""What the upstreams of kind `codex` need of each other and of the rest: names, addresses, their model's server."""

from collections.abc import Mapping
from typing import Any

from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.upstream import AGENT_SCHEME, Upstream


def with_agents(upstreams: Mapping[str, Upstream]) -> dict[str, Upstream]:
    """The upstreams with each agent complete: its address, its model's upstream, the names it serves.

    An agent without `models` is asked for by its own name. Its answer may begin as late as its turns
    end, and they may have waited: two turns' time, unless `first_byte_timeout_s` is given.

    Raises:
        ValueError: an agent's model_upstream is not there, or is an agent itself.
    """
    servers = [name for name, upstream in upstreams.items() if upstream.kind == "http"]
    return {
        name: upstream
        if upstream.codex is None
        else _agent(name, upstream, upstream.codex, servers)
        for name, upstream in upstreams.items()
    }


def _agent(name: str, upstream: Upstream, codex: Codex, servers: list[str]) -> Upstream:
    if upstream.url not in ("", AGENT_SCHEME + name):
        raise ValueError(f"upstream {name!r} is an agent and has no url")
    if not servers:
        raise ValueError(f"agent {name!r} needs another upstream that has its model")
    wanted = codex.model_upstream or servers[0]
    if wanted not in servers:
        known = ", ".join(servers)
        raise ValueError(
            f"agent {name!r}: model_upstream {wanted!r} is no model server; known: {known}"
        )
    whole = codex.model_copy(update={"model_upstream": wanted})
    update: dict[str, Any] = {
        "url": AGENT_SCHEME + name,
        "codex": whole,
        "models": upstream.models or [name],
    }
    if "first_byte_timeout_s" not in upstream.model_fields_set:
        update["first_byte_timeout_s"] = 2 * codex.turn_timeout_s
    return upstream.model_copy(update=update)
