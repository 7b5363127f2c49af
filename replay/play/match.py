"""Which recording answers a request. Pure.

Two requests are the same when method, path, query and body are, without volatile parts (see
`driftgate.replay.play.stable`). The body is compared as JSON: order of keys and white space do not
count, every value does. Headers do not count: they say who asks, not what.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl

from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.dialects.describe import DECODE_LIMIT, dialect_of
from driftgate.proxy.dialects.lenient import canonical, parse
from driftgate.proxy.redact.names import is_secret_parameter
from driftgate.replay.play.stable import stable

_SIZE = 16  # bytes of a key
_CATALOGUES = frozenset({"models", "ollama"})
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")


@dataclass(frozen=True, slots=True)
class Question:
    """A request, as it is matched.

    dialect: None where the path is of none. query: pairs in order of their names, secrets left out.
    value: of the body, without volatile parts; a text where it is not JSON; None where it is empty.
    body: without its content coding. key: equal for equal questions.
    """

    method: str
    path: str
    dialect: str | None
    query: tuple[tuple[str, str], ...]
    value: Any
    key: bytes


def question(
    method: str,
    target: str,
    body: bytes,
    content_encoding: str | None,
    *,
    follows: Mapping[str, str] | None = None,
) -> Question:
    """Reads a request. Never raises: a body that is no JSON, or nested too deeply, is its bytes.

    Args:
        method: of HTTP.
        target: path and query as sent.
        body: as sent.
        content_encoding: the header's value.
        follows: response ids to write as others in `previous_response_id`: an arm's as the record's.
    """
    path, _, query = _ORIGIN.sub("", target, count=1).partition("?")
    dialect = dialect_of(path)
    pairs = () if method != "POST" and dialect in _CATALOGUES else _pairs(query)
    plain = decode(body, content_encoding, DECODE_LIMIT)[0]
    value, told = _value(dialect, plain, follows or {})
    parts = [method.encode(), path.encode("utf-8", "surrogateescape"), repr(pairs).encode(), told]
    hashed = blake2b(digest_size=_SIZE)
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big") + part)
    return Question(method, path, dialect, pairs, value, hashed.digest())


def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True)
    except ValueError:
        return (("", query),)
    return tuple(sorted((name, value) for name, value in pairs if not _is_secret(name)))


def _is_secret(name: str) -> bool:
    return is_secret_parameter(name.strip().lower())


def _value(dialect: str | None, body: bytes, follows: Mapping[str, str]) -> tuple[Any, bytes]:
    """The body's value without volatile parts, and the bytes that stand for it."""
    if not body:
        return None, b""
    value = parse(body)
    if value is None:
        return body.decode("utf-8", "replace"), b"raw:" + body
    try:
        kept = _renamed(stable(dialect, value), follows)
        return kept, b"json:" + canonical(kept).encode()
    except (RecursionError, ValueError):
        return body.decode("utf-8", "replace"), b"raw:" + body


def _renamed(value: Any, follows: Mapping[str, str]) -> Any:
    if not follows or not isinstance(value, dict):
        return value
    named = value.get("previous_response_id")
    if isinstance(named, str) and named in follows:
        return {**value, "previous_response_id": follows[named]}
    return value


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording.

    answer: id of the call whose answer is played. asked: id of the call that asks so; another one
    where an arm of a run answers.
    """

    answer: str
    asked: str


@dataclass(slots=True)
class Slot:
    """All recordings of one question, in their order."""

    method: str
    path: str
    entries: list[Entry] = field(default_factory=list)
    sketch: Sequence[int] = ()
    given: int = 0


class Index:
    """Recordings by question.

    Several of one question are given in their order, then the last again: what was recorded last is
    how things stood when the recording ended, as with a poll that ends, or an error that a retry
    got over; going round would bring the error back. VCR's `allow_playback_repeats` does likewise.
    """

    def __init__(self) -> None:
        self.slots: dict[bytes, Slot] = {}
        self._taking = Lock()  # large requests are looked up in threads

    def add(self, asked: Question, entry: Entry) -> Slot:
        """Puts a recording behind those of the same question."""
        slot = self.slots.setdefault(asked.key, Slot(asked.method, asked.path))
        slot.entries.append(entry)
        return slot

    def take(self, asked: Question, *, keep: bool = False) -> Entry | None:
        """The next recording of a question; None where there is none. keep: it stays the next."""
        slot = self.slots.get(asked.key)
        if slot is None:
            return None
        with self._taking:
            entry = slot.entries[min(slot.given, len(slot.entries) - 1)]
            slot.given += not keep
        return entry
