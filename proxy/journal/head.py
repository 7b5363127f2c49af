"""What the journal's heads and ends say, as text: requests, responses, terminal records. Pure.

A request head is one tab-separated line of facts of ours, then the header lines as HTTP writes
them, an empty line, then the body's first bytes. Header values are bytes (latin-1).
"""

import struct
from collections.abc import Iterable

from driftgate.proxy.record import Outcome, Recorded, Replayed

Pairs = Iterable[tuple[bytes, bytes]]
_REPLAYED = struct.Struct("<16s16sI")  # run, original, repetition; the arm's name follows
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


def _lines(pairs: Pairs) -> bytes:
    return b"".join([b"%b: %b\r\n" % pair for pair in pairs])


def _pairs(lines: bytes) -> list[tuple[str, str]]:
    found = lines.decode("latin-1").split("\r\n")
    return [(name, value) for name, _, value in [line.partition(": ") for line in found if line]]


def request(
    method: str, target: str, *, client: str, upstream: str, url: str, pairs: Pairs
) -> bytes:
    """The data of a REQUEST frame, up to where the body begins.

    None of the texts may hold a tab or a line break; HTTP's own grammar sees to that.
    """
    facts = f"{method}\t{client}\t{upstream}\t{url}\t{target}\r\n"
    return facts.encode("utf-8", "surrogateescape") + _lines(pairs) + b"\r\n"


def read_request(data: bytes, call: Recorded) -> None:
    """Fills `call` from a REQUEST frame."""
    facts, _, rest = data.partition(b"\r\n")
    if rest.startswith(b"\r\n"):  # no header at all
        lines, body = b"", rest[2:]
    else:
        lines, _, body = rest.partition(b"\r\n\r\n")
    parts = facts.decode("utf-8", "surrogateescape").split("\t", 4)
    parts += [""] * (5 - len(parts))
    call.method, call.client, call.upstream, call.upstream_url, call.target = parts
    call.request_headers = _pairs(lines)
    call.request_body = body


def response(status: int, reason: bytes, pairs: Pairs) -> bytes:
    """The data of a RESPONSE frame."""
    return b"%d %b\r\n" % (status, reason) + _lines(pairs)


def read_response(data: bytes, call: Recorded) -> None:
    """Fills `call` from a RESPONSE frame; a later one (after 1xx) replaces an earlier."""
    line, _, lines = data.partition(b"\r\n")
    status, _, reason = line.partition(b" ")
    call.status = int(status) if status.isdigit() else None
    call.reason = reason.decode("latin-1")
    call.response_headers = _pairs(lines)


def trailers(pairs: Pairs) -> bytes:
    """The data of a TRAILERS frame."""
    return _lines(pairs)


def read_trailers(data: bytes, call: Recorded) -> None:
    """Fills `call` from a TRAILERS frame."""
    call.trailers = _pairs(data)


def end(
    outcome: Outcome,
    *,
    error: str | None = None,
    times: tuple[int | None, int | None, int | None, int | None] = (None, None, None, None),
    connect_ns: int | None = None,
    sizes: tuple[int, int] = (0, 0),
) -> bytes:
    """The data of an END frame.

    Args:
        outcome: how the call ended.
        error: one line, if it failed.
        times: forwarded, head, first byte, own overhead; ns since the call's start (the last a
            duration).
        connect_ns: spent on opening connections; 0: kept ones were used; None: there was none.
        sizes: request and response body bytes that passed, recorded or not.
    """
    numbers = _numbers((*times, *sizes, connect_ns))
    facts = f"{outcome.value}\t{numbers}\t{error or ''}"
    return facts.encode("utf-8", "surrogateescape")


def replayed(mark: Replayed) -> bytes:
    """The data of a REPLAYED frame."""
    return _REPLAYED.pack(mark.run_id, mark.of, mark.repetition) + mark.arm.encode()


def read_replayed(data: bytes, call: Recorded) -> None:
    """Fills `call` from a REPLAYED frame; one that is too short marks it all the same."""
    run_id, of, repetition = _REPLAYED.unpack(data[: _REPLAYED.size].ljust(_REPLAYED.size, b"\0"))
    arm = data[_REPLAYED.size :].decode("utf-8", "replace")
    call.replayed = Replayed(run_id, arm, of, repetition)


def _numbers(values: Iterable[int | None]) -> str:
    return "\t".join("" if value is None else str(value) for value in values)


def read_end(data: bytes, call: Recorded) -> None:
    """Fills `call` from an END frame, also from one without `connect_ns`, as they were before it."""
    parts = data.decode("utf-8", "surrogateescape").split("\t", 7)
    parts += [""] * (8 - len(parts))
    connected, tab, error = parts[7].partition("\t")
    if tab and (not connected or connected.isdigit()):
        call.connect_ns, parts[7] = int(connected) if connected else None, error
    call.outcome = _OUTCOMES.get(parts[0], Outcome.FAILED)
    numbers = [int(part) if part.lstrip("-").isdigit() else None for part in parts[1:7]]
    call.forwarded_ns, call.head_ns, call.first_byte_ns, call.overhead_ns = numbers[:4]
    call.request_size = numbers[4] or 0
    call.response_size = numbers[5] or 0
    call.error = parts[7] or None
