"""A call's attempts, each as a row that is read like a call's own. Pure.

A call that passed through has one attempt, which is its own row; of a managed one each attempt has its
own status, answer and verdict, and the call's parameters where it did not ask with others.
"""

from dataclasses import dataclass

from driftgate.proxy.dialects.meaning import Item, Parameters
from driftgate.proxy.history.prepare import PreparedCall
from driftgate.proxy.history.table import Row
from driftgate.proxy.history.tries import PreparedTry
from driftgate.proxy.record import Outcome
from driftgate.proxy.telemetry.places import Place, Places

_SHARED = (*Parameters.__dataclass_fields__, "dialect", "session_id", "method")
_BODIES = ("request_decoded_body", "request_body")
# how a call may end before anything is sent to its upstream
_UNSENT = frozenset({
    Outcome.REFUSED,
    Outcome.CLIENT_INVALID,
    Outcome.CLIENT_GONE,
    Outcome.FAILED,
    Outcome.INTERRUPTED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """One attempt.

    row: by the columns of `calls`. Times are nanoseconds since the Unix epoch.
    first_byte_ns, first_token_ns: None: none came. items: what it asked. last: no other came behind it.
    """

    number: int
    place: Place
    row: Row
    start_ns: int
    end_ns: int
    first_byte_ns: int | None
    first_token_ns: int | None
    violations: tuple[Row, ...]
    items: tuple[Item, ...]
    last: bool


def attempts_of(call: PreparedCall, row: Row, places: Places) -> list[Made]:
    """The attempts of a call; none where nothing was asked of an upstream. row: as it was kept."""
    if call.tries:
        last = call.tries[-1]
        return [_tried(call, row, each, places, last=each is last) for each in call.tries]
    unsent = row.get("outcome") in _UNSENT and row.get("chunk_us") is None
    if call.forwarded_ns is None and (unsent or row.get("attempts") == 0):
        return []
    return [
        Made(
            1,
            places.of(row["upstream"]),
            row,
            call.started_ns + (call.forwarded_ns or 0),
            end_of(call, row),
            _after(call.started_ns, row.get("first_byte_ms")),
            _after(call.started_ns, row.get("first_token_ms")),
            tuple(call.violations),
            _items(call),
            True,
        )
    ]


def end_of(call: PreparedCall, row: Row) -> int:
    """When a call ended; of one that was cut off: the last that is known of it."""
    last: float | None = row.get("total_ms")
    if last is None:
        chunks = row.get("chunk_us")
        last = chunks[-1] / 1e3 if chunks else row.get("first_byte_ms")
    return call.started_ns + round((last or 0.0) * 1e6)


def _tried(call: PreparedCall, row: Row, tried: PreparedTry, places: Places, *, last: bool) -> Made:
    own = tried.row
    meant = {name: value for name, value in tried.meaning.items() if value is not None}
    start_ns = own["started_at"] * 1000
    return Made(
        own["attempt"],
        places.of(own["upstream"]),
        {**{name: row.get(name) for name in _SHARED}, **meant, **own},
        start_ns,
        start_ns + round(own.get("total_ms", 0.0) * 1e6),
        _after(start_ns, own.get("first_byte_ms")),
        _after(call.started_ns, meant.get("first_token_ms")),
        tuple(each for each in call.violations if each["attempt"] == own["attempt"]),
        tuple(tried.bodies["request_body"].items)
        if "request_body" in tried.bodies
        else _items(call),
        last,
    )


def _after(start_ns: int, offset_ms: float | None) -> int | None:
    return None if offset_ms is None else start_ns + round(offset_ms * 1e6)


def _items(call: PreparedCall) -> tuple[Item, ...]:
    found = (call.bodies[name].items for name in _BODIES if name in call.bodies)
    return tuple(next((items for items in found if items), ()))
