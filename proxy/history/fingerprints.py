"""Which fingerprint a backend showed at what time. Pure.

A probe that shows what is known already leaves no trace; the first one and each change do.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LIMIT = 200  # changes remembered for each model


@dataclass(frozen=True, slots=True)
class Seen:
    """What one probe showed. model None: the upstream as a whole."""

    at_ns: int
    upstream: str
    model: str | None
    fingerprint_id: str  # a UUID
    facts: dict[str, Any]


class Timeline:
    """The fingerprints of each upstream and model, in order of time."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str | None], list[tuple[int, str]]] = {}

    def last(self, upstream: str, model: str | None) -> str | None:
        """The fingerprint shown last."""
        known = self._seen.get((upstream, model))
        return known[-1][1] if known else None

    def current(self) -> Iterator[tuple[str, str | None, int, str]]:
        """(upstream, model, since, fingerprint) of each last one."""
        for (upstream, model), known in self._seen.items():
            yield upstream, model, *known[-1]

    def add(self, at_ns: int, upstream: str, model: str | None, fingerprint_id: str) -> None:
        """Notes a first or changed fingerprint."""
        known = self._seen.setdefault((upstream, model), [])
        known.append((at_ns, fingerprint_id))
        known.sort()
        del known[:-LIMIT]

    def at(self, upstream: str, model: str | None, at_ns: int) -> str | None:
        """The latest one shown at or before that time, else the first that is known."""
        known = self._seen.get((upstream, model)) or self._seen.get((upstream, None))
        if not known:
            return None
        index = bisect_right(known, at_ns, key=lambda entry: entry[0])
        return known[max(index - 1, 0)][1]


def changed(old: dict[str, Any], new: dict[str, Any], *, longest: int = 200) -> dict[str, Any]:
    """What differs, as name -> [old, new]; long values (templates) are cut."""

    def short(value: Any) -> Any:
        return value[:longest] + "..." if isinstance(value, str) and len(value) > longest else value

    names = sorted(old.keys() | new.keys())
    return {
        name: [short(old.get(name)), short(new.get(name))]
        for name in names
        if old.get(name) != new.get(name)
    }
