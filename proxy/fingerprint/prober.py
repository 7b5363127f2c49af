"""Asks the upstreams what they are: at the start, on a new model name, and at each interval.

Tells what it sees only when it is new. It never raises and never holds anything up: a server that
is down, slow or odd is a state, not an error.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from driftgate.proxy.fingerprint.facts import (
    AGENT_PROBES,
    PROBES,
    Fingerprint,
    Probe,
    answer,
    fingerprint,
)
from driftgate.proxy.fingerprint.weights import WeightDigests
from driftgate.proxy.loopback import is_loopback
from driftgate.proxy.settings.upstream import AGENT_SCHEME
from driftgate.proxy.upstream.fetch import Fetched, fetch

_log = logging.getLogger(__name__)

TIMEOUT_S = 3.0
_AT_ONCE = 4  # requests to all upstreams together
_MOST_MODELS = 32  # of one upstream; names come from clients
_PATIENCE = 3  # rounds until a probe that times out counts as absent
_SERVER_ERROR = 500
_GOOD = range(200, 300)

Fetch = Callable[..., Awaitable[Fetched | None]]
Answers = dict[str, dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Observation:
    """A fingerprint that was seen for the first time, or after another one."""

    upstream: str
    model: str | None  # None: the upstream as a whole
    at_ns: int  # Unix epoch
    fingerprint: Fingerprint


@dataclass(slots=True)
class _Upstream:
    name: str
    url: str
    agent: bool = False
    unix: str | None = None  # the socket of its host, where that is asked itself
    models: OrderedDict[str, None] = field(default_factory=OrderedDict)
    seen: dict[str | None, Observation] = field(default_factory=dict)
    answering: set[str] = field(default_factory=set)  # probes worth asking each time
    reachable: bool | None = None
    unclear: int = 0  # rounds in a row in which a probe gave neither yes nor no


class _UnclearError(Exception):
    """A probe timed out or failed on the server's side: nothing is known this time."""


