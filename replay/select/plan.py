"""What a run of a selection would be: strata, tokens, minutes, and what it can find. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.flips import Flips
from driftgate.replay.select.power import detectable, needed, shown
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.select.strata import Stratum, stratum_of

POWER = 0.9
DROPS = (0.02, 0.05, 0.1)  # of the pass rate
ARMS = 2  # baseline and candidate
_MINUTE_MS = 60_000.0


@dataclass(frozen=True, slots=True)
class InStratum:
    """calls: chosen of it. stands_for: recorded calls, near-duplicates of the chosen ones included."""

    stratum: Stratum
    calls: int
    stands_for: int


@dataclass(frozen=True, slots=True)
class Effect:
    """cases: that find this drop of the pass rate; None: no number does, it is within the margin."""

    drop: float
    cases: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would run, and what for.

    calls, sessions: chosen. found, collapsed: as of the selection. answers: of both arms together.
    input_tokens, output_tokens: of all answers, from the recorded ones; unknown: chosen calls whose
    tokens were not recorded and count as the mean of the others. None: none were.
    minutes: where the backend answers `concurrency` requests as fast as it did then; minutes_alone:
    where it answers one after the other. None: no time was recorded.
    flips: see `driftgate.replay.select.flips`. detectable: the smallest drop of the pass rate that
    so many cases find with power 0.9; None: not even a total one. effects: cases for given drops.
    unchanged: cases with which an unchanged model is shown to keep the margin, nine times in ten;
    None: no number does.
    """

    calls: int
    sessions: int
    found: int
    collapsed: int
    strata: Sequence[InStratum]
    k: int
    concurrency: int
    answers: int
    input_tokens: int | None
    output_tokens: int | None
    unknown: int
    minutes: float | None
    minutes_alone: float | None
    flips: Flips
    margin: float
    detectable: float | None
    effects: Sequence[Effect]
    unchanged: int | None


def plan(selection: Selection, *, k: int, concurrency: int, flips: Flips, margin: float) -> Plan:
    """The plan for both arms, k answers each.

    Args:
        selection: what would run.
        k: answers of each arm to each call.
        concurrency: requests at one time, of both arms together.
        flips: how often chance alone changes a verdict.
        margin: how much worse a pass rate may be, 0 to 1.

    Raises:
        UsageError: a number is none, or nothing is selected.
    """
    _check(selection, k, concurrency, margin)
    calls, each = selection.calls, ARMS * k
    alone = _total([call.total_ms for call in calls])
    minutes = None if alone is None else alone * each / _MINUTE_MS
    return Plan(
        calls=len(calls),
        sessions=len({call.session for call in calls}),
        found=selection.found,
        collapsed=selection.collapsed,
        strata=_strata(calls),
        k=k,
        concurrency=concurrency,
        answers=each * len(calls),
        input_tokens=_times(_total([call.input_tokens for call in calls]), each),
        output_tokens=_times(_total([call.output_tokens for call in calls]), each),
        unknown=sum(call.input_tokens is None or call.output_tokens is None for call in calls),
        minutes=None if minutes is None else minutes / concurrency,
        minutes_alone=minutes,
        flips=flips,
        margin=margin,
        detectable=detectable(len(calls), flips.share, margin=margin, power=POWER, k=k),
        effects=[
            Effect(drop, needed(drop, flips.share, margin=margin, power=POWER, k=k))
            for drop in DROPS
        ],
        unchanged=shown(flips.share, margin=margin, power=POWER, k=k),
    )


def _check(selection: Selection, k: int, concurrency: int, margin: float) -> None:
    if not selection.calls:
        raise UsageError("the selection is empty")
    for name, number in (("-k", k), ("--concurrency", concurrency)):
        if number < 1:
            raise UsageError(f"{name} {number}: give at least 1")
    if not 0 <= margin < 1:
        raise UsageError(f"a margin of {margin:g} is none: give a share from 0 to 1, as 0.02")


def _strata(calls: Iterable[Selected]) -> list[InStratum]:
    """The largest first."""
    chosen: Counter[Stratum] = Counter()
    stands_for: Counter[Stratum] = Counter()
    for call in calls:
        stratum = stratum_of(call.slices)
        chosen[stratum] += 1
        stands_for[stratum] += call.duplicates
    order = sorted(chosen, key=lambda stratum: (-chosen[stratum], stratum))
    return [InStratum(stratum, chosen[stratum], stands_for[stratum]) for stratum in order]


def _total(values: Sequence[float | None]) -> float | None:
    """The sum; what is unknown counts as the mean of what is known."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) * len(values) if known else None


def _times(total: float | None, factor: int) -> int | None:
    return None if total is None else round(total * factor)
