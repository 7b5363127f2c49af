"""Repair `extract_json`: the JSON taken out of prose or out of a fenced block."""

import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError
from typing import Any

from driftgate.contracts.repair.notation import QUOTE, read_object
from driftgate.contracts.repair.strict import SIZE_LIMIT, decode_at, is_json, loads

_FENCED = re.compile(r"^[ \t]*```[ \t]*[\w+-]*[ \t]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)
_OPENING = re.compile(r"[{\[]")
_CANDIDATES = 16
_SCANNED = 4_000_000  # characters that all tries together may read
_TRY = 4_000  # what a try costs at least, in characters


def extract_json(text: str, fits: Callable[[Any], bool] | None) -> str | None:
    """The one JSON text that `text` holds; None: it is JSON already, or none is in it.

    Fenced blocks come before what stands in prose. With `fits` (whether a value fits the schema)
    the first that fits is taken; without it, objects come before arrays and later before earlier,
    since the answer is what a model says last. Empty ones never count.
    """
    if len(text) > SIZE_LIMIT or is_json(text):
        return None
    for find in (_fenced, _in_notation, _in_prose):
        chosen = _choose(list(find(text)), fits)
        if chosen is not None:
            return chosen
    return None


def _choose(found: list[tuple[str, Any]], fits: Callable[[Any], bool] | None) -> str | None:
    if fits is not None:
        return next((text for text, value in found if fits(value)), None)
    objects = [text for text, value in found if isinstance(value, dict) and value]
    arrays = [text for text, value in found if isinstance(value, list) and value]
    nonempty = objects or arrays
    return nonempty[-1] if nonempty else None


def _fenced(text: str) -> Iterator[tuple[str, Any]]:
    for count, found in enumerate(_FENCED.finditer(text)):
        if count == _CANDIDATES:
            return
        inside = found[1].strip()
        try:
            yield inside, loads(inside)
        except ValueError:
            continue


def _in_prose(text: str) -> Iterator[tuple[str, Any]]:
    """Objects and arrays in the text, the outermost ones only. Bounded: brackets cost no square."""
    position, count, left = 0, 0, _SCANNED
    while count < _CANDIDATES and left > 0:
        opening = _OPENING.search(text, position)
        if not opening:
            return
        start = opening.start()
        try:
            value, position = decode_at(text, start)
        except ValueError as error:
            position = opening.end()
            left -= _read(error, len(text)) - start
        else:
            count += 1
            left -= position - start
            yield text[start:position], value


def _in_notation(text: str) -> Iterator[tuple[str, Any]]:
    """An object with its strings between Gemma's own quotation marks."""
    start = text.find("{") if QUOTE in text else -1
    if start < 0:
        return
    try:
        written, _ = read_object(text, start)
        yield written, loads(written)
    except ValueError:
        return


def _read(error: ValueError, size: int) -> int:
    """How far the text was read before this; at least a little, so that tries end."""
    if isinstance(error, JSONDecodeError) and not error.msg.startswith("Unterminated"):
        return error.pos + _TRY
    return size
