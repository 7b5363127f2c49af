"""Where a run is: decided, going on, stopped, or of a kind that decides nothing."""

from dataclasses import dataclass
from pathlib import Path

from driftgate.replay.results import REFERENCE
from driftgate.replay.run.hold import is_held

VERDICTS = ("pass", "drift", "inconclusive", "could_not_check")
UNDECIDED = "undecided"
_TONES = {"pass": "good", "drift": "bad"}


@dataclass(frozen=True, slots=True)
class State:
    """word: for people. tone: of its badge. running: a process asks for it now.

    open: it may still be decided.
    """

    word: str
    tone: str
    running: bool = False
    open: bool = False


def state(history: Path, run_id: str, kind: str, verdict: str | None) -> State:
    """Of a run with this verdict; None: it has none."""
    if verdict is not None:
        return State(verdict.replace("_", " "), _TONES.get(verdict, "warn"))
    if is_held(history, run_id):
        return State("running", "info", running=True, open=True)
    if kind == REFERENCE:
        return State("reference", "info")
    return State("stopped", "warn", open=True)
