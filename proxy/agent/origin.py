"""Where a turn comes from: the outer call, and what its inner calls must carry back to the proxy."""

from dataclasses import dataclass
from typing import Any

# the gateway to the host: which call this is; what a client sends under these names is dropped
CALL_HEADER = "x-driftgate-call-id"
ATTEMPT_HEADER = "x-driftgate-attempt"
# Codex to the proxy: which call this one is part of
PARENT_HEADER = "x-driftgate-parent-call-id"
# a replay's sender to the host, and the host to the run's own proxy: run/arm/of/repetition
REPLAYED_HEADER = "x-driftgate-replayed"


@dataclass(frozen=True, slots=True)
class Origin:
    """The outer call of a turn.

    call_id: as text, a UUID. attempt: its number in the call, from 1.
    authorization: the client's, passed on to the model's server; None: none. Never written anywhere.
    replayed: the value of REPLAYED_HEADER; None: a live call.
    traceparent: names the attempt's span, under which the inner calls stand; None: nobody traces.
    """

    call_id: str
    attempt: int = 1
    authorization: str | None = None
    replayed: str | None = None
    traceparent: str | None = None

    def provider(self, base_url: str) -> dict[str, Any]:
        """Codex's model provider for this turn: through the proxy, each call marked as part of the outer one."""
        headers = {PARENT_HEADER: self.call_id}
        if self.replayed is not None:
            headers[REPLAYED_HEADER] = self.replayed
        if self.traceparent is not None:
            headers["traceparent"] = self.traceparent
        if self.authorization is not None:
            headers["authorization"] = self.authorization
        # driftgate retries, by policy; Codex's own retries would multiply that
        limits = {
            "request_max_retries": 0,
            "stream_max_retries": 0,
            "stream_idle_timeout_ms": 600_000,
        }
        return {"name": "driftgate", "base_url": base_url, "http_headers": headers, **limits}
