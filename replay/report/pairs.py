"""The cases in which the arms differ most, each with a readable diff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from driftgate.replay.arm import Arm
from driftgate.replay.decide.decision import WorstPair
from driftgate.replay.report.diff import Line, diff
from driftgate.replay.report.plain import one_line, plain

_PROMPT = 600  # characters
_REASON = 300
_RECORD = 4_000
_REASONS = 8


@dataclass(frozen=True, slots=True)
class Pair:
    """A worst pair. number: from 1. answers: arm to the ids of its answers. lines: their diff.

    record: what was answered when the call was recorded; "" where it is not known.
    """

    number: int
    call_id: str
    distance: str
    slices: Sequence[str]
    prompt: str
    reasons: Sequence[str]
    answers: Mapping[str, Sequence[str]]
    lines: Sequence[Line]
    record: str


def pair(number: int, worst: WorstPair) -> Pair:
    """A worst pair made ready."""
    shown = [worst.shown.get(arm, "") for arm in (Arm.BASELINE, Arm.CANDIDATE)]
    reasons = [one_line(each, _REASON) for each in worst.reasons[:_REASONS]]
    if len(worst.reasons) > _REASONS:
        reasons.append(f"and {len(worst.reasons) - _REASONS} more")
    return Pair(
        number,
        one_line(worst.call_id, _REASON),
        f"{worst.distance:.2f}",
        [one_line(f"{kind}={each}", _REASON) for kind, each in worst.slices.items() if each],
        one_line(worst.prompt, _PROMPT),
        reasons,
        {
            one_line(arm, _REASON): [one_line(each, _REASON) for each in ids]
            for arm, ids in worst.answers.items()
        },
        diff(*shown),
        plain(worst.shown.get(Arm.RECORD, ""), _RECORD),
    )
