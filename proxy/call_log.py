"""A line for each call, once it is in the history: the settings `log_calls` and `log_content`."""

import logging
from typing import Any

from driftgate.proxy.call import about, text_id
from driftgate.proxy.history.committed import Committed
from driftgate.proxy.history.prepare import PreparedCall
from driftgate.proxy.history.table import Row
from driftgate.proxy.record import Outcome
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.telemetry.failing import own_words

log = logging.getLogger("driftgate.calls")

_ERROR = 400  # the first HTTP status that is one
_NAME_LIMIT = 200  # characters; strangers choose the names of models, paths and sessions, and how long they are
_COLUMNS = (
    *(
        "method",
        "path",
        "upstream",
        "model",
        "status",
        "outcome",
        "contract",
        "verdict",
        "attempts",
    ),
    *("fallback", "session_id", "finish_reason", "first_token_ms", "total_ms"),
    *("input_tokens", "output_tokens"),
)
_CONTENT = ("input_text", "output_text", "reasoning_text", "answer_error")


class CallLog:
    """Live calls alone; of all of them, or of those that failed."""

    def __init__(self, settings: Settings) -> None:
        self._which, self._content = settings.log_calls, settings.log_content

    def hear(self, committed: Committed, _seconds: float) -> None:
        """Takes what was written."""
        for call in committed.calls:
            row = call.kept
            if "arm" not in row and (failed(row) or self._which == "all"):
                self._say(call, row)

    def _say(self, call: PreparedCall, row: Row) -> None:
        fields = fields_of(row, content=self._content)
        if self._content and call.tool_calls:
            fields["tool_calls"] = [
                {name: each[name] for name in ("name", "arguments")} for each in call.tool_calls
            ]
        level = logging.WARNING if failed(row) else logging.INFO
        call_id = text_id(bytes.fromhex(row["call_id"]))
        log.log(level, "%s", line_of(call_id, fields), extra=about(call_id, **fields))


def failed(row: Row) -> bool:
    """Whether a call did not go as it should: no whole answer, an error, or one that breaks its contract."""
    whole = row.get("outcome") == Outcome.COMPLETED and (row.get("status") or 0) < _ERROR
    return not whole or row.get("verdict") == "fail" or row.get("answer_error") is not None


def fields_of(row: Row, *, content: bool) -> dict[str, Any]:
    """What is told of a call; what is not known is left out."""
    told = {name: _cut(row[name]) for name in _COLUMNS if row.get(name) is not None}
    if content:
        told |= {name: row[name] for name in _CONTENT if row.get(name) is not None}
    if error := own_words(row, content=content):
        told["error"] = error
    return told


def _cut(value: Any) -> Any:
    long = isinstance(value, str) and len(value) > _NAME_LIMIT
    return f"{value[:_NAME_LIMIT]}..." if long else value


def line_of(call_id: str, fields: dict[str, Any]) -> str:
    """The same for people, on one line."""
    tried = fields.get("attempts", 1)
    parts = [
        str(fields.get("outcome")),
        fields.get("verdict"),
        f"{tried} attempts" if tried != 1 else None,
        _spent("first token", fields.get("first_token_ms")),
        _spent("total", fields.get("total_ms")),
        _tokens(fields),
        fields.get("error"),
    ]
    asked = f"{fields.get('method')} {fields.get('path')}"
    whom = "/".join(str(fields[name]) for name in ("upstream", "model") if name in fields)
    told = ", ".join(str(part) for part in parts if part)
    content = "".join(f"; {name}: {fields[name]!r}" for name in _CONTENT if name in fields)
    return f"call {call_id} {asked} to {whom}: {fields.get('status', '-')} {told}{content}"


def _spent(what: str, ms: float | None) -> str | None:
    return None if ms is None else f"{what} {ms:.0f} ms"


def _tokens(fields: dict[str, Any]) -> str | None:
    if "input_tokens" not in fields and "output_tokens" not in fields:
        return None
    return f"{fields.get('input_tokens', '?')} in, {fields.get('output_tokens', '?')} out"
