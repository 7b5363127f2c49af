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
# Kinds by type, which is several times as fast as `kind`; there are many leaves.
_SCALARS = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


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
    """The leaves of a value by pointer, in its own order; the root's pointer is empty."""
    found: Leaves = {}
    _gather(found, "", value, 0, 0)
    return found


def _gather(found: Leaves, pointer: str, value: Any, depth: int, behind: int) -> None:
    """Adds the leaves of a value. behind: values that wait to be looked at when this one is done."""
    if not isinstance(value, dict | list) or not value:
        found[pointer] = _leaf(value)
        return
    left = behind + len(value)
    if depth >= MAX_DEPTH or len(found) + left > MAX_LEAVES:
        found[pointer] = (kind(value), Phrase(_text(value)))
        return
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        left -= 1
        place = f"{pointer}/{_escaped(key) if isinstance(key, str) else key}"
        what = _SCALARS.get(type(each))
        if what is None:
            _gather(found, place, each, depth + 1, left)
        else:
            found[place] = what, Phrase(each) if what == "string" else each


def difference(one: Leaves, other: Leaves) -> Difference:
    """What is apart, with reasons that name pointers and both values."""
    kept, odd, changed, distances = 0, [], [], []
    for pointer, leaf in one.items():
        against = other.get(pointer)
        if against is None or against[0] != leaf[0]:
            odd.append(pointer)
            continue
        kept += 1
        far = 0.0 if leaf[1] == against[1] else _apart(leaf[1], against[1])
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
    """How far two values that are not equal are apart; one alone may be no text (`[]`, too deep)."""
    if not isinstance(one, Phrase) or not isinstance(other, Phrase):
        return 1.0
    if one.folded == other.folded:
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
        return _encode(value)
    except (RecursionError, ValueError):  # ValueError: a number of more digits than Python writes
        return "too large to be shown"


def _escaped(key: str) -> str:
    if "~" in key or "/" in key:
        return key.replace("~", "~0").replace("/", "~1")
    return key
