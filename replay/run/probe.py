"""What the servers of an arm say they are, asked before and after a run; and whether they are there."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from driftgate.proxy import failures
from driftgate.proxy.errors import CallError
from driftgate.proxy.fingerprint.facts import changes
from driftgate.proxy.fingerprint.prober import TIMEOUT_S, Observation, Prober
from driftgate.proxy.history.reader import Reader
from driftgate.replay.run.targets import CouldNotCheckError, Side, Target

LOOKS = 4  # until a probe without a clear answer counts as absent
_SELDOM_S = 1e9  # the prober's own interval, which is not used
_LEFT_OUT = frozenset({"absent"})  # which probes went unanswered is no property of the model
_SHOWN = 80  # characters of a value
Facts = dict[str, Any]
Pair = tuple[str, str]  # name of an upstream, of a model
Models = Sequence[Pair]
Seen = dict[Pair, Facts]


async def reach(side: Side, name: str | None = None) -> None:
    """Connects to each server of the arm once; `name` for messages, the arm's where there is none.

    Raises:
        CouldNotCheckError: one cannot be reached.
    """
    for target in {id(each.pool): each for each in side.targets.values()}.values():
        try:
            await _connect(target, name or side.arm.value)
        except CallError as error:
            raise CouldNotCheckError(f"nothing was checked: {error.message}") from None


async def _connect(target: Target, arm: str) -> None:
    name, upstream = arm, target.upstream
    try:
        connection = await target.pool.connect()
    except TimeoutError:
        limit = upstream.connect_timeout_s
        raise failures.connect_timeout(name, upstream.url, limit) from None
    except OSError as error:
        raise failures.refused(name, upstream.url, error) from error
    connection.abort()


async def fingerprints(side: Side, models: Models) -> Seen:
    """The facts of the arm's servers, for each model that the calls ask for.

    Servers that say nothing of themselves are left out.
    """
    asked = {_place(side, *pair): side.target(pair[0]) for pair in models}
    seen: Seen = {}

    def note(observation: Observation) -> None:
        seen[observation.upstream, observation.model or ""] = observation.fingerprint.facts

    targets = {target.name: target for target in asked.values()}
    insecure = frozenset(name for name, each in targets.items() if not each.upstream.verify_tls)
    urls = {name: target.upstream.url for name, target in targets.items()}
    agents = frozenset(name for name, each in targets.items() if each.agent)
    prober = Prober(urls, _SELDOM_S, note, behind=agents, insecure=insecure)
    for name, model in asked:
        prober.note_model(name, model)
    await asyncio.gather(*(_look(prober, name) for name in targets))
    return {pair: seen[pair] for pair in asked if pair in seen}


async def _look(prober: Prober, name: str) -> None:
    """Once more where a probe was answered with neither yes nor no, as the proxy does by and by."""
    for _ in range(LOOKS):
        began = time.monotonic()
        await prober.look(name)
        if prober.state()[name] or time.monotonic() - began > TIMEOUT_S:
            return


def as_table(seen: Seen) -> Facts:
    """One value for all: the facts of the only model, else a table of them by name."""
    if len(seen) <= 1:
        return next(iter(seen.values()), {})
    several = len({name for name, _ in seen}) > 1
    return {f"{name} {model}" if several else model: facts for (name, model), facts in seen.items()}


def _place(side: Side, upstream: str, model: str) -> tuple[str, str]:
    """Where and as what a call goes that asked this upstream for this model."""
    target = side.target(upstream)
    return target.name, target.configuration.model or model


def models_of(reader: Reader, call_ids: Sequence[str]) -> Models:
    """The upstreams and models that these calls asked; "": none was named."""
    rows = reader.ask(
        "SELECT DISTINCT upstream, coalesce(model, '') FROM all_calls "
        "WHERE call_id IN (SELECT unnest(?::VARCHAR[])::UUID) ORDER BY ALL",
        [list(call_ids)],
    ).rows
    return [(upstream, model) for upstream, model in rows]


def recorded_fingerprints(reader: Reader, call_ids: Sequence[str]) -> dict[Pair, list[Facts]]:
    """What the servers of these calls were then, by upstream and model; the latest first."""
    rows = reader.ask(
        "SELECT upstream, coalesce(model, ''), facts, max(started_at) AS last FROM all_calls "
        "JOIN fingerprints USING (fingerprint_id) "
        "WHERE call_id IN (SELECT unnest(?::VARCHAR[])::UUID) GROUP BY ALL ORDER BY last DESC",
        [list(call_ids)],
    ).rows
    found: dict[Pair, list[Facts]] = {}
    for upstream, model, facts, _ in rows:
        found.setdefault((upstream, model), []).append(_object(facts))
    return found


def moved(side: Side, recorded: Mapping[Pair, Sequence[Facts]], seen: Seen) -> list[str]:
    """What changed in the baseline since the calls were recorded, one line each."""
    lines = []
    for pair, facts in recorded.items():
        where = f"{' '.join(pair).strip()}: " if len(recorded) > 1 else ""
        lines += [f"{where}{each}" for each in changed(facts[0], seen.get(_place(side, *pair), {}))]
        for before, after in pairwise(reversed(facts)):
            lines += [
                f"{where}{each}, while these calls were recorded" for each in changed(before, after)
            ]
    return lines


def changed_meanwhile(arm: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What changed in an arm while the run ran, one line each; both as `as_table` gives them."""
    return [f"the {arm} changed during the run: {line}" for line in changed(before, after)]


def _object(text: str) -> Facts:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """One line for each fact that differs, for people.

    A fact that one side lacks is no difference: until a model's name is known, fewer are asked for.
    """
    return [
        f"{name}: {_shown(was)} -> {_shown(new)}"
        for name, was, new in changes(before, now)
        if was is not None and new is not None and name.rpartition(".")[2] not in _LEFT_OUT
    ]


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "\N{HORIZONTAL ELLIPSIS}"
