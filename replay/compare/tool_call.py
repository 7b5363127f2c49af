"""One tool call as it is compared: its name, and its arguments in one form."""

import json
from dataclasses import dataclass
from typing import Any

from driftgate.contracts.output import find_json
from driftgate.replay.compare.leaves import Difference, Leaves, difference, leaves_of
from driftgate.replay.compare.told import told
from driftgate.replay.compare.volatile import normalised
from driftgate.replay.compare.words import Phrase, apart

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call. key: equal for equal arguments. leaves: of arguments that are JSON.

    phrase: of arguments that are not.
    """

    name: str
    key: str
    leaves: Leaves | None
    phrase: Phrase


def call_of(name: str, arguments: str) -> Call:
    """A call with its arguments as the model wrote them; what is made by chance is left out."""
    text = normalised(arguments)
    found = find_json(text, "whole")
    if found is None or not isinstance(found.value, dict | list):
        phrase = Phrase(text)
        return Call(name, phrase.folded, None, phrase)
    key = _key(found.value, text)
    return Call(name, key, leaves_of(found.value), Phrase(key))


def arguments_apart(one: Call, other: Call) -> Difference:
    """How far the arguments of two calls are apart."""
    if one.key == other.key and (one.leaves is None) == (other.leaves is None):
        return Difference(0.0, 0.0)
    if one.leaves is not None and other.leaves is not None:
        return difference(one.leaves, other.leaves)
    reason = f"{told(one.key)} against {told(other.key)}"
    if one.leaves is not None or other.leaves is not None:
        return Difference(1.0, 0.0, f"JSON in one alone: {reason}")
    return Difference(0.0, apart(one.phrase.words, other.phrase.words), "", reason)


def _key(value: Any, text: str) -> str:
    try:
        return _encode(value)
    except (RecursionError, ValueError):
        return text
