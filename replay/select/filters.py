"""What `--since`, `--model` and the rest mean, as one SQL condition over `calls`."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from driftgate.contracts.verdict import Verdict
from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.named import LAST, NEWEST
from driftgate.proxy.record import Outcome
from driftgate.replay.select.conditions import (
    Condition,
    holding,
    like,
    moment,
    of_model,
    of_session,
    of_status,
    utf8,
)
from driftgate.replay.select.written import check_condition, in_parentheses

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_ID = re.compile(r"[0-9a-f]{1,32}", re.ASCII)
_COMMAND_LINE = "--"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which calls are listed, as people write it. All that is given must hold. None: any.

    since, until: an age (7d) or ISO 8601; started at or after, and before. model, tool: with
    wildcards; tool: one that the answer called. session, parent: the start of an id. status: HTTP
    status, outcome, ok or error. text: in input or output. client, originator, path: a part of it.
    min_ms: took at least so long. where: SQL, a condition over `calls`, which check() tries first.
    prefix: before the name of a filter in messages, where the command line does not ask.
    """

    since: str | None = None
    until: str | None = None
    model: str | None = None
    session: str | None = None
    status: str | None = None
    upstream: str | None = None
    text: str | None = None
    verdict: str | None = None
    contract: str | None = None
    parent: str | None = None
    client: str | None = None
    originator: str | None = None
    dialect: str | None = None
    outcome: str | None = None
    path: str | None = None
    tool: str | None = None
    min_ms: str | None = None
    where: str | None = None
    prefix: str = _COMMAND_LINE

    def given(self) -> dict[str, str]:
        """The filters that are set, by name."""
        names = [field.name for field in fields(self) if field.name != "prefix"]
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def condition(self, now: datetime | None = None) -> Condition:
        """A condition for WHERE, and its parameters in order. `now`, with its zone: of ages.

        Raises:
            UsageError: a value is not what its filter takes.
        """
        parts = self._parts(now or datetime.now(UTC))
        sql = " AND ".join(part for part, _ in parts) or "true"
        return sql, [value for _, values in parts for value in values]

    def named(self, now: datetime | None = None) -> tuple[str, dict[str, Any]]:
        """As condition(), with parameters by name: $filter_1 and so on."""
        texts: list[str] = []
        values: dict[str, Any] = {}
        for sql, own in self._parts(now or datetime.now(UTC)):
            text = sql
            for value in own:  # a part with a value of ours holds no text of people
                name = f"filter_{len(values) + 1}"
                text = text.replace("?", f"${name}", 1)
                values[name] = value
            texts.append(text)
        return " AND ".join(texts) or "true", values

    def check(self, reader: "Reader") -> None:
        """Refuses SQL that is no condition by itself.

        Raises:
            QueryError: it is none; the line begins with its name.
        """
        if self.where is not None:
            check_condition(reader, self.where, self._called("where"))

    def _parts(self, now: datetime) -> list[Condition]:
        given = self.given()
        for name, value in given.items():
            utf8(self._called(name), value)
        return [self._part(name, value, now) for name, value in given.items()]

    def _part(self, name: str, value: str, now: datetime) -> Condition:
        if name in _MOMENTS:
            return _MOMENTS[name], [moment(value, now)]
        if name in _READ:
            return _READ[name](value, self._called(name))
        return _PLAIN[name](value)

    def _called(self, name: str) -> str:
        return f"--{name.replace('_', '-')}" if self.prefix == _COMMAND_LINE else self.prefix + name


def _of_parent(start: str, called: str) -> Condition:
    if start.strip() == LAST:
        return f"parent_call_id = ({NEWEST})", []
    digits = start.strip().lower().replace("-", "")
    if not _ID.fullmatch(digits):
        raise UsageError(f"{called} '{start}' is no id of a call, nor the start of one")
    limits = [digits.ljust(32, end) for end in "0f"]
    return "parent_call_id BETWEEN ?::UUID AND ?::UUID", list(limits)


def _of_verdict(text: str, called: str) -> Condition:
    return "verdict = ?", [_one_of([verdict.value for verdict in Verdict], text, called)]


def _of_outcome(text: str, called: str) -> Condition:
    return "outcome = ?", [_one_of([outcome.value for outcome in Outcome], text, called)]


def _one_of(names: list[str], text: str, called: str) -> str:
    wanted = text.strip().lower()
    if wanted in names:
        return wanted
    raise UsageError(f"{called} '{text}' is none; one of: {', '.join(names)}")


def _of_least(text: str, called: str) -> Condition:
    try:
        least = float(text)
    except ValueError:
        least = math.nan
    if not math.isfinite(least) or least < 0:
        raise UsageError(f"{called} '{text}' is no number of milliseconds")
    return "total_ms >= ?", [least]


def _of_text(text: str) -> Condition:
    parts = [holding(column, text) for column in ("input_text", "output_text")]
    return f"({' OR '.join(sql for sql, _ in parts)})", [text, text]


def _of_tool(pattern: str) -> Condition:
    condition, values = like("name", pattern)
    sql = f"call_id IN (SELECT call_id FROM all_tool_calls WHERE {condition})"  # noqa: S608 - our own words; values are parameters
    return sql, values


_MOMENTS = {"since": "started_at >= ?", "until": "started_at < ?"}
_READ: dict[str, Callable[[str, str], Condition]] = {
    "status": of_status,
    "verdict": _of_verdict,
    "outcome": _of_outcome,
    "parent": _of_parent,
    "min_ms": _of_least,
}
_PLAIN: dict[str, Callable[[str], Condition]] = {
    "model": of_model,
    "session": of_session,
    "upstream": lambda name: ("upstream = ?", [name]),
    "contract": lambda name: ("contract = ?", [name]),
    "dialect": lambda name: ("dialect = ?", [name]),
    "client": lambda part: holding("client", part),
    "originator": lambda part: holding("originator", part),
    "path": lambda part: holding("path", part),
    "tool": _of_tool,
    "text": _of_text,
    "where": lambda sql: (in_parentheses(sql), []),
}
