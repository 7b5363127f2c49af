"""The worst pairs: cases in which the arms differ most, beyond what the baseline does by itself."""

from collections.abc import Callable, Sequence
from statistics import fmean

from driftgate.contracts.json_values import cut
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.compare.comparison import Comparison
from driftgate.replay.decide.agreement import WHOLE, Apart, Compare, served
from driftgate.replay.decide.decision import WorstPair
from driftgate.replay.decide.metrics import passes
from driftgate.replay.decide.wording import named

Show = Callable[[Answer], str]

_LOOKED_AT = 5  # cases for each pair that is kept, so that reasons can be diverse
_REASONS = 8
_PASSES = 2  # what a lost contract weighs: a half of it more than any other difference
_SHOWN = 4000  # characters of an answer in the plain form


def worst(
    cases: Sequence[Case], found: Sequence[Apart], compare: Compare, show: Show, most: int
) -> list[WorstPair]:
    """At most so many pairs: first one of each reason and contract, then the others.

    In each the farthest come first, and what passed and now fails before what only differs.

    Args:
        cases: all of them.
        found: their distances.
        compare: two answers.
        show: an answer as text for people.
        most: pairs to keep.
    """
    floors = [each.within[WHOLE] for each in found if WHOLE in each.within]
    floor = fmean(floors) if floors else 1.0
    far = [_beyond(case, each, floor) for case, each in zip(cases, found, strict=True)]
    rank = [each + _PASSES * _lost(case) for case, each in zip(cases, far, strict=True)]
    order = sorted((i for i, each in enumerate(rank) if each > 0), key=lambda i: -rank[i])
    pairs = [_pair(cases[i], far[i], compare, show) for i in order[: most * _LOOKED_AT]]
    seen: set[tuple[str, str]] = set()
    first: list[WorstPair] = []
    later: list[WorstPair] = []
    for kind, pair in pairs:
        (later if kind in seen else first).append(pair)
        seen.add(kind)
    return [*first, *later][:most]


def plain(answer: Answer) -> str:
    """An answer as text: why it failed, else what it says and which tools it calls."""
    if not answer.served:
        return cut(answer.failure or f"status {answer.status}", _SHOWN)
    calls = [f"{call.name}({cut(call.arguments, _SHOWN)})" for call in answer.tool_calls]
    return cut("\n".join([*([answer.text] if answer.text else []), *calls]), _SHOWN)


def _beyond(case: Case, each: Apart, floor: float) -> float:
    """The arms' mean distance beyond the baseline's own; 1 where only the baseline answered."""
    if WHOLE in each.across:
        return max(0.0, each.within.get(WHOLE, floor) - each.across[WHOLE])
    return 1.0 if served(case, Arm.BASELINE) and case.of(Arm.CANDIDATE) else 0.0


def _lost(case: Case) -> float:
    """How much less often the case passes; 0: it does not."""
    before, after = _passes(case.of(Arm.BASELINE)), _passes(case.of(Arm.CANDIDATE))
    return max(0.0, fmean(before) - fmean(after)) if before and after else 0.0


def _passes(found: Sequence[Answer]) -> list[float]:
    values = map(passes, found)
    return [value for value in values if value is not None]


def _pair(
    case: Case, distance: float, compare: Compare, show: Show
) -> tuple[tuple[str, str], WorstPair]:
    """The pair, and the kind of its reason."""
    baseline, candidate, comparison = _farthest(case, compare)
    chosen = {Arm.RECORD: next(iter(case.of(Arm.RECORD)), None), Arm.BASELINE: baseline}
    chosen[Arm.CANDIDATE] = candidate
    slices = {kind: named(", ".join(values)) for kind, values in case.slices.items() if values}
    reasons = _reasons(candidate, comparison)
    pair = WorstPair(
        call_id=case.call_id,
        slices=slices,
        prompt=case.prompt,
        distance=distance,
        reasons=reasons[:_REASONS],
        answers={arm.value: [each.call_id for each in case.of(arm)] for arm in case.answers},
        shown={arm.value: show(answer) for arm, answer in chosen.items() if answer},
    )
    aspects = comparison.aspects if comparison else {}
    kind = max(aspects, key=lambda name: aspects[name].distance, default="")
    return (slices.get("contract", ""), kind), pair


def _farthest(case: Case, compare: Compare) -> tuple[Answer, Answer, Comparison | None]:
    """The two served answers that are farthest apart; the first failed one where none came."""
    baseline = served(case, Arm.BASELINE)
    pairs = [(b, c, compare(b, c)) for b in baseline for c in served(case, Arm.CANDIDATE)]
    if not pairs:
        return (*baseline, *case.of(Arm.BASELINE))[0], case.of(Arm.CANDIDATE)[0], None
    return max(pairs, key=lambda pair: pair[2].distance)


def _reasons(candidate: Answer, comparison: Comparison | None) -> list[str]:
    if comparison is None:
        return [f"the candidate gave no answer: {named(candidate.failure or '')}".rstrip(": ")]
    return comparison.reasons
