"""Answers that are JSON: structure first, then values by path.

Scored on the parsed value, so that white space, the order of keys and a fence around it are no
drift.
"""

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features
from driftgate.replay.compare.leaves import Difference, difference


def both_json(one: Features, other: Features) -> bool:
    """Whether both answers are JSON: their texts are not compared as texts then."""
    return one.leaves is not None and other.leaves is not None


def json_aspects(one: Features, other: Features) -> dict[str, Aspect]:
    """`json_structure` and `json_values` of two answers; empty where neither is JSON.

    json_structure: the share of all leaves that one of them alone has; 1 where one alone is JSON.
    json_values: the mean distance of the leaves that both have; see `driftgate.replay.compare.leaves`.
    """
    if one.leaves is None and other.leaves is None:
        return {}
    if one.leaves is None or other.leaves is None:
        words = ("JSON", "no JSON") if other.leaves is None else ("no JSON", "JSON")
        return {"json_structure": Aspect(1.0, f"{words[0]} against {words[1]}")}
    found = difference(one.leaves, other.leaves)
    aspects = {"json_structure": Aspect(found.structure, _prefixed(found.structure_reason))}
    if _share_leaves(found):
        aspects["json_values"] = Aspect(found.values, _prefixed(found.values_reason))
    return aspects


def _share_leaves(found: Difference) -> bool:
    return found.structure < 1


def _prefixed(reason: str) -> str:
    return f"at {reason}" if reason else ""
