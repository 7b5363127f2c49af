"""How a call or an attempt failed, in OpenTelemetry's words. Pure."""

from driftgate.proxy.history.table import Row
from driftgate.proxy.record import Outcome

_ERROR, _SERVER_ERROR = 400, 500
# why there is no answer, in words that quote nothing of a request or an answer
_QUOTES_NOTHING = frozenset({
    Outcome.UPSTREAM_REFUSED,
    Outcome.UPSTREAM_RESET,
    Outcome.UPSTREAM_TIMEOUT,
    Outcome.INTERRUPTED,
})  # fmt: skip
_OF_THE_CLIENT = frozenset({Outcome.REFUSED, Outcome.CLIENT_INVALID})  # unless the status is 5xx
_NO_FAILURE = frozenset({Outcome.COMPLETED, Outcome.CLIENT_GONE})
BROKEN_ANSWER = "answer_error"  # an error event in a stream whose status was good


def error_type(row: Row, *, server: bool = False) -> str | None:
    """`error.type`: the status, or the outcome; None: it did not fail.

    A client that leaves is no failure. server: what the proxy itself did, whose fault a status below
    500 is not.
    """
    outcome, status = row.get("outcome"), row.get("status")
    if server and outcome in _OF_THE_CLIENT and status is not None and status < _SERVER_ERROR:
        return None
    if outcome not in _NO_FAILURE:
        return str(outcome)
    if status is not None and status >= (_SERVER_ERROR if server else _ERROR):
        return str(status)
    return BROKEN_ANSWER if row.get("answer_error") and not server else None


def own_words(row: Row, *, content: bool) -> str:
    """The line on what failed; "" where there is none, or it may quote what may not be told."""
    error = row.get("error")
    if not error or not (content or row.get("outcome") in _QUOTES_NOTHING):
        return ""
    return str(error)
