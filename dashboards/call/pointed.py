"""Violations with the place in the answer that each one is about, where it can be found."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import regex

from driftgate.contracts.output import Found, find_json
from driftgate.dashboards.call.printed import Path, Place, Printed, path_of, printed
from driftgate.proxy.dialects.meaning import ToolCall

SHOWN = 50  # violations of an attempt that are shown
AROUND = 3  # lines around a mark
WIDTH = 400  # characters of a line
BEFORE = 80  # characters that are kept before a mark in a longer line
_SECONDS = 0.1  # for a search of a contract's pattern
_FORBIDDEN = "the text must not match "
_TAIL = re.compile(r"\((\d+) characters\)$")
_NAMED = re.compile(r"^'(.*)' is not allowed", re.DOTALL)
_ELSEWHERE = {
    "parameters": "parameters",
    "input": "conversation",
    "events": "raw",
    "body": "raw",
    "usage": "timeline",
    "tools": "parameters",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an excerpt. number: from 1. marked: what the violation is about."""

    number: int
    before: str
    marked: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Pointed:
    """A violation. of: which text the lines are of; empty: its place is not in the answer.

    anchor: the section of the page that shows what it is about; empty: the answer.
    """

    row: Mapping[str, Any]
    of: str = ""
    lines: tuple[Line, ...] = ()
    anchor: str = ""

    @property
    def at(self) -> int | None:
        """The line of the mark."""
        return next((line.number for line in self.lines if line.marked), None)


@dataclass(slots=True)
class Answered:
    """An attempt's answer, in which places are looked for. stop: the sequences that end it."""

    text: str
    calls: Sequence[ToolCall] = ()
    stop: Sequence[str] = ()
    _found: list[tuple[Found, Printed] | None] = field(default_factory=list)

    def json(self) -> tuple[Found, Printed] | None:
        """The JSON in its text, as contracts find it, and printed."""
        if not self._found:
            found = find_json(self.text, "any")
            self._found.append(None if found is None else (found, printed(found.value)))
        return self._found[0]


def point(row: Mapping[str, Any], answered: Answered) -> Pointed:
    """A violation, given as its row, with its place."""
    first, _, rest = (row["path"] or "").partition("/")
    if first == "text":
        return _in_text(row, rest, answered)
    if first == "tool_calls":
        return _in_call(row, rest, answered.calls)
    if first == "parameters" and rest == "stop":
        found = next((span for each in answered.stop if (span := _span(answered.text, each))), None)
        return Pointed(row, *_excerpt_of(answered.text, found), anchor="parameters")
    return Pointed(row, anchor=_ELSEWHERE.get(first, ""))


def _in_text(row: Mapping[str, Any], pointer: str, answered: Answered) -> Pointed:
    known = answered.json()
    place = None if known is None else _place(known[1], path_of(pointer), row)
    if known is not None and place is not None:
        return Pointed(row, "the JSON in the answer", _lines(known[1].lines, place))
    return Pointed(row, *_excerpt_of(answered.text, _in_prose(row, answered)))


def _place(made: Printed, path: Path, row: Mapping[str, Any]) -> Place | None:
    """Where a path stands; of a name that is not allowed, the name itself."""
    named = _NAMED.match(row["reason"] or "")
    if named and (*path, named[1]) in made.keys:
        return made.keys[*path, named[1]]
    if path:
        return made.values.get(path)
    return made.values.get(()) if row["keyword"] in _OF_OBJECTS else None


# keywords of JSON Schema that may speak of the whole value
_OF_OBJECTS = frozenset(
    {
        *("required", "additionalProperties", "unevaluatedProperties", "minProperties", "type"),
        *("maxProperties", "propertyNames", "dependentRequired", "minItems", "maxItems", "enum"),
        *("uniqueItems", "contains", "anyOf", "oneOf", "allOf", "not", "const", "if"),
    }
)


def _in_prose(row: Mapping[str, Any], answered: Answered) -> tuple[int, int] | None:
    """From where to where in the text itself."""
    text, reason = answered.text, row["reason"] or ""
    if row["keyword"] == "not_json":
        return _around_json(answered)
    if reason.startswith(_FORBIDDEN):
        return _matched(reason.removeprefix(_FORBIDDEN), text)
    tail = _TAIL.search(reason)
    if tail and int(tail[1][:9]) <= len(text):
        return len(text) - int(tail[1][:9]), len(text)
    return None


def _around_json(answered: Answered) -> tuple[int, int] | None:
    """What stands beside the JSON: before it, else behind it; all of the text where there is none."""
    known, text = answered.json(), answered.text
    if known is None:
        return (0, len(text)) if text else None
    found = known[0]
    if text[: found.start].strip():
        return 0, len(text[: found.start].rstrip())
    return (found.end, len(text)) if text[found.end :].strip() else None


def _matched(pattern: str, text: str) -> tuple[int, int] | None:
    try:
        found = regex.compile(pattern).search(text[:1_000_000], timeout=_SECONDS)
    except (regex.error, ValueError, OverflowError, RecursionError, MemoryError, TimeoutError):
        return None
    return None if found is None else found.span()


def _span(text: str, wanted: str) -> tuple[int, int] | None:
    at = text.find(wanted) if wanted else -1
    return None if at < 0 else (at, at + len(wanted))


def _excerpt_of(text: str, span: tuple[int, int] | None) -> tuple[str, tuple[Line, ...]]:
    """The lines of a text around the beginning of a span, and what they are of."""
    if span is None:
        return "", ()
    start, end = span
    line = text.count("\n", 0, start)
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    stop = len(text) if stop < 0 else stop
    place = (line, start - begin, min(end, stop) - begin)
    return "the answer's text", _lines(text.split("\n"), place)


def _in_call(row: Mapping[str, Any], rest: str, calls: Sequence[ToolCall]) -> Pointed:
    number, _, below = rest.partition("/")
    if not number.isdecimal() or int(number[:6]) >= len(calls):
        return Pointed(row)
    call = calls[int(number[:6])]
    part, _, pointer = below.partition("/")
    name = f"tool call {int(number[:6]) + 1}"
    if part in {"name", "id"}:
        told = call.name if part == "name" else call.call_id or ""
        return Pointed(row, f"the {part} of {name}", (Line(1, "", told[:WIDTH]),))
    found = find_json(call.arguments, "whole")
    if found is None:
        of, lines = _excerpt_of(call.arguments, (0, len(call.arguments)))
        return Pointed(row, of and f"the arguments of {name}", lines)
    made = printed(found.value)
    place = _place(made, path_of(pointer), row) or made.values.get(())
    return (
        Pointed(row, f"the arguments of {name}", _lines(made.lines, place))
        if place
        else Pointed(row)
    )


def _lines(lines: Sequence[str], place: Place) -> tuple[Line, ...]:
    at, start, end = place
    first, last = max(at - AROUND, 0), min(at + AROUND + 1, len(lines))
    around = {number: Line(number + 1, _short(lines[number])) for number in range(first, last)}
    told = lines[at]
    before, marked, after = told[:start], told[start:end], told[end:]
    before = before if len(before) <= BEFORE else f"…{before[-BEFORE:]}"
    around[at] = Line(at + 1, before, _short(marked) or "↵", _short(after))
    return tuple(around.values())


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}…"
