"""Whether an answer came at all."""

from driftgate.replay.answer import Answer
from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features
from driftgate.replay.compare.told import told

_REASON = 120  # characters of a failure


def transport(one: Features, other: Features) -> Aspect:
    """0: both came whole, or both failed with the same status. 1: otherwise."""
    first, second = one.answer, other.answer
    if first.served and second.served:
        return Aspect(0.0)
    if first.served == second.served and first.status == second.status:
        return Aspect(0.0)
    return Aspect(1.0, f"{_told(first)} against {_told(second)}")


def _told(answer: Answer) -> str:
    if answer.served:
        return "answered"
    return told(answer.failure or f"failed with status {answer.status}", _REASON)
