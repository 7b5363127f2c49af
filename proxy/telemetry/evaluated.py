"""Verdicts and violations as `gen_ai.evaluation.result` events. Pure.

Source: https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-events.md.
"""

from collections.abc import Sequence

from driftgate.contracts.verdict import Severity
from driftgate.proxy.history.table import Row
from driftgate.proxy.telemetry.span import Attributes, Event, filled

EVENT = "gen_ai.evaluation.result"
VIOLATIONS = 20  # told one by one, of one attempt
_LABELS = {
    Severity.ERROR.value: "fail",
    Severity.WARNING.value: "warning",
    Severity.REPAIRED.value: "repaired",
}
_SCORES = {"pass": 1.0, "fail": 0.0}


def evaluations(
    row: Row, violations: Sequence[Row], at_ns: int, *, content: bool
) -> tuple[Event, ...]:
    """The verdict on an answer, then what was wrong with it.

    Args:
        row: of the attempt, or of its call.
        violations: of it alone.
        at_ns: when the answer had ended.
        content: whether reasons and places may be told: they quote the answer.
    """
    contract, verdict = row.get("contract"), row.get("verdict")
    if not contract or not verdict:
        return ()
    told = [_event(at_ns, _verdict(row, violations))]
    told += [_event(at_ns, _violation(each, content=content)) for each in violations[:VIOLATIONS]]
    return tuple(told)


def _event(at_ns: int, attributes: Attributes) -> Event:
    return Event(EVENT, at_ns, attributes)


def _verdict(row: Row, violations: Sequence[Row]) -> Attributes:
    keywords = dict.fromkeys(each["keyword"] for each in violations)
    return filled(
        {
            "gen_ai.evaluation.name": row["contract"],
            "gen_ai.evaluation.score.label": row["verdict"],
            "gen_ai.evaluation.score.value": _SCORES.get(row["verdict"]),
            "gen_ai.evaluation.explanation": ", ".join(keywords) or None,
            "gen_ai.response.id": row.get("response_id"),
        }
    )


def _violation(row: Row, *, content: bool) -> Attributes:
    what = f"{row['keyword']} ({row['source']})"
    return filled(
        {
            "gen_ai.evaluation.name": f"{row.get('contract') or 'builtin'}/{row['keyword']}",
            "gen_ai.evaluation.score.label": _LABELS.get(row["severity"], "fail"),
            "gen_ai.evaluation.score.value": 0.0 if row["severity"] == Severity.ERROR else None,
            "gen_ai.evaluation.explanation": f"{row['path']}: {row['reason']}" if content else what,
        }
    )
