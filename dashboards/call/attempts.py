"""Each attempt at an upstream: why it was made, how it went, what was wrong, what a repair changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.dashboards.call.pointed import SHOWN, Answered, Pointed, point
from driftgate.dashboards.call.texts import Budget, Text, pretty
from driftgate.replay.report.diff import diff, unified

ATTEMPTS = 50  # that are shown
_WHY = {
    "first": "the first one",
    "retry": "sent again, since the one before failed",
    "reask": "the model was asked again, with what was wrong",
    "fallback": "another model was asked instead",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt, given as its row. why: its reason in words.

    said: its answer. violations: what was wrong with it, `more` of them not shown.
    lines: how the client's answer differs from it, (sign, text); empty: they are alike.
    """

    row: Mapping[str, Any]
    why: str
    said: Text | None
    violations: tuple[Pointed, ...]
    more: int
    lines: tuple[tuple[str, str], ...]


def attempts(
    rows: Sequence[Mapping[str, Any]],
    violations: Sequence[Mapping[str, Any]],
    answered: Mapping[int, Answered],
    budget: Budget,
    final: str | None,
) -> list[Attempt]:
    """Those of a call. answered: by the attempt's number. final: the text that the client got."""
    last = rows[-1]["attempt"] if rows else 0
    return [
        _attempt(
            row,
            violations,
            answered.get(row["attempt"], Answered("")),
            budget,
            _final(row, last, final),
        )
        for row in rows[:ATTEMPTS]
    ]


def before_any(violations: Sequence[Mapping[str, Any]], known: Sequence[Attempt]) -> list[Pointed]:
    """Violations of the request itself, and of attempts that are not known."""
    numbers = {each.row["attempt"] for each in known}
    found = [row for row in violations if row["attempt"] not in numbers]
    return [point(row, Answered("")) for row in found[:SHOWN]]


def _final(row: Mapping[str, Any], last: int, final: str | None) -> str | None:
    """The client's text, where it is this attempt's answer, repaired."""
    return final if row["attempt"] == last and row["repairs"] else None


def _attempt(
    row: Mapping[str, Any],
    violations: Sequence[Mapping[str, Any]],
    answered: Answered,
    budget: Budget,
    final: str | None,
) -> Attempt:
    own = [each for each in violations if each["attempt"] == row["attempt"]]
    text = row["output_text"]
    return Attempt(
        row,
        _WHY.get(row["reason"], row["reason"]),
        budget.take(pretty(text)) if text else None,
        tuple(point(each, answered) for each in own[:SHOWN]),
        max(len(own) - SHOWN, 0),
        tuple(unified(diff(text or "", final))) if final is not None and final != text else (),
    )
