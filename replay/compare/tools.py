"""Tool calls: their names, then their arguments, then their order. No tool is ever run."""

from collections import Counter, defaultdict
from math import fsum

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features
from driftgate.replay.compare.told import told
from driftgate.replay.compare.tool_call import Call, arguments_apart

_SHOWN = 120  # characters of the names in a reason


def tool_aspects(one: Features, other: Features) -> dict[str, Aspect]:
    """`tool_names`, `tool_arguments` and `tool_order`; empty where neither calls a tool.

    tool_names: names as multisets: the share that one of them alone has (Jaccard distance).
    tool_arguments: the mean distance of the arguments of calls of one name: those with equal
        arguments belong together, the others as they come.
    tool_order: the share of pairs of such calls that stand the other way round (Kendall's tau
        distance); only where there are two of them.
    """
    if not one.tool_names and not other.tool_names:
        return {}
    aspects = {"tool_names": _names(one.tool_names, other.tool_names)}
    matched = _matched(one.calls, other.calls)
    if matched:
        aspects["tool_arguments"] = _arguments(one.calls, other.calls, matched)
    if len(matched) > 1:
        aspects["tool_order"] = _order(matched)
    return aspects


def _names(first: list[str], second: list[str]) -> Aspect:
    if first == second:
        return Aspect(0.0)
    ours, theirs = Counter(first), Counter(second)
    shared, union = (ours & theirs).total(), (ours | theirs).total()
    if shared == union:
        return Aspect(0.0)
    return Aspect(1 - shared / union, f"calls {_listed(ours)} against {_listed(theirs)}")


def _listed(names: Counter[str]) -> str:
    shown = [name if count == 1 else f"{name} x {count}" for name, count in sorted(names.items())]
    return told(", ".join(shown), _SHOWN) or "no tool"


def _matched(first: list[Call], second: list[Call]) -> list[tuple[int, int]]:
    """Places of calls that belong together, each in one pair at most; in the order of the first."""
    pairs: dict[int, int] = {}
    for by_key in (True, False):
        taken = set(pairs.values())
        waiting: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place in range(len(second) - 1, -1, -1):
            if place not in taken:
                waiting[_group(second[place], by_key)].append(place)
        for place, call in enumerate(first):
            same = waiting.get(_group(call, by_key)) if place not in pairs else None
            if same:
                pairs[place] = same.pop()
    return sorted(pairs.items())


def _group(call: Call, by_key: bool) -> tuple[str, str]:
    return call.name, call.key if by_key else ""


def _arguments(first: list[Call], second: list[Call], matched: list[tuple[int, int]]) -> Aspect:
    distances, reasons = [], []
    for ours, theirs in matched:
        found = arguments_apart(first[ours], second[theirs])
        distances.append(found.whole)
        reason = found.structure_reason or found.values_reason
        if reason:
            reasons.append(f"{told(first[ours].name)}: {reason}")
    return Aspect(fsum(distances) / len(distances), reasons[0] if reasons else "")


def _order(matched: list[tuple[int, int]]) -> Aspect:
    places = [theirs for _, theirs in matched]
    turned = sum(
        1 for at, place in enumerate(places) for later in places[at + 1 :] if later < place
    )
    if not turned:
        return Aspect(0.0)
    pairs = len(places) * (len(places) - 1) // 2
    reason = f"the same calls in another order: {turned} of {pairs} pairs the other way round"
    return Aspect(turned / pairs, reason)
