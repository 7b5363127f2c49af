"""The JSON in an answer: where it is, whether it is expected, and by which schema.

Parsed as RFC 8259 has it: NaN and Infinity are no JSON. Of a name that occurs twice the last value
counts, as nearly every parser does it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Asked
from driftgate.contracts.schema import Schema, SchemaProblem, schema_of

MAX_STARTS = 1_000  # brackets tried as the beginning of a value
MAX_SCANNED = 4_000_000  # characters that all tries together may read
_FENCE = "```"
_WHITE = " \t\r\n"
_OPENING = re.compile(r"[{\[]")


@dataclass(frozen=True, slots=True)
class Found:
    """A JSON value in a text: `text[start:end]`, which is `self.text`, parses to `value`."""

    value: Any
    start: int
    end: int
    text: str


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _any_int(digits: str) -> int | float:
    """More digits than Python converts are a float."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


_decoder = json.JSONDecoder(parse_constant=_no_constant)
_patient = json.JSONDecoder(parse_constant=_no_constant, parse_int=_any_int)


def _decoded(text: str, start: int) -> tuple[Any, int]:
    """The value that starts there, and where it ends.

    Raises:
        ValueError: there is none. RecursionError: nested too deeply for Python to read.
    """
    try:
        return _decoder.raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a constant, or an integer of thousands of digits
        return _patient.raw_decode(text, start)


def _exactly(text: str, start: int, end: int) -> Found | None:
    """The value that fills text[start:end], white space around it left out."""
    while start < end and text[start] in _WHITE:
        start += 1
    while end > start and text[end - 1] in _WHITE:
        end -= 1
    if start == end:
        return None
    try:
        value, stop = _decoded(text, start)
    except (ValueError, RecursionError):
        return None
    return Found(value, start, end, text[start:end]) if stop == end else None


def _whole(text: str) -> Found | None:
    return _exactly(text, 0, len(text))


def _fences(text: str) -> Iterator[tuple[int, int]]:
    """Where the contents of fenced blocks begin and end."""
    opened = text.find(_FENCE)
    while opened >= 0:
        start = text.find("\n", opened)
        end = text.find("\n" + _FENCE, start) if start >= 0 else -1
        if end < 0:
            return
        yield start + 1, max(end, start + 1)
        opened = text.find(_FENCE, end + 1 + len(_FENCE))


def _fenced(text: str) -> Found | None:
    scanned = 0
    for start, end in _fences(text):
        found = _exactly(text, start, end)
        scanned += end - start
        if found is not None or scanned > MAX_SCANNED:
            return found
    return None


def _first(text: str) -> Found | None:
    """The first object or array that parses. Bounded: brackets alone must not cost a square."""
    left = MAX_SCANNED
    for tried, opening in enumerate(_OPENING.finditer(text)):
        start = opening.start()
        if tried == MAX_STARTS or left <= 0:
            return None
        try:
            value, end = _decoded(text, start)
        except json.JSONDecodeError as error:
            # A string without an end was read to the text's end.
            open_string = error.msg.startswith("Unterminated")
            left -= (len(text) if open_string else error.pos) - start
        except (ValueError, RecursionError):
            left -= len(text) - start
        else:
            return Found(value, start, end, text[start:end])
    return None


def _any(text: str) -> Found | None:
    return _whole(text) or _fenced(text) or _first(text)


_WAYS = {"whole": _whole, "fenced": _fenced, "first": _first, "any": _any}


def find_json(text: str, where: str) -> Found | None:
    """The JSON of a text, or None. Never raises.

    Args:
        text: what the model wrote.
        where: whole (nothing but white space around it), fenced (the first block between ``` lines
            that is JSON), first (the first object or array that parses), any (whole, else fenced,
            else first), none.
    """
    find = _WAYS.get(where)
    return find(text) if find else None


def place_of(contract: Contract | None) -> str:
    """Where a contract wants the JSON: whole where it has a schema and does not say."""
    if contract is None:
        return "none"
    where = contract.output.json_
    if where is not None:
        return str(where)
    return "none" if contract.output.schema_ is None else "whole"


def expects_json(asked: Asked, contract: Contract | None) -> bool:
    """Whether the answer's text must be, or hold, JSON: by the contract or by the request."""
    if asked.parameters.response_format in ("json_object", "json_schema"):
        return True
    return asked.parameters.response_schema is not None or place_of(contract) != "none"


def schema_for(asked: Asked, contract: Contract | None) -> Schema | None:
    """The schema of the answer's text: the contract's, else the request's.

    None where there is none, or where the request's cannot be used.
    """
    own = None if contract is None else contract.output.schema_text
    text = asked.parameters.response_schema if own is None else own
    if text is None:
        return None
    try:
        return schema_of(text)
    except SchemaProblem:
        return None
