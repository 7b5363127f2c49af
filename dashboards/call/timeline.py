"""When what happened in a call: bars on one axis, drawn in SVG by the template.

The client's view, each attempt, and what the backend says of itself. Times are milliseconds.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.proxy.dialects.lenient import mapping, number

ATTEMPTS = 20  # that are drawn
_TICKS = 4
_STEPS = (1, 2, 2.5, 5, 10)
_FINEST_MS = 0.1  # of the axis: times are told with one digit behind the point
_LEAST = 0.3  # percent of the axis: what is shorter would not be seen
# the words of llama.cpp (milliseconds) and of Ollama (nanoseconds): (key, what it was, to ms)
_TOLD = (
    (("load_duration", 1e-6),),
    (("prompt_ms", 1.0), ("prompt_eval_duration", 1e-6)),
    (("predicted_ms", 1.0), ("eval_duration", 1e-6)),
)
_DID = (("load", "loading the model"), ("prompt", "reading the prompt"), ("write", "writing"))


@dataclass(frozen=True, slots=True)
class Bar:
    """A time span. kind: its class. start, width: of the axis, as SVG takes percentages."""

    kind: str
    what: str
    start_ms: float
    ms: float
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One line. note: what is not in its bars."""

    name: str
    bars: tuple[Bar, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All lines. ticks: (place, milliseconds). kinds: (class, what) of the bars, for the legend."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[str, float], ...]

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """What the legend names, each once."""
        return tuple(
            dict.fromkeys((bar.kind, bar.what) for lane in self.lanes for bar in lane.bars)
        )


Span = tuple[str, str, float, float]  # kind, what, from, to


def timeline(row: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> Timeline | None:
    """The lines of a call; None where no end of it is known."""
    lanes = [("what the client saw", list(_client(row)), "")]
    for attempt in attempts[:ATTEMPTS] if _is_told(attempts) else ():
        name = f"attempt {attempt['attempt']}, {attempt['reason']}: {attempt['upstream']}"
        lanes.append((name, list(_attempt(row, attempt)), _state(attempt)))
    backend = list(_backend(row))
    if backend:
        told = "durations as the backend tells them; where they lie is inferred"
        lanes.append(("inside the backend", backend, told))
    end = max((to for _, spans, _ in lanes for *_, to in spans), default=0.0)
    if not math.isfinite(end) or end <= 0:
        return None
    return Timeline(
        tuple(
            Lane(name, tuple(_bar(each, end) for each in spans), note)
            for name, spans, note in lanes
        ),
        tuple((_percent(at, end), at) for at in _ticks(end)),
    )


def _is_told(attempts: Sequence[Mapping[str, Any]]) -> bool:
    """Whether attempts say more than the client saw."""
    return len(attempts) > 1 or any(each["repairs"] for each in attempts)


def _client(row: Mapping[str, Any]) -> Iterator[Span]:
    total, byte, token = row["total_ms"], row["first_byte_ms"], row["first_token_ms"]
    if total is None:
        return
    first = total if byte is None else min(byte, total)
    yield from _until(row["connect_ms"] if row["attempts"] == 1 else None, 0.0, first)
    if byte is None:
        return
    spoke = first if token is None else min(max(token, first), total)
    if spoke > first:
        yield "think", "first byte to first token", first, spoke
    yield "stream", "the answer", spoke, total


def _attempt(row: Mapping[str, Any], attempt: Mapping[str, Any]) -> Iterator[Span]:
    if attempt["total_ms"] is None:
        return
    begin = max((attempt["started_at"] - row["started_at"]).total_seconds() * 1000, 0.0)
    end = begin + attempt["total_ms"]
    byte = attempt["first_byte_ms"]
    first = end if byte is None else min(begin + byte, end)
    yield from _until(attempt["connect_ms"], begin, first)
    if byte is not None:
        yield "stream", "the answer", first, end


def _until(connect_ms: float | None, begin: float, first: float) -> Iterator[Span]:
    """What came before the first byte. connect_ms: of a new connection, which is opened first."""
    stands = min(begin + (connect_ms or 0.0), first)
    if stands > begin:
        yield "connect", "connecting", begin, stands
    yield "wait", "waiting for the first byte", stands, first


def _state(attempt: Mapping[str, Any]) -> str:
    return "driftgate was killed while it ran" if attempt["total_ms"] is None else ""


def _backend(row: Mapping[str, Any]) -> Iterator[Span]:
    """Its durations, one after another, so that they end with the answer or its first token."""
    try:
        told = mapping(json.loads(row["backend_timings"] or "null"))
    except (ValueError, RecursionError):
        return
    spans = [_duration(told, keys) for keys in _TOLD]
    total, token = row["total_ms"], row["first_token_ms"]
    if total is None or not any(spans):
        return
    at = total - spans[2] if token is None else min(token, total)
    at = max(at - spans[0] - spans[1], 0.0)
    for (kind, what), took in zip(_DID, spans, strict=True):
        end = min(at + took, total)
        if end > at:
            yield kind, what, at, end
        at = end


def _duration(told: Mapping[str, Any], keys: Sequence[tuple[str, float]]) -> float:
    values = (
        value * factor for key, factor in keys if (value := number(told.get(key))) is not None
    )
    return max(next(values, 0.0), 0.0)


def _bar(span: Span, end: float) -> Bar:
    kind, what, begin, to = span
    width = f"{max((to - begin) / end * 100, _LEAST):.3f}%"
    return Bar(kind, what, begin, to - begin, _percent(begin, end), width)


def _percent(at: float, end: float) -> str:
    return f"{min(at / end * 100, 100 - _LEAST):.3f}%"


def _ticks(end: float) -> list[float]:
    """Round times on the axis, from 0, which are told from one another as pages write them."""
    rough = max(end / _TICKS, _FINEST_MS)
    power = 10.0 ** math.floor(math.log10(rough))
    told = (each for each in _STEPS if power >= 1 or each % 1 == 0)
    step = next(each * power for each in told if each * power >= rough)
    return [step * number for number in range(int(end / step) + 1)]
