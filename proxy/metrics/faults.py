"""Whose fault it is that a call was not answered well. Pure."""

import re

from driftgate.proxy.attempt_kind import PASSING_STATUSES
from driftgate.proxy.errors import Fault
from driftgate.proxy.history.prepare import PreparedCall
from driftgate.proxy.record import Outcome

CLIENT_ERROR, SERVER_ERROR = 400, 500
# of a refusal driftgate wrote the answer itself; what it quotes there has its quotes escaped
_SAID = re.compile(rb'"driftgate": \{[^{}]*"fault": "(client|upstream|driftgate)"')
_BY_OUTCOME = {
    Outcome.CLIENT_GONE.value: Fault.CLIENT,
    Outcome.CLIENT_INVALID.value: Fault.CLIENT,
    Outcome.UPSTREAM_REFUSED.value: Fault.UPSTREAM,
    Outcome.UPSTREAM_RESET.value: Fault.UPSTREAM,
    Outcome.UPSTREAM_TIMEOUT.value: Fault.UPSTREAM,
    Outcome.UPSTREAM_INVALID.value: Fault.UPSTREAM,
    Outcome.INTERRUPTED.value: Fault.DRIFTGATE,
    Outcome.FAILED.value: Fault.DRIFTGATE,
}


def fault_of(call: PreparedCall) -> Fault | None:
    """Whose fault it is; None: nobody's, the call was answered well.

    An answer that breaks a contract is no error here: verdicts count it. A status that asks to wait
    (429, 503 and so on) is the upstream's.
    """
    row = call.row
    outcome = row["outcome"]
    if outcome == Outcome.COMPLETED:
        if (status := row.get("status", 0)) >= CLIENT_ERROR:
            return _of_status(status)
        return Fault.UPSTREAM if row.get("answer_error") else None
    if outcome == Outcome.REFUSED:
        return _said(call) or _of_status(row.get("status", SERVER_ERROR))
    return _BY_OUTCOME.get(outcome, Fault.DRIFTGATE)


def _of_status(status: int) -> Fault:
    busy = status >= SERVER_ERROR or status in PASSING_STATUSES
    return Fault.UPSTREAM if busy else Fault.CLIENT


def _said(call: PreparedCall) -> Fault | None:
    kept = call.bodies.get("response_body")
    found = _SAID.search(kept.split.body) if kept is not None else None
    return Fault(found[1].decode()) if found is not None else None
