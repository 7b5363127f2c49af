"""W3C Trace Context: which trace a call belongs to, and what its upstream is told. Pure.

Ids are derived from the call's own id, so that the worker, which tells the upstream, and the historian,
which makes the spans later, name the same span without a word between them. A call's id is a UUIDv7,
whose last seven bytes are random, as Trace Context asks of a trace id (level 2, section 3.2.2.3).

Source: https://www.w3.org/TR/trace-context-2/ (clauses are its).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from driftgate.proxy.upstream.wire import Pair

HEADER = "traceparent"
SAMPLED = 0x01
_KNOWN_FLAGS = 0x03  # sampled, random; the others mean nothing yet (section 3.2.2.5)
_PARENT, _STATE = HEADER.encode(), b"tracestate"
TRACE_FIELDS = frozenset({_PARENT, _STATE})
_VALUE = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_FIRST_BIT = 1 << 63  # set in every UUIDv7's second half: no span's id is zero
_ITEM_SHIFT = 20  # attempts of one call: far fewer


@dataclass(frozen=True, slots=True)
class Context:
    """Where a call stands in a trace.

    trace_id: 32 hex digits. parent_id: 16 hex digits, the client's span; None: the trace begins here.
    """

    trace_id: str
    parent_id: str | None = None
    flags: int = SAMPLED

    @property
    def sampled(self) -> bool:
        """Whether its spans are wanted."""
        return bool(self.flags & SAMPLED)


def parse(value: bytes) -> Context | None:
    """What a traceparent says; None: it is not valid, and must be ignored (section 3.2)."""
    found = _VALUE.fullmatch(value.strip(b" \t"))
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    if version == b"ff" or (version == b"00" and more is not None):
        return None
    if not trace_id.strip(b"0") or not parent_id.strip(b"0"):
        return None
    return Context(trace_id.decode(), parent_id.decode(), int(flags, 16) & _KNOWN_FLAGS)


def context_of(headers: str, call_id: str) -> Context:
    """The context of a recorded call.

    Args:
        headers: the request's, as the history keeps them: pairs as JSON.
        call_id: hex digits.
    """
    if HEADER in headers.lower():
        pairs = json.loads(headers)
        values = [value for name, value in pairs if name.lower() == HEADER]
        given = parse(values[0].encode("latin-1", "replace")) if len(values) == 1 else None
        if given is not None:
            return given
    return Context(call_id)


def span_id(call_id: bytes, number: int = 0) -> str:
    """16 hex digits. number: of the attempt, from 1; 0: the call itself."""
    return f"{(int.from_bytes(call_id[8:]) | _FIRST_BIT) ^ number:016x}"


def item_span_id(call_id: bytes, attempt: int, position: int) -> str:
    """Of an item of an agent's turn; position: from 0."""
    return span_id(call_id, attempt | position + 1 << _ITEM_SHIFT)


def traced(
    pairs: Sequence[Pair], fields: Mapping[bytes, bytes], call_id: bytes, attempt: int
) -> list[Pair]:
    """The header for the upstream: its traceparent names the attempt's span as the parent.

    A trace that the client does not want sampled goes on as it is: nobody will see a span of ours in it.
    A state without a valid parent is dropped (section 3.3.1).

    Args:
        pairs: the header as it would be sent.
        fields: the index of the client's own.
        call_id: 16 bytes.
        attempt: its number, from 1.
    """
    given = fields.get(_PARENT)
    context = parse(given) if given is not None else None
    if context is not None and not context.sampled:
        return list(pairs)
    dropped = (_PARENT,) if context is not None else (_PARENT, _STATE)
    if given is not None or _STATE in fields:
        pairs = [pair for pair in pairs if pair[0].lower() not in dropped]
    trace_id = context.trace_id if context is not None else call_id.hex()
    flags = context.flags if context is not None else SAMPLED
    value = f"00-{trace_id}-{span_id(call_id, attempt)}-{flags:02x}"
    return [*pairs, (_PARENT, value.encode())]
