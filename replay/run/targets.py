"""Where an arm's calls are sent: the servers of both arms, and those that the record names.

A configuration with an address means that server for every call. One without means the upstream
that answered then. Either is asked as driftgate asked the recorded upstream, unless the configuration
says otherwise: its adapters and limits are in the history.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from driftgate.proxy.errors import DriftgateError, Exit, UsageError
from driftgate.proxy.history.reader import Reader
from driftgate.proxy.settings.model import DEFAULT_UPSTREAM, DEFAULT_UPSTREAM_URL, Settings
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.upstream.connection import Address, Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import ADAPTING, LIMITS, Configuration
from driftgate.replay.run.beneath import agents_of

PREFIX = "/u/"  # of an upstream's path at a proxy


class CouldNotCheckError(DriftgateError):
    """The measurement itself cannot be made: a server that is down, say."""

    exit_code = Exit.COULD_NOT_CHECK


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A model server that calls are sent to.

    name: as records and messages have it. configuration: the arm's, with what the record says of this upstream.
    agent: it answers with turns of Codex, and is told which call each is for.
    """

    name: str
    upstream: Upstream
    pool: Pool
    configuration: Configuration
    agent: bool = False


def _stands() -> None:
    """Nothing of an arm's own can have ended."""


@dataclass(frozen=True, slots=True)
class Side:
    """One arm's servers, by the name of the upstream that answered then; None: all others'.

    check: raises CouldNotCheckError where what the run itself has put before them has ended.
    """

    arm: Arm
    targets: Mapping[str | None, Target]
    check: Callable[[], None] = _stands

    def target(self, recorded_upstream: str) -> Target:
        """Where a call goes that this upstream answered then."""
        return self.targets.get(recorded_upstream) or self.targets[None]


def recorded_upstreams(
    reader: Reader, call_ids: Sequence[str], settings: Settings, *, addresses: bool = True
) -> dict[str, Upstream]:
    """The upstreams that answered these calls, as they were configured for the latest of them.

    Of an agent the server of its model too, unless it answered some of these calls itself.
    What the history does not say (of imported calls, say) is what the settings say now.

    Args:
        reader: of the history.
        call_ids: the calls.
        settings: as they are now.
        addresses: whether an arm has no other address than these.

    Raises:
        UsageError: an address is wanted, and nobody knows it.
    """
    rows = reader.ask(
        "SELECT upstream, arg_max(settings, started_at) FROM all_calls LEFT JOIN configs "
        "USING (config_id) WHERE call_id IN (SELECT unnest(?::VARCHAR[])::UUID) GROUP BY upstream",
        [list(call_ids)],
    ).rows
    found, under, named = dict[str, Upstream](), dict[str, Upstream](), settings.upstreams
    if named == {DEFAULT_UPSTREAM: Upstream(url=DEFAULT_UPSTREAM_URL)}:
        named = {}  # nobody named it: whatever listens there has not answered these calls
    for name, told in rows:
        upstream = _recorded(told, name) or named.get(name)
        if upstream is not None:
            found[name] = upstream
            under |= _beneath(told, upstream, named)
    missing = sorted({name for name, _ in rows} - found.keys())
    if missing and addresses:
        raise UsageError(
            f"the history does not say where the recorded upstream '{missing[0]}' is; name the "
            'baseline\'s address in a file (one line: upstream = "http://...") with --baseline'
        )
    return under | found


def _beneath(
    told: str | None, agent: Upstream, named: Mapping[str, Upstream]
) -> dict[str, Upstream]:
    """The server of the agent's model, by name; empty where it is none."""
    name = agent.codex.model_upstream if agent.codex is not None else None
    server = None if name is None else _recorded(told, name) or named.get(name)
    return {} if name is None or server is None else {name: server}


def _recorded(settings: str | None, name: str) -> Upstream | None:
    """An upstream as a configuration in the history has it, in the words of whatever version."""
    try:
        told = json.loads(settings or "{}")["upstreams"][name]
        known = {key: value for key, value in told.items() if key in Upstream.model_fields}
        return Upstream.model_validate(known)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def side(
    arm: Arm,
    configuration: Configuration,
    recorded: Mapping[str, Upstream],
    pools: dict[str, Pool],
    *,
    proxy: str | None = None,
) -> Side:
    """The servers of an arm.

    Args:
        arm: which.
        configuration: how it is asked.
        recorded: the upstreams that answered then.
        pools: by address, so that arms with one server share its pool; not where only one of them
            checks the certificate.
        proxy: address of the arm's own proxy, where its agents are; see `driftgate.replay.run.stack`.
    """
    named = configuration.upstream is not None
    targets: dict[str | None, Target] = {
        name: _target(arm.value if named else name, _as_recorded(configuration, upstream), pools)
        for name, upstream in recorded.items()
        if upstream.codex is None
    }
    if proxy is not None:
        for name in agents_of(recorded):
            configured = _agent(configuration, recorded[name], f"{proxy}{PREFIX}{name}")
            targets[name] = replace(_target(name, configured, pools), agent=True)
    if named:
        targets[None] = _target(arm.value, configuration, pools)
    return Side(arm, targets)


def _as_recorded(configuration: Configuration, upstream: Upstream) -> Configuration:
    """The configuration with address, adapters and limits of the record where it names none.

    Whose certificate is not checked is a matter of one address: another's is.
    """
    given, address = configuration.model_fields_set, configuration.upstream or upstream.url
    names = [name for name in LIMITS if name not in given]
    if not given & set(ADAPTING):
        names += ADAPTING
    if address != upstream.url:
        names = [name for name in names if name != "verify_tls"]
    update = {name: getattr(upstream, name) for name in names}
    return configuration.model_copy(update={**update, "upstream": address})


def _agent(configuration: Configuration, upstream: Upstream, url: str) -> Configuration:
    """How the arm's agent is asked: what changes lies beneath it."""
    limits = {name: getattr(upstream, name) for name in LIMITS}
    plain = {name: Configuration.model_fields[name].default for name in ADAPTING}
    return configuration.model_copy(update={**limits, **plain, "upstream": url, "model": None})


def _target(name: str, configuration: Configuration, pools: dict[str, Pool]) -> Target:
    upstream = configuration.as_upstream()
    key = upstream.url if upstream.verify_tls else f"{upstream.url} unverified"
    pool = pools.get(key)
    if pool is None:
        address = Address.of(upstream.url, verify_tls=upstream.verify_tls)
        pool = pools[key] = Pool(address, upstream.connect_timeout_s)
    return Target(name, upstream, pool, configuration)
