"""Parts of the cases: which there are, and which of them have members of their own."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from driftgate.replay.case import Case
from driftgate.replay.decide.paired import Places

KINDS = ("contract", "tool", "model", "dialect", "depth", "length")  # of twins the first stays
MOST = 200  # slices looked at, the largest: names of models and tools are made by others


def slices(
    cases: Sequence[Case], *, minimum: int = 1, ignored: Sequence[str] = ()
) -> dict[str, Places]:
    """Slice, as contract=summarize, to the places of its cases.

    Left out: those that are ignored, small, made of all cases, or made of the same cases as another
    one, which would be tested twice.

    Args:
        cases: all of them.
        minimum: fewest cases.
        ignored: patterns of slices.
    """
    found = {
        name: places
        for name, places in members(cases).items()
        if minimum <= len(places) < len(cases) and not _matches(name, ignored)
    }
    seen: dict[bytes, str] = {}
    kept = [name for name in sorted(found, key=_order) if _first(seen, name, found[name])]
    largest = sorted(kept, key=lambda name: (-len(found[name]), name))[:MOST]
    return {name: found[name] for name in sorted(largest, key=_order)}


def members(cases: Sequence[Case], kinds: Sequence[str] = KINDS) -> Mapping[str, Places]:
    """Every slice of these kinds, as kind=value."""
    found: dict[str, list[int]] = {}
    for place, case in enumerate(cases):
        for kind in kinds:
            for value in dict.fromkeys(case.slices.get(kind, ())):
                found.setdefault(f"{kind}={value}", []).append(place)
    return {name: np.array(places, dtype=np.int64) for name, places in found.items()}


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _order(name: str) -> tuple[int, str]:
    kind, _, value = name.partition("=")
    return KINDS.index(kind), value


def _first(seen: dict[bytes, str], name: str, places: Places) -> bool:
    """Whether no slice before had the same members."""
    return seen.setdefault(places.tobytes(), name) == name
