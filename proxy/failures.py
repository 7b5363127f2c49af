"""What the client is told when a call cannot be forwarded or answered. Pure.

Two statuses each. `status` is what RFC 9110 means. `codex_status` is chosen by what the Codex CLI
makes of it: 400 is final and its body is shown as it is; 408 is sent again at most five times with
back-off; a 5xx would be sent 30 times. So what a wait of seconds may mend is 408, and what stays
wrong until somebody acts is 400.
"""

import socket
import ssl

from driftgate.proxy.errors import CallError, ClientError, GateError, UpstreamError
from driftgate.proxy.record import Outcome

FINAL, PASSING = 400, 408
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
    return _timeout(name, url, f"no connection within {seconds:g} s", "connect_timeout_s")


def first_byte_timeout(name: str, url: str, seconds: float) -> UpstreamError:
    """The answer did not begin in time."""
    return _timeout(name, url, f"no answer within {seconds:g} s", "first_byte_timeout_s")


def idle_timeout(name: str, url: str, seconds: float) -> UpstreamError:
    """The answer stood still."""
    return _timeout(name, url, f"nothing came for {seconds:g} s", "idle_timeout_s")


def _timeout(name: str, url: str, what: str, setting: str) -> UpstreamError:
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
    return UpstreamError(
        f"driftgate: upstream '{name}' at {url} closed the connection {when}",
        code="upstream_reset",
        status=502,
        codex_status=PASSING,
        outcome=Outcome.UPSTREAM_RESET,
    )


def invalid(name: str, url: str, what: str) -> UpstreamError:
    """The answer is not HTTP/1.1."""
    return UpstreamError(
        f"driftgate cannot read the answer of upstream '{name}' at {url}: {what}",
        code="upstream_invalid",
        status=502,
        codex_status=FINAL,
        outcome=Outcome.UPSTREAM_INVALID,
    )


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
