"""Asks a configuration's upstream what it is, and whether it is up at all. Never raises."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from driftgate.contracts.json_values import cut
from driftgate.proxy.errors import CallError
from driftgate.proxy.fingerprint.facts import PROBES, Probe, answer, fingerprint
from driftgate.proxy.upstream.connection import Address, Pool
from driftgate.proxy.upstream.exchange import send
from driftgate.proxy.upstream.fetch import Fetched, fetch
from driftgate.replay.candidate.config import Configuration

TIMEOUT_S = 5.0  # of one probe

_GOOD = range(200, 300)
_NO_ENTRY = (401, 403)
_MOST_MODELS = 10_000

Fetch = Callable[..., Awaitable[Fetched | None]]
Answers = dict[str, dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Probed:
    """What a server said.

    facts: as `driftgate.proxy.fingerprint.readers` names them; {} where it says nothing of itself.
    models: names of those it lists, in its order.
    reason: why there are no facts, one line; None: there are some.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    reason: str | None = None


async def probe(configuration: Configuration, model: str | None) -> dict[str, Any]:
    """The facts that the upstream tells; {} where it tells none (`probed` says why)."""
    return (await probed(configuration, model)).facts


async def probed(
    configuration: Configuration, model: str | None, *, request: Fetch = fetch
) -> Probed:
    """What the upstream tells of itself.

    Args:
        configuration: names the upstream.
        model: that it is asked about; None: the server as a whole.
        request: sends one request; replaced in tests.
    """
    if configuration.upstream is None:
        return Probed(reason="no upstream is named")
    base = configuration.upstream.removesuffix("/v1")

    async def ask(each: Probe) -> Fetched | None:
        return await request(
            each.method,
            base + each.path,
            each.body(model),
            timeout_s=TIMEOUT_S,
            limit=each.limit,
            verify_tls=configuration.verify_tls,
        )

    general = [each for each in PROBES if not each.of_model]
    told = await asyncio.gather(*(ask(each) for each in general))
    answers: Answers = {each.name: _answer(got) for each, got in zip(general, told, strict=True)}
    if model is not None and answers.get("ollama_version") is not None:
        answers |= {each.name: _answer(await ask(each)) for each in PROBES if each.of_model}
    if not any(value is not None for value in answers.values()):
        return Probed(reason=_silence(base, told))
    return Probed(fingerprint(answers, model).facts, _models(answers))


async def unreachable(configuration: Configuration, arm: str = "candidate") -> str | None:
    """Why the upstream cannot be reached, in one line; None: it answers, whatever it answers."""
    if configuration.upstream is None:
        return None
    upstream = configuration.as_upstream()
    try:
        address = Address.of(upstream.url, verify_tls=upstream.verify_tls)
    except ValueError as error:  # a name that no host can have
        return f"upstream {upstream.url}: {error}; correct the address"
    pool = Pool(address, upstream.connect_timeout_s)
    path = "/models" if address.prefix.endswith("/v1") else "/v1/models"
    try:
        reply = await send(pool, upstream, arm, "GET", path, [], b"", now_ns=lambda: 0)
        reply.abort()
    except CallError as error:
        return error.message
    finally:
        pool.close()
    return None


def _answer(got: Fetched | None) -> dict[str, Any] | None:
    return answer(got.body) if got is not None and got.status in _GOOD else None


def _silence(base: str, told: list[Fetched | None]) -> str:
    statuses = [each.status for each in told if each is not None]
    if not statuses:
        return f"{base} does not answer"
    refused = [status for status in statuses if status in _NO_ENTRY]
    if refused:
        return f"{base} answers {refused[0]} to whoever asks without a key"
    return f"{base} does not say what it is"


def _models(answers: Mapping[str, dict[str, Any] | None]) -> tuple[str, ...]:
    """The names that the server lists, also those it knows a model by besides."""
    names: dict[str, None] = {}
    for probe_name, key in (("v1_models", "data"), ("ollama_tags", "models")):
        listed = (answers.get(probe_name) or {}).get(key)
        for entry in listed[:_MOST_MODELS] if isinstance(listed, list) else ():
            if isinstance(entry, dict):
                aliases = entry.get("aliases")
                found = [entry.get("id"), entry.get("model"), entry.get("name")]
                found += aliases if isinstance(aliases, list) else []
                names |= {cut(name, 200): None for name in found if isinstance(name, str) and name}
    return tuple(names)