class Prober:
    """Looks at upstreams and tells changes.

    Args:
        upstreams: address by name.
        interval_s: seconds between two looks.
        sink: gets each new observation, in the event loop; must be quick.
        agents: socket of the agents' host; None: there are none (`codex://NAME` is one's address).
        behind: names of agents that are asked through a proxy.
        insecure: names of upstreams whose certificates are not checked.
        request: sends one request; replaced in tests.
    """

    def __init__(
        self,
        upstreams: Mapping[str, str],
        interval_s: float,
        sink: Callable[[Observation], None],
        *,
        agents: Path | None = None,
        behind: frozenset[str] = frozenset(),
        insecure: frozenset[str] = frozenset(),
        request: Fetch = fetch,
    ) -> None:
        self._upstreams = {name: _upstream(name, url, agents) for name, url in upstreams.items()}
        for name in behind:
            self._upstreams[name].agent = True
        self._interval_s = interval_s
        self._sink = sink
        self._insecure = insecure
        self._request = request
        self._weights = WeightDigests()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._new: set[str] = set()
        self._wake = asyncio.Event()

    def note_model(self, upstream: str, model: str) -> None:
        """A client asked this upstream for this model. Cheap when the name is known."""
        known = self._upstreams.get(upstream)
        if known is None or not model:
            return
        if model not in known.models:
            self._new.add(upstream)
            self._wake.set()
        known.models[model] = None
        known.models.move_to_end(model)
        if len(known.models) > _MOST_MODELS:
            gone, _ = known.models.popitem(last=False)
            known.seen.pop(gone, None)

    def state(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What was seen last, by upstream and model ("" stands for the upstream as a whole)."""
        return {
            each.name: {
                model or "": {
                    "id": seen.fingerprint.id,
                    "changed_at": seen.at_ns / 1e9,
                    "server": seen.fingerprint.facts.get("server"),
                    "version": seen.fingerprint.facts.get("version"),
                    "model": seen.fingerprint.facts.get("model"),
                    "reachable": each.reachable,
                }
                for model, seen in each.seen.items()
            }
            for each in self._upstreams.values()
        }

    async def run(self) -> None:
        """Looks until it is cancelled."""
        due = time.monotonic()
        while True:
            self._wake.clear()
            names, self._new = self._new, set()
            if time.monotonic() >= due:
                names = set(self._upstreams)
                due = time.monotonic() + self._interval_s
            await asyncio.gather(*(self.look(name) for name in sorted(names)))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(due - time.monotonic(), 0)):
                    await self._wake.wait()

    async def look(self, name: str) -> None:
        """Looks at one upstream and its models now."""
        upstream = self._upstreams[name]
        try:
            await self._look(upstream)
            upstream.unclear = 0
        except _UnclearError:
            upstream.unclear += 1
        except Exception:  # noqa: BLE001 - what a stranger's server causes must not end the watch
            _log.exception("upstream %s: its fingerprint could not be taken", name)

    async def _look(self, upstream: _Upstream) -> None:
        known = list(AGENT_PROBES if upstream.agent else PROBES)
        answers = await self._ask_all(upstream, [each for each in known if not each.of_model])
        if not upstream.reachable:
            return
        await self._tell(upstream, None, answers)
        asked = [each for each in PROBES if each.of_model]
        for model in list(upstream.models):
            # Only a server that speaks Ollama knows these probes.
            probes = asked if answers.get("ollama_version") is not None else []
            of_model = {each.name: await self._ask(upstream, each, model) for each in probes}
            await self._tell(upstream, model, answers | of_model)

    async def _ask_all(self, upstream: _Upstream, probes: list[Probe]) -> Answers:
        """Asks what answered last time; everything when that does not answer any more."""
        before = upstream.answering
        wanted = [each for each in probes if each.name in before] or probes
        answers = await self._ask_these(upstream, wanted)
        if wanted != probes and None in answers.values():
            answers = await self._ask_these(upstream, probes)
        upstream.answering = {name for name, told in answers.items() if told is not None}
        return answers

    async def _ask_these(self, upstream: _Upstream, probes: list[Probe]) -> Answers:
        found = await asyncio.gather(*(self._fetch(upstream, each, None) for each in probes))
        statuses = [each.status for each in found if each is not None]
        upstream.reachable = any(status < _SERVER_ERROR for status in statuses)
        if not upstream.reachable:
            return dict.fromkeys((each.name for each in probes), None)
        return {
            probe.name: self._answer(upstream, told)
            for probe, told in zip(probes, found, strict=True)
        }

    async def _ask(
        self, upstream: _Upstream, probe: Probe, model: str | None
    ) -> dict[str, Any] | None:
        return self._answer(upstream, await self._fetch(upstream, probe, model))

    async def _fetch(self, upstream: _Upstream, probe: Probe, model: str | None) -> Fetched | None:
        async with self._slots:
            return await self._request(
                probe.method,
                upstream.url + probe.path,
                probe.body(model),
                timeout_s=TIMEOUT_S,
                limit=probe.limit,
                verify_tls=upstream.name not in self._insecure,
                **({} if upstream.unix is None else {"unix": upstream.unix}),
            )

    def _answer(self, upstream: _Upstream, told: Fetched | None) -> dict[str, Any] | None:
        """The answer; None: there is no such probe. Unclear ones count so after some patience."""
        if told is None or told.status >= _SERVER_ERROR:
            if upstream.unclear < _PATIENCE:
                raise _UnclearError
            return None
        return answer(told.body) if told.status in _GOOD else None

    async def _tell(self, upstream: _Upstream, model: str | None, answers: Answers) -> None:
        last = upstream.seen.get(model)
        before = last.fingerprint.facts if last else None
        seen = fingerprint(answers, model, before=before)
        path = seen.facts.get("model_path")
        # on this machine, so that the path that it tells can be read here
        if path and is_loopback(urlsplit(upstream.url).hostname or ""):
            weights = await asyncio.to_thread(self._weights.of, path)
            seen = fingerprint(answers, model, weights=weights, before=before)
        if last is None or last.fingerprint.id != seen.id:
            observation = Observation(upstream.name, model, time.time_ns(), seen)
            self._sink(observation)
            upstream.seen[model] = observation


def _upstream(name: str, url: str, agents: Path | None) -> _Upstream:
    if agents is None or not url.startswith(AGENT_SCHEME):
        return _Upstream(name, _base(url))
    return _Upstream(name, f"http://localhost/{name}", agent=True, unix=str(agents))


def _base(url: str) -> str:
    """Where the probes' paths begin: addresses are often given with /v1 at the end."""
    return url.rstrip("/").removesuffix("/v1")
