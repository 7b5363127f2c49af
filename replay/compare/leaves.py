"""JSON by its leaves: which there are (structure), and what stands there (values).

A leaf is a scalar, or an empty object or array, under its JSON Pointer (RFC 6901). Elements of
arrays are compared by their place: one that is put in front moves all others.
"""

import json
from dataclasses import dataclass
from math import fsum
from typing import Any

from driftgate.contracts.json_values import kind
from driftgate.replay.compare.told import LIMIT, told
from driftgate.replay.compare.words import Phrase, apart

MAX_LEAVES = 20_000  # of one value; a container with more is one leaf, its canonical text
MAX_DEPTH = 64  # nested deeper, likewise
LABEL_WORDS = 3  # a text of so few is a label: it is the same or another one
NAMED = 3  # pointers in a reason

Leaf = tuple[str, Any]  # kind; value, of a text its Phrase
Leaves = dict[str, Leaf]

_NUMBERS = {"integer": "number"}  # 1 and 1.5 are values of one structure


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two values are apart.

    structure: the share of all leaves that one of them alone has, or that are of another kind.
    values: the mean distance of the leaves that both have; 0 where they have none.
    structure_reason, values_reason: one line each; "" where there is no difference.
    """

    structure: float
    values: float
    structure_reason: str = ""
    values_reason: str = ""

    @property
    def whole(self) -> float:
        """As one distance: structure first, what it leaves to values."""
        return self.structure + (1 - self.structure) * self.values


def leaves_of(value: Any) -> Leaves:
    """The leaves of a value by pointer; the root's pointer is empty."""
    found: Leaves = {}
    rest: list[tuple[str, Any, int]] = [("", value, 0)]
    while rest:
        pointer, each, depth = rest.pop()
        if isinstance(each, dict | list) and each:
            if depth >= MAX_DEPTH or len(found) + len(rest) + len(each) > MAX_LEAVES:
                found[pointer] = (kind(each), Phrase(_text(each)))
            elif isinstance(each, dict):
                inner = [(f"{pointer}/{_escaped(key)}", of, depth + 1) for key, of in each.items()]
                rest += reversed(inner)
            else:
                inner = [(f"{pointer}/{place}", of, depth + 1) for place, of in enumerate(each)]
                rest += reversed(inner)
        else:
            found[pointer] = _leaf(each)
    return found


def difference(one: Leaves, other: Leaves) -> Difference:
    """What is apart, with reasons that name pointers and both values."""
    kept, odd, changed, distances = 0, [], [], []
    for pointer, leaf in one.items():
        against = other.get(pointer)
        if against is None or against[0] != leaf[0]:
            odd.append(pointer)
            continue
        kept += 1
        far = _apart(leaf[1], against[1])
        if far:
            distances.append(far)
            changed.append(pointer)
    added = [pointer for pointer in other if pointer not in one]
    union = kept + len(odd) + len(added)
    return Difference(
        (len(odd) + len(added)) / union,
        fsum(distances) / kept if kept else 0.0,
        _listed([*odd, *added], one, other),
        _listed(changed, one, other),
    )


def _leaf(value: Any) -> Leaf:
    what = kind(value)
    return _NUMBERS.get(what, what), Phrase(value) if isinstance(value, str) else value


def _apart(one: Any, other: Any) -> float:
    if not isinstance(one, Phrase):
        return 0.0 if one == other else 1.0
    if one.text == other.text or one.folded == other.folded:
        return 0.0
    if max(one.words.count, other.words.count) <= LABEL_WORDS:
        return 1.0
    return apart(one.words, other.words)


def _listed(pointers: list[str], one: Leaves, other: Leaves) -> str:
    if not pointers:
        return ""
    shown = [
        f"{told(pointer) or 'the whole'}: {_shown(one.get(pointer))} against {_shown(other.get(pointer))}"
        for pointer in pointers[:NAMED]
    ]
    more = len(pointers) - NAMED
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def _shown(leaf: Leaf | None) -> str:
    if leaf is None:
        return "nothing"
    value = leaf[1]
    return told(_text(value.text[:LIMIT] if isinstance(value, Phrase) else value))


def _text(value: Any) -> str:
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (RecursionError, ValueError):  # ValueError: a number of more digits than Python writes
        return "too large to be shown"


def _escaped(key: str) -> str:
    if "~" in key or "/" in key:
        return key.replace("~", "~0").replace("/", "~1")
    return key
