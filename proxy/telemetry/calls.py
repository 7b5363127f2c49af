"""A call's spans: what the proxy did (SERVER), and below it each attempt at an upstream (CLIENT). Pure.

Source of names: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ and
`driftgate.proxy.telemetry.gen_ai`; what is driftgate's own begins with `driftgate.`.
"""

from collections.abc import Sequence

from driftgate.proxy.call import text_id
from driftgate.proxy.history.prepare import PreparedCall
from driftgate.proxy.history.table import Row
from driftgate.proxy.telemetry.attempts import Made, end_of
from driftgate.proxy.telemetry.context import Context, span_id
from driftgate.proxy.telemetry.evaluated import evaluations
from driftgate.proxy.telemetry.failing import error_type, own_words
from driftgate.proxy.telemetry.gen_ai import answered, asked, name_of, operation_of
from driftgate.proxy.telemetry.messages import content as content_of
from driftgate.proxy.telemetry.span import Attributes, Kind, Span, Value, filled

METHODS = frozenset(
    {
        *("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"),
    }
)
# ids of the history, which its own pages and `driftgate show` take
_IDS = {
    "driftgate.retry_of": "retry_of",
    "driftgate.parent_call.id": "parent_call_id",
    "driftgate.fingerprint.id": "fingerprint_id",
}
_OWN = {
    "driftgate.upstream": "upstream",
    "driftgate.outcome": "outcome",
    "driftgate.attempts": "attempts",
    "driftgate.contract": "contract",
    "driftgate.verdict": "verdict",
    "driftgate.violations": "violations",
    "driftgate.fallback": "fallback",
    "driftgate.session": "session_id",
    "driftgate.turn": "turn_id",
    "driftgate.overhead_ms": "overhead_ms",
    "driftgate.worker": "worker",
}
_TRIED = {
    "driftgate.upstream": "upstream",
    "driftgate.outcome": "outcome",
    "driftgate.contract": "contract",
    "driftgate.verdict": "verdict",
    "driftgate.attempt.reason": "reason",
}


def spans_of(
    call: PreparedCall, row: Row, made: Sequence[Made], context: Context, *, content: bool
) -> list[Span]:
    """The spans of a call, the proxy's own first.

    Args:
        call: as it was prepared.
        row: as it was kept.
        made: its attempts.
        context: where it stands.
        content: whether prompts, answers and what quotes them may be told.
    """
    own = _server(call, row, context, content=content, unasked=not made)
    return [own, *(_client(call, each, context, content=content) for each in made)]


def method_of(row: Row) -> str:
    """`http.request.method`: of strangers' methods none is a name."""
    method = str(row.get("method") or "")
    return method if method in METHODS else "_OTHER"


def route_of(row: Row) -> str | None:
    """`http.route`: the path, where it is one that driftgate knows."""
    return str(row["path"]) if row.get("dialect") and row.get("path") else None


def _server(
    call: PreparedCall, row: Row, context: Context, *, content: bool, unasked: bool
) -> Span:
    call_id, end_ns = bytes.fromhex(row["call_id"]), end_of(call, row)
    error = error_type(row, server=True)
    method, route = method_of(row), route_of(row)
    name = _verb(method)
    events = evaluations(row, call.violations, end_ns, content=content) if unasked else ()
    return Span(
        name=f"{name} {route[:200]}" if route else name,
        kind=Kind.SERVER,
        trace_id=context.trace_id,
        span_id=span_id(call_id),
        parent_id=context.parent_id,
        start_ns=call.started_ns,
        end_ns=end_ns,
        attributes=filled(
            {
                **_http(row, method, route),
                **_driftgate(row, call_id),
                "error.type": error,
            }
        ),
        events=events,
        remote=True,
        error=None if error is None else own_words(row, content=content),
    )


def _http(row: Row, method: str, route: str | None) -> dict[str, Value | None]:
    client, _, port = str(row.get("client") or "").rpartition(":")
    return {
        **_method(row, method),
        "http.route": route,
        "http.response.status_code": row.get("status"),
        "http.request.body.size": row.get("request_bytes"),
        "http.response.body.size": row.get("response_bytes"),
        "url.path": row.get("path"),
        "url.scheme": "http",
        "client.address": client.strip("[]") or None,
        "client.port": int(port) if client and port.isdecimal() else None,
        "user_agent.original": row.get("user_agent"),
    }


def _method(row: Row, method: str) -> dict[str, Value | None]:
    return {
        "http.request.method": method,
        "http.request.method_original": row.get("method") if method == "_OTHER" else None,
    }


def _verb(method: str) -> str:
    """The method in the name of a span."""
    return "HTTP" if method == "_OTHER" else method


def _driftgate(row: Row, call_id: bytes) -> dict[str, Value | None]:
    ids = {name: _id(row.get(column)) for name, column in _IDS.items()}
    return {
        "driftgate.call.id": text_id(call_id),
        **ids,
        **{name: row.get(column) for name, column in _OWN.items()},
        "gen_ai.conversation.id": row.get("session_id"),
    }


def _id(digits: str | None) -> str | None:
    return text_id(bytes.fromhex(digits)) if digits else None


def _client(call: PreparedCall, made: Made, context: Context, *, content: bool) -> Span:
    row, call_id = made.row, call.row["call_id"]
    operation, error = operation_of(row, made.place), error_type(row)
    asks: Attributes = asked(row, made.place, operation) if operation else {}
    first_ns = made.first_byte_ns
    first_s = None if first_ns is None else max(0, first_ns - made.start_ns) / 1e9
    answers: Attributes = answered(row, first_s) if operation else {}
    told = content_of(made.items, row, call.tool_calls if made.last else ()) if content else {}
    method = method_of(row)
    return Span(
        name=name_of(row, made.place, operation)[:300] if operation else _verb(method),
        kind=Kind.CLIENT,
        trace_id=context.trace_id,
        span_id=span_id(bytes.fromhex(call_id), made.number),
        parent_id=span_id(bytes.fromhex(call_id)),
        start_ns=made.start_ns,
        end_ns=max(made.start_ns, made.end_ns),
        attributes={
            **asks,
            **answers,
            **made.place.server,
            **filled(
                {
                    **({} if operation else _method(row, method)),
                    "http.response.status_code": row.get("status"),
                    "driftgate.call.id": text_id(bytes.fromhex(call_id)),
                    "driftgate.attempt": made.number,
                    **{name: row.get(column) for name, column in _TRIED.items()},
                    "error.type": error,
                }
            ),
            **told,
        },
        events=evaluations(row, made.violations, made.end_ns, content=content),
        error=None if error is None else own_words(row, content=content),
    )
