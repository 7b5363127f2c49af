"""Answers as files."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from driftgate.dashboards.download import FORMATS, write
from driftgate.proxy.errors import QueryError
from driftgate.proxy.history.reader import FILES, Reader, open_history
from tests.support.recorded_calls import small


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with open_history(small(tmp_path / "h.duckdb").path, drain=False) as reader:
        yield reader


def test_the_reader_knows_all_formats() -> None:
    assert set(FORMATS) == set(FILES)


def test_json_is_json_whatever_the_numbers(reader: Reader, tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    sql = "SELECT 'nan'::DOUBLE AS a, 'inf'::FLOAT AS \"b\"\"c\", 1.5::DOUBLE AS d; -- all"
    assert write(sql, target, "json", 5, reader) == 1
    assert json.loads(target.read_text()) == [{"a": None, 'b"c': None, "d": 1.5}]


@pytest.mark.parametrize("sql", ["DESCRIBE calls", "SELECT 1.5 AS a, 2.5::DOUBLE AS a", "FROM calls"])  # fmt: skip
def test_what_cannot_stand_inside_another_query_is_written_too(
    reader: Reader, tmp_path: Path, sql: str
) -> None:
    assert write(sql, tmp_path / "a.json", "json", 5, reader) > 0
    assert json.loads((tmp_path / "a.json").read_text())


def test_parquet_keeps_types(reader: Reader, tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    assert write("SELECT call_id FROM calls", target, "parquet", 5, reader) == 3
    with duckdb.connect() as connection:
        kinds = connection.execute("DESCRIBE FROM read_parquet(?)", [str(target)]).fetchall()
    assert [kind[1] for kind in kinds] == ["UUID"]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_file_is_no_way_around_the_gate(reader: Reader, tmp_path: Path, form: str) -> None:
    for sql in ("COPY calls TO '/tmp/x'", "SELECT 1) TO '/tmp/x' (FORMAT csv); SELECT (1", "SELECT getenv('HOME')"):  # fmt: skip
        with pytest.raises(QueryError):
            write(sql, tmp_path / "a", form, 5, reader)
    assert not (tmp_path / "a").exists()
