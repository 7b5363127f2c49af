"""Volatile parts of a request made anew, where a configuration names them. Pure: time and ids are given.

By default they are sent as recorded: then a replay asks what was asked. Anew they keep a server from
taking a replay for the recorded call, as a prompt cache does.
"""

import json
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from driftgate.proxy.dialects.edit import map_texts
from driftgate.proxy.dialects.identity import TURN_METADATA, WINDOW
from driftgate.proxy.dialects.lenient import parse
from driftgate.proxy.upstream.wire import Pair

Json = dict[str, Any]

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_IDENT = re.compile(r"(?P<lead>[A-Za-z]+[_-])?(?P<rest>.+)", re.DOTALL)
_TAGS = {
    "dates": re.compile(r"(?<=<current_date>)[^<\n]*(?=</current_date>)"),
    "cwd": re.compile(r"(?<=<cwd>)[^<\n]*(?=</cwd>)"),
}
_ITEM_IDS = ("id", "call_id", "tool_call_id")
_CODEX_HEADERS = frozenset(
    name.encode()
    for name in (TURN_METADATA, WINDOW, "x-client-request-id", "session-id", "thread-id")
)
_STARTED = "turn_started_at_unix_ms"
_KEY = "prompt_cache_key"
_METADATA = "client_metadata"


class Fresh:
    """Makes parts of one request anew. What was equal in it stays equal.

    Args:
        parts: which: ids, dates, cwd, prompt_cache_key, client_metadata.
        salt: makes this request's ids; two requests with one salt get the same.
        now: today.
        cwd: the working directory.
    """

    def __init__(self, parts: Collection[str], salt: str, now: datetime, cwd: str) -> None:
        self._parts, self._salt, self._now, self._cwd = parts, salt, now, cwd

    def body(self, dialect: str, body: Json) -> Json:
        """The request; the same object where nothing of it is volatile."""
        if "ids" in self._parts:
            for key in ("input", "messages"):
                if isinstance(body.get(key), list):
                    body = {**body, key: [self._item(each) for each in body[key]]}
        if {"dates", "cwd"} & {*self._parts}:
            body = map_texts(dialect, body, self._text)
        if _KEY in self._parts and isinstance(body.get(_KEY), str):
            body = {**body, _KEY: self.identifier(body[_KEY])}
        if _METADATA in self._parts and isinstance(body.get(_METADATA), dict):
            body = {**body, _METADATA: self._metadata(body[_METADATA])}
        return body

    def pairs(self, pairs: list[Pair]) -> list[Pair]:
        """The header, whose Codex fields repeat the body's `client_metadata`."""
        if _METADATA not in self._parts:
            return pairs
        return [
            (name, self._said(value.decode("latin-1")).encode("latin-1", "replace"))
            if name.lower() in _CODEX_HEADERS
            else (name, value)
            for name, value in pairs
        ]

    def identifier(self, old: str) -> str:
        """Another id of the same kind: its prefix stays."""
        found = _IDENT.fullmatch(old)
        if found is None or _UUID.search(old):
            return _UUID.sub(lambda uuid: self._uuid(uuid[0].lower()), old)
        lead = found["lead"] or ""
        return lead + self._uuid(old).replace("-", "")[: max(len(found["rest"]), 8)]

    def _uuid(self, old: str) -> str:
        return str(uuid5(NAMESPACE_OID, f"{self._salt} {old}"))

    def _item(self, item: Any) -> Any:
        if not isinstance(item, dict):
            return item
        changed = {key: self._id_of(key, value) for key, value in item.items()}
        if isinstance(item.get("tool_calls"), list):
            changed["tool_calls"] = [self._item(call) for call in item["tool_calls"]]
        return changed

    def _id_of(self, key: str, value: Any) -> Any:
        return self.identifier(value) if key in _ITEM_IDS and isinstance(value, str) else value

    def _text(self, text: str) -> str:
        values = {"dates": self._now.date().isoformat(), "cwd": self._cwd}
        for part, pattern in _TAGS.items():
            if part in self._parts and "<" in text:
                text = pattern.sub(_constant(values[part]), text)
        return text

    def _metadata(self, told: Json) -> Json:
        return {
            key: self._said(value) if isinstance(value, str) else value
            for key, value in told.items()
        }

    def _said(self, text: str) -> str:
        """A value of the metadata: its UUIDs anew, and the time in it now."""
        inner = parse(text.encode("utf-8", "replace")) if text.startswith("{") else None
        if isinstance(inner, dict) and _STARTED in inner:
            inner[_STARTED] = int(self._now.timestamp() * 1000)
            text = json.dumps(inner, separators=(",", ":"))
        return _UUID.sub(lambda uuid: self._uuid(uuid[0].lower()), text)


def _constant(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _: text


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)
