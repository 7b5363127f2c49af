"""What the client is told when a call cannot be forwarded or answered. Pure.

Two statuses each. `status` is what RFC 9110 means. `codex_status` is chosen by what the Codex CLI
makes of it: 400 is final and its body is shown as it is; 408 is sent again at most five times with
back-off; 429 with Retry-After is sent again behind that time, at most five times; a 5xx would be
sent 30 times. So what a wait of seconds may mend is 408 (429 where the seconds are known), and what
stays wrong until somebody acts, or was tried again here already, is 400.
"""

import math
import socket
import ssl
from collections.abc import Sequence

from driftgate.contracts.verdict import Violation, kinds, listed
from driftgate.proxy.errors import CallError, ClientError, GateError, UpstreamError
from driftgate.proxy.record import Outcome

FINAL, PASSING, WAIT = 400, 408, 429
UPGRADE_REFUSED = "upgrade_refused"


def refused(name: str, url: str, error: OSError) -> UpstreamError:
    """No connection to the upstream."""
    if isinstance(error, ssl.SSLError):
        reason = f"TLS failed ({getattr(error, 'reason', None) or error})"
    elif isinstance(error, socket.gaierror):
        reason = "its host name is unknown"
    else:
        reason = (error.strerror or str(error) or "connection refused").lower()
    return UpstreamError(
        f"driftgate cannot reach upstream '{name}' at {url}: {reason}; is the model server running?",
        code="upstream_refused",
        status=502,
        codex_status=FINAL,
        outcome=Outcome.UPSTREAM_REFUSED,
    )


def connect_timeout(name: str, url: str, seconds: float) -> UpstreamError:
    """The connection did not stand in time."""
    return timed_out(name, url, f"no connection within {seconds:g} s", "connect_timeout_s")


def first_byte_timeout(name: str, url: str, seconds: float) -> UpstreamError:
    """The answer did not begin in time."""
    return timed_out(name, url, f"no answer within {seconds:g} s", "first_byte_timeout_s")


def idle_timeout(name: str, url: str, seconds: float) -> UpstreamError:
    """The answer stood still."""
    return timed_out(name, url, f"nothing came for {seconds:g} s", "idle_timeout_s")


def timed_out(name: str, url: str, what: str, setting: str) -> UpstreamError:
    """Something took longer than a setting allows."""
    return UpstreamError(
        f"driftgate gave up on upstream '{name}' at {url}: {what} (setting {setting})",
        code="upstream_timeout",
        status=504,
        codex_status=PASSING,
        outcome=Outcome.UPSTREAM_TIMEOUT,
    )


def reset(name: str, url: str, *, begun: bool) -> UpstreamError:
    """The connection broke before the answer's end."""
    when = "in the middle of its answer" if begun else "before it answered"
    told = f"upstream '{name}' at {url} closed the connection {when}"
    if url.startswith("codex://"):  # an agent: a process of driftgate's own has ended
        told = f"agent '{name}' ended {when} and is started again; ask again"
    return _broken(f"driftgate: {told}", "upstream_reset", PASSING, Outcome.UPSTREAM_RESET)


def invalid(name: str, url: str, what: str) -> UpstreamError:
    """The answer is not HTTP/1.1."""
    message = f"driftgate cannot read the answer of upstream '{name}' at {url}: {what}"
    return _broken(message, "upstream_invalid", FINAL, Outcome.UPSTREAM_INVALID)


def _broken(message: str, code: str, codex_status: int, outcome: Outcome) -> UpstreamError:
    return UpstreamError(message, code=code, status=502, codex_status=codex_status, outcome=outcome)


def upgrade_refused(name: str, url: str, status: int) -> UpstreamError:
    """The upstream does not speak websocket; 426 makes clients fall back to plain requests."""
    return UpstreamError(
        f"driftgate: upstream '{name}' at {url} refused the websocket (status {status}); "
        "use plain requests",
        code=UPGRADE_REFUSED,
        status=426,
        codex_status=426,
        outcome=Outcome.COMPLETED,
    )


def websocket_managed() -> ClientError:
    """A managed call cannot be held back on a websocket; see upgrade_refused for the status."""
    return ClientError(
        "driftgate manages calls on this path and takes no websocket for them; use plain requests",
        code=UPGRADE_REFUSED,
        status=426,
        codex_status=426,
        outcome=Outcome.REFUSED,
    )


def unreadable() -> ClientError:
    """A contract may have to be enforced on it, and nobody can tell."""
    return ClientError(
        "driftgate enforces contracts on this path and cannot read this request's body: send it "
        "without a content coding, or with gzip, deflate or zstd",
        code="unreadable",
        status=415,
        codex_status=FINAL,
        outcome=Outcome.REFUSED,
    )


def client_invalid(what: str) -> ClientError:
    """What the client sent cannot be forwarded."""
    return ClientError(
        f"driftgate cannot forward this request: {what}",
        code="client_invalid",
        status=400,
        codex_status=FINAL,
        outcome=Outcome.CLIENT_INVALID,
    )


