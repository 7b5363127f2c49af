"""The answer to a typed query, as a page shows it: cells of text, and a chart where one can be drawn.

It is made in the process that asked, so that what is huge never leaves it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from driftgate.dashboards.chart import Chart
from driftgate.dashboards.plot import Bars, draw
from driftgate.proxy.harmless import harmless
from driftgate.proxy.history.values import as_text

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader

CELL = 2000  # characters of one cell that are shown
ALL = 4_000_000  # characters of all cells together
CELLS = 20_000  # as many as a browser shows without delay
COLUMNS = 500
BYTES = 48  # of a BLOB that are shown
# columns that name something which has a page
_PAGES = {
    "call_id": "/calls/",
    "parent_call_id": "/calls/",
    "retry_of": "/calls/",
    "replay_of": "/calls/",
    "session_id": "/sessions/",
    "run_id": "/drift/",
    "contract": "/contracts/",
}


class Cell(NamedTuple):
    """One value. kind: null, number, bytes or text. left_out: characters that are not shown.

    link: a page about it, below the base; empty: there is none.
    """

    text: str
    kind: str = "text"
    left_out: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave.

    cut: there were more rows than the limit. too_much: rows were left out since they hold so much.
    charts, bars: how it is drawn; both empty: it cannot be.
    """

    columns: list[str]
    types: list[str]
    rows: list[list[Cell]]
    cut: bool
    too_much: bool
    seconds: float
    charts: Sequence[Chart] = ()
    bars: Sequence[Bars] = ()

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers."""
        kinds = [{row[place].kind for row in self.rows} for place in range(len(self.columns))]
        return ["number" in each and each <= {"number", "null"} for each in kinds]


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and how much of its answer is wanted. kind: of the chart: line, bars or points."""

    sql: str
    rows: int
    timeout_s: float
    kind: str = ""


def answer(question: Question, reader: "Reader") -> Answer:
    """Asks. Errors as of `Reader.ask`."""
    began = time.perf_counter()
    result = reader.ask(question.sql, limit=question.rows, timeout_s=question.timeout_s)
    seconds = time.perf_counter() - began
    columns = result.columns[:COLUMNS]
    rows, too_much = cells(columns, result.rows)
    charts, bars = draw(result, question.kind) if question.kind else ([], [])
    types = result.types[:COLUMNS]
    return Answer(columns, types, rows, result.cut, too_much, seconds, charts, bars)


def cells(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[list[list[Cell]], bool]:
    """The rows as cells; and whether some were left out."""
    made: list[list[Cell]] = []
    size = 0
    most = CELLS // max(len(columns), 1)
    for row in rows[:most]:
        line = [cell(name, value) for name, value in zip(columns, row, strict=False)]
        size += sum(len(each.text) for each in line)
        if size > ALL:
            return made, True
        made.append(line)
    return made, len(rows) > most


def cell(name: str, value: Any) -> Cell:
    """One value as a cell of the column `name`."""
    if value is None:
        return Cell("NULL", "null")
    if isinstance(value, bytes | bytearray | memoryview):
        return _blob(bytes(value))
    if isinstance(value, bool):
        return Cell("true" if value else "false")
    text = as_text(value)
    if isinstance(value, int | float | Decimal):
        return Cell(text, "number")
    shown = harmless(text[:CELL])
    return Cell(shown, "text", max(len(text) - CELL, 0), _link(name, value, text))


def _blob(value: bytes) -> Cell:
    shown = value[:BYTES].hex(" ")
    more = " …" if len(value) > BYTES else ""
    return Cell(f"{shown}{more} ({len(value):,} bytes)", "bytes")


def _link(name: str, value: Any, text: str) -> str:
    start = _PAGES.get(name)
    if start is None or len(text) > CELL or not isinstance(value, UUID | str) or not text:
        return ""
    return start + quote(text, safe="", errors="replace")
