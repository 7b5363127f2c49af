"""The recordings that a request comes nearest to, and where it differs from them. Pure.

Likeness is estimated from bottom-k sketches: of the hashes of all values and words, the k smallest
are kept, and shared ones counted (Broder, On the resemblance and containment of documents, 1997).
Work is bounded, whatever strangers send: a sketch takes in so many values, a comparison visits so
many, and what is shown is cut.
"""

import heapq
import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.replay.compare.words import first_difference
from driftgate.replay.play.match import Question, Slot

MOST_SHOWN = 3
MOST_DIFFERENCES = 8
_SKETCH = 64  # hashes
_MOST_VALUES = 20_000  # looked at of one request
_MOST_CHARACTERS = 64 << 10  # of one text that is split into words
_SHOWN = 80  # characters of a value
_LONGEST = 1000  # characters of a pointer; what is nested deeper is compared as a whole
_BEFORE = 20  # of them, before the first that differs
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a request is another than a recorded one.

    at: method, path, query, or a JSON pointer (RFC 6901) into the body; volatile parts left out.
    recorded, asked: JSON, cut to what differs first; None: there is nothing there.
    """

    at: str
    recorded: str | None
    asked: str | None


def sketch(asked: Question) -> Sequence[int]:
    """What is kept of a request to find those near it; 64 numbers, equal within one process."""
    return array("q", heapq.nsmallest(_SKETCH, set(_features(asked.value))))


def _features(value: Any) -> Iterator[int]:
    for _, (key, each) in zip(range(_MOST_VALUES), _leaves(value), strict=False):
        yield hash((key, each))
        if isinstance(each, str):
            yield from map(hash, each[:_MOST_CHARACTERS].split())


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """Every value that holds no others, with the key it stands under."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        key, each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend((name, part) for name, part in each.items())
        elif isinstance(each, list):
            waiting.extend((key, part) for part in each)
        else:
            yield key, each


def nearest(asked: Question, slots: Iterable[Slot], most: int = MOST_SHOWN) -> list[Slot]:
    """The slots most like a request, the likest first; those of its own path before all others."""
    own = frozenset(sketch(asked))

    def likeness(slot: Slot) -> tuple[bool, bool, int]:
        return (
            slot.path == asked.path,
            slot.method == asked.method,
            len(own.intersection(slot.sketch)),
        )

    return heapq.nlargest(most, slots, key=likeness)


def differences(recorded: Question, asked: Question) -> list[Difference]:
    """Where two requests differ, at most 8 places; the path first, then the body in its order."""
    found = [
        Difference(at, shown(there), shown(here))
        for at, there, here in (
            ("method", recorded.method, asked.method),
            ("path", recorded.path, asked.path),
            ("query", dict(recorded.query), dict(asked.query)),
        )
        if there != here
    ]
    found += _within(recorded.value, asked.value)
    return found[:MOST_DIFFERENCES]


def _within(recorded: Any, asked: Any) -> Iterator[Difference]:
    waiting: list[tuple[str, Any, Any]] = [("", recorded, asked)]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        at, there, here = waiting.pop()
        if len(at) > _LONGEST:
            if _differ(there, here):
                yield _difference(at, there, here)
        elif isinstance(there, dict) and isinstance(here, dict):
            waiting.extend(reversed(_members(at, there, here)))
        elif isinstance(there, list) and isinstance(here, list):
            waiting.extend(reversed(_elements(at, there, here)))
        elif _differ(there, here):
            yield _difference(at, there, here)


def _differ(there: Any, here: Any) -> bool:
    try:
        return type(there) is not type(here) or bool(there != here)
    except RecursionError:
        return True


def _members(at: str, there: dict[str, Any], here: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    names = [*there, *(name for name in here if name not in there)][:_MOST_VALUES]
    return [
        (f"{at}/{_escaped(name)}", there.get(name, _ABSENT), here.get(name, _ABSENT))
        for name in names
    ]


def _elements(at: str, there: list[Any], here: list[Any]) -> list[tuple[str, Any, Any]]:
    both = range(min(max(len(there), len(here)), _MOST_VALUES))
    return [
        (
            f"{at}/{n}",
            there[n] if n < len(there) else _ABSENT,
            here[n] if n < len(here) else _ABSENT,
        )
        for n in both
    ]


def _escaped(name: str) -> str:
    return name[:_SHOWN].replace("~", "~0").replace("/", "~1")


def _difference(at: str, there: Any, here: Any) -> Difference:
    if isinstance(there, str) and isinstance(here, str):
        start = max(0, first_difference(there, here) - _BEFORE)
        return Difference(at, _cut(there, start), _cut(here, start))
    return Difference(at, shown(there), shown(here))


def _cut(text: str, start: int) -> str:
    piece = text[start : start + _SHOWN]
    head = "..." if start else ""
    tail = "..." if start + _SHOWN < len(text) else ""
    return json.dumps(f"{head}{piece}{tail}")


def shown(value: Any) -> str | None:
    """A value as JSON for people, cut; None where there is none. ASCII, so that it is harmless."""
    if value is _ABSENT:
        return None
    if isinstance(value, str):
        return _cut(value, 0)
    if isinstance(value, dict):
        inside = ", ".join(json.dumps(name[:_SHOWN]) for name in list(value)[:_SHOWN])
        text = f"{{{inside}}}"
    elif isinstance(value, list):
        text = f"[{len(value)} elements]"
    else:
        text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
