"""Where a query is wrong, by DuckDB's real words."""

import duckdb
import pytest

from driftgate.dashboards.place import wrong
from driftgate.proxy.errors import QueryError
from driftgate.proxy.history import gate


def failed(sql: str) -> QueryError:
    """The error of a query over a table with one column, through the gate as pages ask it."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE calls (model VARCHAR)")
        try:
            connection.execute(gate.check(connection, sql))
        except QueryError as error:
            return error
        except duckdb.Error as error:
            return QueryError("one line", str(error))
    raise AssertionError("it is right")


@pytest.mark.parametrize(
    ("sql", "line", "column", "at"),
    [
        ("SELECT * FORM calls", 1, 15, "calls"),
        ("SELECT model,\n  nope\nFROM calls", 2, 3, "nope"),
        ("-- first\nSELECT model, -- second\n  nope, -- third\n 1\nFROM calls", 3, 3, "nope"),
        ("SELECT " + "1, " * 200 + "nope, " + "1, " * 200 + "1 FROM calls", 1, 608, "nope"),
        ("SELECT 'é', nope FROM calls", 1, 13, "nope"),
        ("SELECT 'x'::INT", 1, 11, None),
    ],
)
def test_the_place_is_found_in_what_was_typed(
    sql: str, line: int, column: int, at: str | None
) -> None:
    found = wrong(failed(sql), sql)
    assert (found.line, found.column) == (line, column)
    assert sql[found.start : found.end] == found.at
    assert at in {None, found.at}
    assert (found.before + found.at + found.after) in sql
    assert "LINE" not in found.why
    assert "^" not in found.why


def test_words_of_ours_have_no_place() -> None:
    found = wrong(QueryError("PRAGMA is refused"), "PRAGMA version")
    assert (found.why, found.line) == ("PRAGMA is refused", 0)


@pytest.mark.parametrize("told", ["LINE 1: ", "x\n\nLINE 1: abc\n", "x\n\nLINE 1: abc\n ^", "LINE 1: a\n" + " " * 99 + "^"])  # fmt: skip
def test_words_that_point_nowhere_are_shown_all_the_same(told: str) -> None:
    assert wrong(QueryError("x", told), "SELECT 1").line == 0


def test_hostile_sql_is_only_text() -> None:
    sql = "<script>alert(1)</script>"
    assert wrong(failed(sql), sql).at in sql
