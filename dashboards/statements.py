"""The SQL of pages: `queries/NAME.sql`, each statement under its `-- name: NAME` line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

_HEAD = re.compile(r"^-- name: ([a-z0-9_]+)\s*$", re.MULTILINE)
_PARAMETER = re.compile(r"\$([a-z][a-z0-9_]*)")
TIMEOUT_S = 20.0  # for one statement of a page


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. parameters: the names in it, `$since` and the like."""

    sql: str
    parameters: frozenset[str]

    def bound(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values that it names, out of more; a missing one is a fault of the page's."""
        return {name: values[name] for name in sorted(self.parameters)}


def statement(sql: str) -> Statement:
    """A statement of our own; a `$` in its texts would be taken for a parameter."""
    return Statement(sql, frozenset(_PARAMETER.findall(sql)))


@cache
def load(page: str) -> Mapping[str, Statement]:
    """All statements of a page's file, by name."""
    text = (files("driftgate.dashboards.queries") / f"{page}.sql").read_text("utf-8")
    _, *parts = _HEAD.split(text)
    return {
        name: statement(sql.strip().rstrip(";"))
        for name, sql in zip(parts[::2], parts[1::2], strict=True)
    }


def ask(reader: "Reader", asked: Statement, **values: Any) -> list[dict[str, Any]]:
    """The rows, by column name. Errors as of `Reader.ask`."""
    return reader.ask(asked.sql, asked.bound(values), timeout_s=TIMEOUT_S).by_name()


def ask_one(reader: "Reader", asked: Statement, **values: Any) -> dict[str, Any] | None:
    """The first row; None where there is none."""
    rows = ask(reader, asked, **values)
    return rows[0] if rows else None
