"""One pass over a request body: its values, and where in the bytes they are.

The work is done by the C scanner of the standard library's json, value by value: only the top
level, and the elements of the arrays that hold a conversation, are walked in Python. So one parse
gives the parameters, the items, the slicing and the digest.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

from driftgate.proxy.dialects.lenient import any_int
from driftgate.proxy.dialects.scanned import Fields, Mark, Scan, Span

CONVERSATION_KEYS = frozenset({"input", "messages"})
BIG_VALUE = 256  # bytes: a top-level value above this is worth a slice of its own
MARKED_FROM = 8 << 10  # characters; reading a shorter body again costs less than going on
MAX_ELEMENTS = 20_000  # elements or keys walked one by one; what follows is read as one

_BOM = b"\xef\xbb\xbf"
_BROKEN = "not JSON"
_NESTED = "response"
_WALKED = CONVERSATION_KEYS | {_NESTED}

Decode = Callable[[str, int], tuple[Any, int]]

_fast: Decode = json.JSONDecoder(strict=False).raw_decode
_tolerant: Decode = json.JSONDecoder(strict=False, parse_int=any_int).raw_decode
# One match in C for each step of the walk.
_S = r"[ \t\n\r]*"
_not_space = re.compile(r"[^ \t\n\r]").search
# Possessive: without it a long key of escapes costs a hundred times its size in memory.
_KEY = rf'"([^"\\]*+(?:\\.[^"\\]*+)*+)"{_S}:{_S}'
_first_key = re.compile(rf"\{{{_S}(?:{_KEY}|\}})", re.DOTALL).match
_next_key = re.compile(rf"{_S}([,}}]){_S}(?:{_KEY})?", re.DOTALL).match
_delimiter = re.compile(rf"{_S}([,\]]){_S}").match
_empty_array = re.compile(rf"\[{_S}\]").match


def _closed(found: re.Match[str] | None, bracket: str) -> int:
    if not found or found[1] != bracket:
        raise ValueError(_BROKEN)
    return found.end(1)


def _next(text: str, at: int) -> int:
    found = _not_space(text, at)
    return found.start() if found else len(text)


def scan(body: bytes, before: Mark | None = None) -> Scan:
    """Reads a body. Never raises: what is not JSON gives a Scan that is not valid.

    before: the mark of an earlier body that this one may go on from.
    """
    start = len(_BOM) if body.startswith(_BOM) else 0
    try:
        text = body[start:].decode() if start else body.decode()
    except UnicodeDecodeError:
        text = body[start:].decode("utf-8", "surrogateescape")
    walk = _Walk(text, _fast)
    try:
        walk.run(None if start else before)  # behind a BOM all offsets are others
    except json.JSONDecodeError:
        pass  # not JSON
    except ValueError:  # not JSON, or an integer of more digits than Python converts
        walk = _tolerantly(text)
    except RecursionError:
        pass  # nested too deeply
    return walk.scan(body, start)


def _tolerantly(text: str) -> "_Walk":
    walk = _Walk(text, _tolerant)
    with suppress(ValueError, RecursionError):
        walk.run()
    return walk


class _Walk:
    """Walks the text, in characters; `scan` turns offsets into bytes."""

    __slots__ = ("cuts", "decode", "inner", "mark", "outer", "text", "valid", "value")

    def __init__(self, text: str, decode: Decode) -> None:
        self.text = text
        self.decode = decode
        self.outer = Fields()
        self.inner: Fields | None = None
        self.value: Any = None
        self.cuts: list[int] = []
        self.valid = False
        self.mark: Mark | None = None

    def run(self, before: Mark | None = None) -> None:
        text = self.text
        at = _next(text, 0)
        if text.startswith("{", at):
            self.value = self.outer.values
            kept = before.shared(text) if before else 0
            at = self.resume(before, kept) if before and kept else self.object(at, self.outer)
        else:
            self.value, at = self.decode(text, at)
        self.valid = _not_space(text, at) is None

    def object(self, at: int, into: Fields) -> int:
        """Walks the object whose brace is at `at`; gives its end."""
        big: list[int] = []
        found = _first_key(self.text, at)
        if found and found[1] is None:
            return found.end()
        return self.members(found, into, big)

    def members(self, found: re.Match[str] | None, into: Fields, big: list[int]) -> int:
        """Walks an object from the match of a key on; gives the object's end."""
        text, decode, values, spans = self.text, self.decode, into.values, into.spans
        separator, key, end, walked = ",", found and found[found.lastindex or 0], 0, len(spans)
        while separator == ",":
            if not found or key is None:
                raise ValueError(_BROKEN)
            start = found.end()
            if "\\" in key:
                key = str(decode(f'"{key}"', 0)[0])
            if key in _WALKED:
                end = self.member(key, start, into, big)
            else:
                values[key], end = decode(text, start)
            spans[key] = (start, end)
            walked += 1
            if end - start > BIG_VALUE:
                big.append(end)
            found = _next_key(text, end)
            separator, key = found.groups() if found else ("", None)
            if found and key is not None and walked >= MAX_ELEMENTS:
                more, length = decode("{" + text[found.end(1) :], 0)
                values.update(more)
                self.cuts += big
                return found.end(1) + length - 1
        # What follows the last value is a bracket or two: not worth a slice.
        self.cuts += [cut for cut in big if cut != end]
        return _closed(found, "}")

    def resume(self, before: Mark, kept: int) -> int:
        """Walks on behind the elements that the body before had as well; gives the object's end."""
        into, key = self.outer, before.key
        into.values.update(before.values)
        into.spans.update(before.spans)
        into.kept, into.known = kept, before.known[:kept]
        into.called = [call for call in before.called if call[0] < kept]
        big = before.big.copy()
        spans = before.elements[:kept]
        self.note(key, before.start, into, big, spans)
        end = self.array(key, before.start, into, spans)
        into.spans[key] = (before.start, end)
        if end - before.start > BIG_VALUE:
            big.append(end)
        found = _next_key(self.text, end)
        if found and found[1] == "," and found[2] is not None:
            return self.members(found, into, big)
        self.cuts += [cut for cut in big if cut != end]
        return _closed(found, "}")

    def note(
        self, key: str, start: int, into: Fields, big: list[int], elements: list[Span]
    ) -> None:
        """Marks where the conversation begins; `elements` is filled while it is walked."""
        if into is self.outer and self.mark is None and len(self.text) >= MARKED_FROM:
            self.mark = Mark(
                self.text, key, start, into.values.copy(), into.spans.copy(), big.copy(), elements
            )
            self.mark.called = into.called

    def member(self, key: str, start: int, into: Fields, big: list[int]) -> int:
        """Walks a value under one of the keys that are worth it, if it has the right shape."""
        if key in CONVERSATION_KEYS and self.text.startswith("[", start):
            self.forget(key, into)
            spans: list[Span] = []
            self.note(key, start, into, big, spans)
            return self.array(key, start, into, spans)
        if key == _NESTED and into is self.outer and self.text.startswith("{", start):
            self.inner = Fields()
            into.values[key] = self.inner.values
            return self.object(start, self.inner)
        self.forget(key, into)
        into.values[key], end = self.decode(self.text, start)
        return end

    def forget(self, key: str, into: Fields) -> None:
        """A key that stands there twice: the later value counts."""
        if into.kept and self.mark is not None and key == self.mark.key:
            into.kept, into.known, into.called = 0, (), []

    def array(self, key: str, start: int, into: Fields, spans: list[Span]) -> int:
        """Walks a conversation behind the elements that `spans` holds already; gives its end."""
        text, decode = self.text, self.decode
        values: list[Any] = [None] * len(spans)
        into.values[key], into.elements[key] = values, spans
        empty = _empty_array(text, start)
        if empty:
            return empty.end()
        value: Any
        end = spans[-1][1] if spans else 0
        at = _next(text, start + 1)
        while True:
            if end:
                found = _delimiter(text, end)
                if not found or found[1] != ",":
                    at = _closed(found, "]")
                    break
                at = found.end()
                if len(values) >= MAX_ELEMENTS:
                    more, length = decode("[" + text[at:], 0)
                    values += more
                    at += length - 1
                    break
            value, end = decode(text, at)
            values.append(value)
            spans.append((at, end))
        if spans[0][1] - spans[0][0] > BIG_VALUE:
            self.cuts.append(spans[0][0])
        self.cuts += [end for _, end in spans]
        return at

    def scan(self, body: bytes, shift: int) -> Scan:
        if not self.valid:
            return Scan(body, value=None, fields=Fields(dict(self.outer.values)))
        fields = self.outer
        if self.inner and self.outer.values.get("type") == "response.create":
            fields = self.inner
        cuts = sorted(set(self.cuts))
        mark = self.mark
        if mark is not None and (shift or fields.elements.get(mark.key) is not mark.elements):
            mark = None
        if shift or not self.text.isascii():
            cuts = self.to_bytes(fields, cuts, shift)
        return Scan(body, True, self.value, fields, tuple(cuts), mark)

    def to_bytes(self, fields: Fields, cuts: list[int], shift: int) -> list[int]:
        places = set(cuts)
        for spans in (fields.spans.values(), *fields.elements.values()):
            for span in spans:
                places.update(span)
        known = _byte_offsets(self.text, sorted(places), shift)
        fields.spans = {key: (known[a], known[b]) for key, (a, b) in fields.spans.items()}
        for key, spans_of in fields.elements.items():
            fields.elements[key] = [(known[a], known[b]) for a, b in spans_of]
        return [known[cut] for cut in cuts]


def _byte_offsets(text: str, places: list[int], shift: int) -> dict[int, int]:
    known = {0: shift}
    total = shift
    for before, place in pairwise([0, *places]):
        total += len(text[before:place].encode("utf-8", "surrogateescape"))
        known[place] = total
    return known
