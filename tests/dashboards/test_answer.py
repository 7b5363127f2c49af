"""Answers as cells."""

import math
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from driftgate.dashboards.answer import ALL, CELL, CELLS, Cell, Question, answer, cell, cells
from driftgate.proxy.errors import QueryError, QuerySlowError
from driftgate.proxy.history.reader import Reader, open_history
from tests.support.recorded_calls import small

ID = UUID("019ab3f2-7c41-7000-8000-000000000001")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with open_history(small(tmp_path / "h.duckdb").path, drain=False) as reader:
        yield reader


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, Cell("NULL", "null")),
        ("", Cell("")),
        (True, Cell("true")),
        (12, Cell("12", "number")),
        (math.nan, Cell("nan", "number")),
        (-math.inf, Cell("-inf", "number")),
        (Decimal("1.10"), Cell("1.10", "number")),
        (b"\x00<\xff", Cell("00 3c ff (3 bytes)", "bytes")),
        ({"a": [1, None]}, Cell('{"a": [1, null]}')),
        (datetime(2026, 1, 2, 3, 4), Cell("2026-01-02 03:04:00")),  # noqa: DTZ001 - as DuckDB gives it
        ("\x1b[31m\u202e\x00", Cell("\\x1b[31m\\u202e\\x00")),
        ("<script>", Cell("<script>")),  # the template escapes
    ],
    ids=repr,
)
def test_every_value_is_a_cell(value: object, expected: Cell) -> None:
    assert cell("x", value) == expected


def test_a_huge_cell_is_cut_and_says_so() -> None:
    assert cell("x", "y" * (1 << 20)) == Cell("y" * CELL, "text", (1 << 20) - CELL)
    shown = cell("x", b"\0" * (1 << 20)).text
    assert len(shown) < 200
    assert shown.endswith("… (1,048,576 bytes)")


def test_ids_lead_to_their_pages() -> None:
    assert cell("call_id", ID).link == f"/calls/{ID}"
    assert cell("replay_of", ID).link == f"/calls/{ID}"
    assert cell("session_id", "a/../b?c").link == "/sessions/a%2F..%2Fb%3Fc"
    assert cell("session_id", "x" * (CELL + 1)).link == ""
    assert cell("model", "gemma").link == ""
    assert cell("call_id", 7).link == ""


def test_a_page_holds_only_so_much() -> None:
    rows, too_much = cells(["a"], [("x" * CELL,)] * (ALL // CELL + 5))
    assert (len(rows), too_much) == (ALL // CELL, True)
    rows, too_much = cells(["a"] * 100, [(1,) * 100] * CELLS)
    assert (len(rows), too_much) == (CELLS // 100, True)
    assert cells(["a"], [(1,)]) == ([[Cell("1", "number")]], False)


def test_an_answer_has_columns_rows_and_a_chart_where_one_is_wanted(reader: Reader) -> None:
    sql = "SELECT started_at, 1 AS one FROM calls"
    found = answer(Question(sql, 2, 5, "line"), reader)
    assert (found.columns, found.types) == (["started_at", "one"], ["TIMESTAMP", "INTEGER"])
    assert (len(found.rows), found.cut, found.too_much) == (2, True, False)
    assert found.numeric == [False, True]
    (chart,) = found.charts
    assert len(chart.x) == 2
    assert not answer(Question(sql, 9, 5), reader).charts


def test_what_is_refused_or_slow_is_an_error(reader: Reader) -> None:
    with pytest.raises(QueryError, match="refused"):
        answer(Question("DROP TABLE calls", 9, 5), reader)
    endless = "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000) b"
    with pytest.raises(QuerySlowError):
        answer(Question(endless, 9, 0.1), reader)
