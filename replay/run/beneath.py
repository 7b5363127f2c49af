"""What lies beneath an arm's agents: the model servers that Codex asks there, and the model. Pure.

Of an agent's calls, `model` and `upstream` of a configuration mean the model that Codex asks and the
server that has it. The agent itself is asked as its clients asked it.
"""

from collections.abc import Mapping

from driftgate.proxy.settings.upstream import Upstream
from driftgate.replay.candidate.config import ADAPTING, LIMITS, Configuration


def agents_of(recorded: Mapping[str, Upstream]) -> dict[str, Upstream]:
    """The agents among the upstreams, by name."""
    return {name: each for name, each in recorded.items() if each.codex is not None}


def beneath(configuration: Configuration, recorded: Mapping[str, Upstream]) -> dict[str, Upstream]:
    """The upstreams of an arm's own proxy: those of the record as the configuration changes them.

    Args:
        configuration: of the arm.
        recorded: agents and the servers of their models, by name.
    """
    return {
        name: _agent(configuration, each)
        if each.codex is not None
        else as_given(configuration, each)
        for name, each in recorded.items()
    }


def as_given(configuration: Configuration, upstream: Upstream) -> Upstream:
    """A model server with what the configuration names: address, adapters, limits."""
    given = configuration.model_fields_set
    named = [name for name in (*ADAPTING, *LIMITS) if name in given]
    update = {name: getattr(configuration, name) for name in named}
    moved = configuration.upstream is not None and configuration.upstream != upstream.url
    if moved:
        update["url"] = configuration.upstream
        if "verify_tls" not in given:  # whose certificate is not checked is a matter of one address
            update["verify_tls"] = True
    return upstream.model_copy(update=update)


def _agent(configuration: Configuration, upstream: Upstream) -> Upstream:
    if configuration.model is None or upstream.codex is None:
        return upstream
    codex = upstream.codex.model_copy(update={"model": configuration.model})
    return upstream.model_copy(update={"codex": codex})
