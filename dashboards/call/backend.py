"""What the backend said it is at the time of a call, and what has changed since the call before."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftgate.dashboards.call.single import plain
from driftgate.dashboards.call.texts import Budget, Text
from driftgate.proxy.dialects.lenient import mapping
from driftgate.proxy.history.fingerprints import changed

_FIRST = ("server", "version", "model", "digest", "quantization", "family", "n_ctx", "n_ctx_train")
_ABSENT = "absent"
LEADING = 12  # facts that are seen at once
_FEW = 4  # more of them are not worth folding


@dataclass(frozen=True, slots=True)
class Backend:
    """A fingerprint. facts: (name, value), tables flattened. since: when it was first seen so there.

    changes: (fact, before, now) against the call before; None: that is not known.
    """

    id: str
    facts: tuple[tuple[str, Text], ...]
    since: datetime | None
    changes: tuple[tuple[str, Any, Any], ...] | None

    @property
    def leading(self) -> tuple[tuple[str, Text], ...]:
        """The facts that are seen at once."""
        return self.facts if len(self.facts) <= LEADING + _FEW else self.facts[:LEADING]

    @property
    def others(self) -> tuple[tuple[str, Text], ...]:
        """The facts that are folded."""
        return self.facts[len(self.leading) :]


def facts_of(stored: str | None) -> dict[str, Any]:
    """Facts as the history keeps them; none where they cannot be read."""
    try:
        return mapping(json.loads(stored or "null"))
    except (ValueError, RecursionError):
        return {}


def backend(
    identity: Any,
    facts: Mapping[str, Any],
    since: datetime | None,
    before: Mapping[str, Any] | None,
    budget: Budget,
) -> Backend | None:
    """The fingerprint of a call; before: the facts of the call before. None: there is none."""
    if identity is None:
        return None
    found = None
    if before is not None:
        pairs = changed(dict(before), dict(facts)).items()
        found = tuple((name, was, now) for name, (was, now) in pairs if name != _ABSENT)
    return Backend(str(identity), tuple(_told(facts, budget)), since, found)


def _told(facts: Mapping[str, Any], budget: Budget) -> Iterator[tuple[str, Text]]:
    order = [name for name in _FIRST if name in facts]
    order += sorted(name for name in facts if name not in _FIRST and name != _ABSENT)
    for name in order:
        for inner, value in _flat(name, facts[name]):
            yield inner, budget.take(value if isinstance(value, str) else json.dumps(plain(value)))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for inner, below in value.items():
            yield f"{name}.{inner}", below
    else:
        yield name, value
