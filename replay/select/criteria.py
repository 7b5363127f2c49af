"""Which recorded calls are wanted, as people say it. A pure value.

What people write in SQL is kept apart: it is checked by the reader of the history before it runs
(see `driftgate.replay.select.found`).
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime

from driftgate.proxy.errors import UsageError
from driftgate.proxy.judging import GENERATING
from driftgate.replay.select.conditions import (
    Condition,
    moment,
    of_model,
    of_session,
    of_status,
    of_tag,
    utf8,
)
from driftgate.replay.select.written import in_parentheses, open_ended

# 101: a websocket; what `driftgate doctor` asks to see whether an agent works is no traffic
ANSWERED = (
    "(status BETWEEN 200 AND 299 OR status = 101) AND answer_complete "
    "AND NOT starts_with(coalesce(user_agent, ''), 'driftgate-doctor/')"
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """All that is given must hold. None: any.

    since, until: an age (7d) or ISO 8601; started at or after, and before. model: with wildcards.
    session: the start of its id. status: HTTP status, outcome, ok or error; None: a model answered
    in full. tag: key=value or a value of the request's metadata.
    where: SQL, a condition over `calls`. sql: SQL, a question whose column call_id names calls.
    """

    since: str | None = None
    until: str | None = None
    model: str | None = None
    contract: str | None = None
    dialect: str | None = None
    session: str | None = None
    status: str | None = None
    tag: str | None = None
    upstream: str | None = None
    where: str | None = None
    sql: str | None = None

    def condition(self, now: datetime | None = None) -> Condition:
        """A condition over `calls` and its parameters. `now`, with its zone: what ages count from.

        Raises:
            UsageError: a value is not what its option takes.
        """
        sql, parameters = self._built(now or datetime.now(UTC))
        parts = [part for part in (sql, self._written()) if part]
        return " AND ".join(parts) or "true", parameters

    @property
    def inner(self) -> bool:
        """Whether model calls that agents made are meant too: only where they are asked for."""
        of_parents = self.where is not None and "parent_call_id" in self.where.lower()
        return of_parents or any((self.sql, self.session, self.upstream))

    def described(self) -> str:
        """For people: the options as they were given; empty where there are none."""
        return " ".join(f"--{name} {_quoted(value)}" for name, value in self._given().items())

    def _given(self) -> dict[str, str]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def _built(self, now: datetime) -> Condition:
        given = self._given()
        for name, value in given.items():
            _checked(name, value)
        parts: list[Condition] = []
        if self.since is not None:
            parts.append(("started_at >= ?", [moment(self.since, now)]))
        if self.until is not None:
            parts.append(("started_at < ?", [moment(self.until, now)]))
        makers = {
            "model": of_model,
            "dialect": of_dialect,
            "session": of_session,
            "status": of_status,
            "tag": of_tag,
        }
        parts += [make(given[name]) for name, make in makers.items() if name in given]
        equal = [name for name in ("contract", "upstream") if name in given]
        parts += [(f"{name} = ?", [given[name]]) for name in equal]
        if self.status is None:
            parts.append((f"({ANSWERED})", []))
        return " AND ".join(sql for sql, _ in parts), [value for _, some in parts for value in some]

    def _written(self) -> str:
        """People's own SQL; on lines of its own, so that a comment at its end ends there."""
        parts = []
        if self.where is not None:
            parts.append(in_parentheses(self.where))
        if self.sql is not None:
            parts.append(
                f"call_id IN (SELECT TRY_CAST(call_id AS UUID) FROM (\n{open_ended(self.sql)}\n))"  # noqa: S608 - people's own SQL, which a reader checks first
            )
        return " AND ".join(parts)


def of_dialect(name: str) -> Condition:
    """How the client spoke; only dialects in which a model answers.

    Raises:
        UsageError: no model answers in it.
    """
    wanted = name.strip().lower()
    if wanted in GENERATING:
        return "dialect = ?", [wanted]
    raise UsageError(f"--dialect '{name}': a model answers in {', '.join(GENERATING)} only")


def _checked(name: str, value: str) -> None:
    """Raises UsageError where DuckDB cannot take the text, or there is none."""
    if not value.strip():
        raise UsageError(f"--{name} is empty: leave it out, or say what is wanted")
    utf8(f"--{name}", value)


def _quoted(value: str) -> str:
    """As on a command line; only as far as people need it."""
    line = " ".join(value.split())
    return f'"{line}"' if " " in line else line
