"""A sample of what was found: near-duplicates collapsed, strata in proportion, by a seed. Pure.

The same calls and seed give the same sample, in whatever order the calls come. A call's place in the
draw depends on the seed and its id alone, so that a larger sample holds most of a smaller one.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TypeVar

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.found import Found
from driftgate.replay.select.strata import Stratum, allocate, depth_class, length_class

NO_CONTRACT = "none"
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn as one: a call, or a session in its order. stands_for: so many, itself included."""

    calls: tuple[Found, ...]
    stands_for: int

    @property
    def stratum(self) -> Stratum:
        """That of most of its calls; of several the first by name."""
        counts = Counter(map(stratum, self.calls))
        return min(counts, key=lambda each: (-counts[each], each))


def stratum(call: Found) -> Stratum:
    """The stratum of one call."""
    use = "called" if call.called else "offered" if call.tools else "none"
    depth, length = depth_class(call.items), length_class(call.input_tokens, call.request_bytes)
    return Stratum(call.contract or NO_CONTRACT, call.dialect, use, depth, length)


def units(calls: Iterable[Found], *, sessions: bool, collapse: bool) -> list[Drawn]:
    """What there is to draw from; of near-duplicates the latest.

    Sessions are near-duplicates of each other when all their calls are, one by one.
    """
    ordered = sorted(calls, key=_when)
    groups = _grouped(ordered, lambda call: call.session) if sessions else [[c] for c in ordered]
    if not collapse:
        return [Drawn(tuple(group), 1) for group in groups]
    alike = _grouped(groups, lambda group: tuple(call.key for call in group))
    return [Drawn(tuple(same[-1]), len(same)) for same in alike]


def sample(drawn: Sequence[Drawn], n: int, seed: int) -> list[Drawn]:
    """At most n calls of them, in proportion to their strata.

    Raises:
        UsageError: not even the smallest session has so few calls.
    """
    order = sorted(drawn, key=lambda unit: _place(unit, seed))
    sizes: Counter[Stratum] = Counter()
    for unit in order:
        sizes[unit.stratum] += len(unit.calls)
    left = allocate(sizes, n)
    taken, passed = _taken(order, left, lambda unit: unit.stratum)
    # sessions seldom fill the shares of their strata to the last call
    spare = n - sum(len(unit.calls) for unit in taken)
    more, _ = _taken(passed, {None: spare}, lambda _: None)
    if not taken and not more:
        smallest = min(len(unit.calls) for unit in drawn)
        raise UsageError(f"the smallest session has {smallest} calls; give -n {smallest} or more")
    return taken + more


def in_order(drawn: Iterable[Drawn]) -> list[tuple[Found, int]]:
    """Each call with how many it stands for: sessions as they began, and together."""
    calls = [(call, unit.stands_for) for unit in drawn for call in unit.calls]
    calls.sort(key=lambda pair: _when(pair[0]))
    together = _grouped(calls, lambda pair: pair[0].session)
    return [pair for group in together for pair in group]


def _taken(
    order: Iterable[Drawn], left: Mapping[Thing, int], kind: Callable[[Drawn], Thing]
) -> tuple[list[Drawn], list[Drawn]]:
    """Those that fit in what is left of their kind, and those that do not."""
    room = dict(left)
    taken: list[Drawn] = []
    passed: list[Drawn] = []
    for unit in order:
        fits = len(unit.calls) <= room.get(kind(unit), 0)
        (taken if fits else passed).append(unit)
        if fits:
            room[kind(unit)] -= len(unit.calls)
    return taken, passed


def _grouped(things: Iterable[Thing], key: Callable[[Thing], Hashable]) -> list[list[Thing]]:
    """Groups in the order of their first members; members in theirs."""
    groups: dict[Hashable, list[Thing]] = {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return list(groups.values())


def _when(call: Found) -> tuple[datetime, str]:
    return call.started_at, call.call_id


def _place(unit: Drawn, seed: int) -> bytes:
    return blake2b(f"{seed} {unit.calls[0].call_id}".encode(), digest_size=16).digest()