def no_upstream(name: str, known: list[str]) -> ClientError:
    """The path names an upstream that does not exist."""
    return ClientError(
        f"driftgate knows no upstream '{name}'; known are: {', '.join(known)}",
        code="no_upstream",
        status=404,
        codex_status=FINAL,
        outcome=Outcome.REFUSED,
    )


def body_too_large(limit: int) -> ClientError:
    """A managed call's body must be held whole."""
    return ClientError(
        f"driftgate manages this call and reads its body whole, which is longer than {limit} bytes "
        "(setting record.body_limit_mb)",
        code="body_too_large",
        status=413,
        codex_status=FINAL,
        outcome=Outcome.REFUSED,
    )


def input_refused(contract: str, violations: Sequence[Violation]) -> ClientError:
    """The request breaks the contract; it was not sent."""
    refuses = f"driftgate refuses this request by contract '{contract}'"
    return ClientError(
        f"{refuses}: {listed(violations)}",
        code="input_contract",
        status=422,
        codex_status=FINAL,
        outcome=Outcome.REFUSED,
        details=[each.as_json() for each in violations],
        recorded=f"{refuses}: {kinds(violations)}",
    )


def contract_failed(
    name: str, contract: str, violations: Sequence[Violation], attempts: int
) -> UpstreamError:
    """It answered, and breaks the contract. Final for Codex: it was asked again as often as is allowed."""
    tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    broke = f"driftgate: upstream '{name}' broke contract '{contract}' ({tries})"
    return UpstreamError(
        f"{broke}: {listed(violations)}",
        code="contract_failed",
        status=502,
        codex_status=FINAL,
        outcome=Outcome.REFUSED,
        details=[each.as_json() for each in violations],
        recorded=f"{broke}: {kinds(violations)}",
    )


def gave_up(error: CallError, attempts: int) -> UpstreamError:
    """The last of several attempts failed as `error` says.

    Final for Codex, whose own retries would multiply those that were made here.
    """
    tried = "" if attempts == 1 else f" ({attempts} attempts)"
    return UpstreamError(
        error.message + tried,
        code=error.code,
        status=error.status,
        codex_status=FINAL,
        outcome=error.outcome,
        retry_after_s=error.retry_after_s,
        recorded=None if error.recorded is None else error.recorded + tried,
    )


def busy(name: str, url: str, status: int, retry_after_s: float | None) -> UpstreamError:
    """The upstream answered with a status that says: later."""
    return UpstreamError(
        f"driftgate: upstream '{name}' at {url} answered with status {status}",
        code="upstream_busy",
        status=status,
        codex_status=FINAL,
        outcome=Outcome.REFUSED,
        retry_after_s=None if retry_after_s is None else math.ceil(retry_after_s),
    )


def no_answer(name: str, url: str, said: str | None) -> UpstreamError:
    """Status 200, and an error in the body."""
    answered = f"driftgate: upstream '{name}' at {url} answered with status 200 and an error"
    return UpstreamError(
        answered + (f": {said[:200]}" if said else ""),
        code="upstream_error",
        status=502,
        codex_status=FINAL,
        outcome=Outcome.REFUSED,
        recorded=answered,
    )


def breaker_open(name: str, url: str, opens_in_s: float) -> UpstreamError:
    """The upstream failed several times in a row and is left alone for a while.

    For Codex 429 with Retry-After: it waits just so long, where 408 would use up its five retries
    in about 6 s, before the breaker lets a call through. Nothing was sent, so nothing multiplies.
    """
    wait = max(1, math.ceil(opens_in_s))
    return UpstreamError(
        f"driftgate leaves upstream '{name}' at {url} alone because it failed several times in a "
        f"row; it is tried again in {wait} s",
        code="breaker_open",
        status=503,
        codex_status=WAIT,
        outcome=Outcome.REFUSED,
        retry_after_s=wait,
    )


def adapt_failed(what: str) -> ClientError:
    """The request cannot be said in the words that its upstream understands."""
    return ClientError(
        f"driftgate cannot translate this request for its upstream: {what}",
        code="adapt_failed",
        status=400,
        codex_status=FINAL,
        outcome=Outcome.CLIENT_INVALID,
    )


def stopping() -> GateError:
    """No new call is taken."""
    return GateError(
        "driftgate is stopping and takes no new calls",
        code="stopping",
        status=503,
        codex_status=PASSING,
        outcome=Outcome.REFUSED,
    )


def disk_full(why: str) -> GateError:
    """The call could not be recorded, so it is not forwarded."""
    return GateError(
        f"driftgate refuses calls because it cannot record them: {why}; free some space, or set "
        "journal.disk_full to pass",
        code="disk_full",
        status=503,
        codex_status=FINAL,
        outcome=Outcome.REFUSED,
    )


def own_fault(error: BaseException) -> GateError:
    """A bug of ours."""
    return GateError(
        f"driftgate failed on this call ({type(error).__name__}); its log says where",
        code="driftgate_failed",
        status=500,
        codex_status=FINAL,
        outcome=Outcome.FAILED,
    )


def status_for(error: CallError, *, codex: bool) -> int:
    """The status that this client is sent."""
    return error.codex_status if codex else error.status
