"""Which answer of a recorded call is judged again: the client's, or the last that a model gave."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from driftgate.proxy.record import Outcome, Recorded

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader


@dataclass(frozen=True, slots=True)
class Answered:
    """One call. answer: the recording of what is judged.

    The answer is the call itself, its last attempt where driftgate answered with an error of its
    own, or None where nobody was asked.
    """

    call: Recorded
    answer: Recorded | None


def answered_of(reader: "Reader", call_id: Any, attempts: int, outcome: str) -> Answered:
    """What of a call is judged again; `attempts` and `outcome` as the table calls has them."""
    call = reader.recorded(str(call_id))
    if attempts == 0:
        return Answered(call, None)
    if outcome == Outcome.COMPLETED.value:
        return Answered(call, call)
    last = _last_judged(reader, call_id)
    return Answered(call, call if last is None else reader.recorded_attempt(str(call_id), last))


def _last_judged(reader: "Reader", call_id: Any) -> int | None:
    """The attempt whose verdict the call has; None for a call that passed through."""
    sql = "SELECT max(attempt) FROM tries WHERE call_id = ? AND verdict IS NOT NULL"
    found: int | None = reader.ask(sql, [str(call_id)]).rows[0][0]
    return found
