"""Every way to fail, as one table. Help, documents and tests are made from it.

One fault is written `NAME` or `fault=NAME; after=N; seconds=S; ...`; several, separated by commas, take
turns: the first that has not failed its `times` yet is used. Sent as the request header
`x-driftgate-sim`, as `--fault`, or by `PUT /sim/fault` (for every model call from then on).
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

HEADER = "x-driftgate-sim"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, set up.

    after: events (stall: tokens) that pass first; 0 is before the answer's head.
    seconds: how long.
    times: only so many requests fail; None is all.
    path: only requests whose path ends so; a server-wide fault without it means model calls.
    key: faults that differ in it count their `times` apart.
    """

    name: str
    after: int = 0
    seconds: float = 1.0
    status: int = 503
    retry_after: int | None = None
    count: int = 1
    times: int | None = None
    path: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fault does. takes: its parameters with their defaults."""

    name: str
    does: str
    takes: Mapping[str, float] = field(default_factory=dict)


FAULTS = {
    kind.name: kind
    for kind in (
        Kind(
            "status",
            "an error with this HTTP status, in the dialect's shape; retry-after adds the header",
            {"status": 503},
        ),
        Kind("parser_500", "500 with llama-server's words for a parser that does not match"),
        Kind("reset", "the connection is reset, before the head or after N events", {"after": 0}),
        Kind("close", "the connection ends after N events, the answer unfinished", {"after": 3}),
        Kind(
            "stall",
            "silence for S seconds, before the head or after N tokens",
            {"after": 0, "seconds": 30},
        ),
        Kind("slow_head", "the head comes byte by byte, over S seconds", {"seconds": 2}),
        Kind("huge_header", "a response header of N bytes", {"count": 65536}),
        Kind("not_http", "bytes that are no HTTP, then the end"),
        Kind("wrong_content_length", "Content-Length says N bytes more than come", {"count": 10}),
        Kind(
            "invalid_json", "the answer's JSON is cut in half; in a stream, event N", {"after": 2}
        ),
        Kind(
            "malformed_sse",
            "after N events, lines that are no SSE field and data that is no JSON",
            {"after": 2},
        ),
        Kind("no_terminal", "the stream ends in good order without its last events"),
        Kind("duplicate_terminal", "the stream's last events come twice"),
        Kind("usage_missing", "no usage is reported"),
        Kind("usage_wrong", "usage always says 1234 input and 56 output tokens"),
        Kind("leaked_channel", "the reasoning channel stands in the text, markers and all"),
        Kind("token_flood", "the text is one line, N times", {"count": 1000}),
        Kind("tool_as_text", "a tool call is written as text, in Gemma 4's notation"),
        Kind("tool_without_id", "tool calls have no id"),
        Kind("repeat_tool_call", "the same tool call N times, and again each turn", {"count": 3}),
        Kind("dropped_schema", "the JSON schema is ignored without a word"),
        Kind("silent_context_cut", "a prompt beyond the context loses its beginning, status 200"),
        Kind("empty", "an answer without text"),
        Kind("one_token", "an answer of one token"),
    )
}
_PARAMETERS = {f.name.replace("_", "-"): f.name for f in fields(Fault) if f.name != "name"}
_LIMITS = {"seconds": 3600.0, "count": 10_000_000, "status": 599}


class FaultError(ValueError):
    """What was asked for is no fault; the message names the nearest thing to do."""


def parse(text: str) -> tuple[Fault, ...]:
    """The faults that a text names, in order.

    Raises:
        FaultError: an unknown name or parameter, or a value that is no number.
    """
    return tuple(_one(part) for part in text.split(",") if part.strip())


def _one(text: str) -> Fault:
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    given = {key.strip().lower(): value.strip() for key, _, value in pairs}
    bare = [key for key, sign, _ in pairs if not sign]  # `stall` is short for `fault=stall`
    name = given.pop("fault", None) or (bare[0].strip().lower() if bare else "")
    if name in map(str.strip, bare):
        given.pop(name)
    if name not in FAULTS:
        near = difflib.get_close_matches(name, FAULTS, 1)
        meant = f"; did you mean {near[0]}?" if near else ";"
        raise FaultError(f"no fault named {name!r}{meant} `driftgate sim --faults` lists them")
    values: dict[str, Any] = {_PARAMETERS[k]: v for k, v in FAULTS[name].takes.items()}
    for key, value in given.items():
        if key not in _PARAMETERS:
            known = ", ".join(_PARAMETERS)
            raise FaultError(f"no parameter {key!r} of fault {name}; there are: {known}")
        values[_PARAMETERS[key]] = value if key in ("path", "key") else _number(key, value)
    return Fault(name, **values)


def _number(key: str, text: str) -> float:
    try:
        value = float(text) if key == "seconds" else int(text)
    except ValueError:
        raise FaultError(f"{key} must be a number, not {text!r}") from None
    least, most = (200, 599) if key == "status" else (0, _LIMITS.get(key, 1 << 31))
    if not least <= value <= most:
        raise FaultError(f"{key} must be between {least} and {most:g}, not {text}")
    return value


class Faults:
    """Which fault the next request gets, and how often each was given."""

    def __init__(self, text: str = "") -> None:
        self._given: dict[Fault, int] = {}
        self.text = ""
        self._standing: tuple[Fault, ...] = ()
        self.set(text)

    def set(self, text: str) -> None:
        """The faults of every model call from now on; an empty text ends them.

        Raises:
            FaultError: as `parse`.
        """
        self._standing = parse(text)
        self.text = text.strip()
        for fault in self._standing:
            self._given.pop(fault, None)

    def take(self, header: str | None, path: str, *, model_call: bool) -> Fault | None:
        """The fault of this request, counted as given.

        Raises:
            FaultError: as `parse`, for the header.
        """
        asked = parse(header) if header else ()
        for fault in (*asked, *self._standing):
            meant = path.endswith(fault.path) if fault.path else fault in asked or model_call
            if meant and (fault.times is None or self._given.get(fault, 0) < fault.times):
                self._count(fault)
                return fault
        return None

    def _count(self, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault not in self._given and len(self._given) >= _REMEMBERED:
            self._given.pop(next(iter(self._given)))
        self._given[fault] = self._given.get(fault, 0) + 1


def table() -> list[tuple[str, str, str]]:
    """Name, parameters with defaults, and what it does: for help and documents."""
    return [
        (k.name, ", ".join(f"{p}={v:g}" for p, v in k.takes.items()), k.does)
        for k in FAULTS.values()
    ]


def markdown() -> str:
    """The table as Markdown."""
    rows = [f"| `{name}` | {takes} | {does} |" for name, takes, does in table()]
    return "\n".join(["| fault | takes | what happens |", "|---|---|---|", *rows])


_REMEMBERED = 10_000
