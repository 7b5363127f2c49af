"""From a verdict, as the journal or the judge gives it, to columns and rows. Pure.

Verdicts may come from a journal of another version: what is not as expected is left out.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

from driftgate.contracts.verdict import PATH_LIMIT, REASON_LIMIT, Severity
from driftgate.proxy.history.table import Row

ROWS_LIMIT = 100  # violations kept of one attempt
_TEXTS = ("source", "keyword", "path", "reason", "severity")
_LIMITS = {"path": PATH_LIMIT, "reason": REASON_LIMIT}
_TEXT_LIMIT = 200


def verdict_columns(judged: dict[str, Any]) -> Row:
    """The columns that calls and tries share; empty where nothing was judged."""
    if not judged:
        return {}
    found = violations(judged) if judged.get("violations") else ()
    row: Row = {
        "contract": _text(judged.get("contract")),
        "verdict": _text(judged.get("verdict")),
        "violations": sum(1 for each in found if each["severity"] == Severity.ERROR.value),
        "judged_us": judged.get("judged_us") if type(judged.get("judged_us")) is int else None,
    }
    repairs = [each for each in _list(judged.get("repairs")) if isinstance(each, str)]
    if repairs:
        row["repairs"] = repairs
    return row


def contract_id(judged: dict[str, Any]) -> str | None:
    """The id of the contract as hex digits."""
    found = judged.get("contract_id")
    return _hex(found) if isinstance(found, str) else None


@lru_cache(64)
def _hex(text: str) -> str | None:
    """Kept: calls have few contracts, and reading an id takes as long as many a check."""
    try:
        return UUID(text).hex
    except ValueError:
        return None


def violation_rows(call_id: str, attempt: int, judged: dict[str, Any]) -> list[Row]:
    """The rows of `violations` of one attempt."""
    if not judged.get("violations"):
        return []
    contract = _text(judged.get("contract"))
    return [
        {"call_id": call_id, "attempt": attempt, "position": position, "contract": contract, **each}
        for position, each in enumerate(violations(judged)[:ROWS_LIMIT])
    ]


def violations(judged: dict[str, Any]) -> list[dict[str, str]]:
    """What of it reads as violations."""
    return [
        {name: each[name][: _LIMITS.get(name, _TEXT_LIMIT)] for name in _TEXTS}
        for each in _list(judged.get("violations"))
        if isinstance(each, dict) and all(isinstance(each.get(name), str) for name in _TEXTS)
    ]


def _text(value: Any) -> str | None:
    return value[:_TEXT_LIMIT] if isinstance(value, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
