"""People's SQL, exact bodies, calls by the beginning of their id."""

import datetime as dt
import gzip
import json
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from driftgate.proxy.errors import NotFoundError, QueryError, QuerySlowError
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.history.store import Store
from driftgate.proxy.record import Chunk
from tests.proxy.history.calls import batch, call
from tests.support.waiting import wait_until

_GZIPPED = gzip.compress(call(3).request_body)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "it's.duckdb"
    encoded = call(3, request_body=_GZIPPED, request_headers=[("content-encoding", "gzip")])
    odd = call(4, request_body=b"\x00\xff", chunks=[Chunk(0, b""), Chunk(1, b"\xfe")])
    Store(path).apply([batch(call(1), call(2), encoded, odd, call(5, request_body=b"", chunks=[]))])
    return path


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    with open_history(path, drain=False) as reader:
        yield reader


def identity(number: int) -> str:
    return str(uuid.UUID(bytes=call(number).call_id))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "from calls limit 1;",
        "EXPLAIN SELECT 1",
        "explain (format json) select 1",
        "EXPLAIN ANALYZE SELECT count(*) FROM calls",
        "DESCRIBE calls",
        "SHOW TABLES",
        "SUMMARIZE calls",
        "PIVOT calls ON outcome USING count(*) GROUP BY model",
        "WITH a AS (SELECT 1) SELECT * FROM a -- the end",
        "SELECT query FROM calls WHERE input_text NOT LIKE '%write_log(%'",
        "VALUES (1)",
        "SELECT/**/1 /* a */;-- b\n;",
        "SELECT '-- no comment; ' || 'é' AS \"a;b\"",
        "SELECT now()",
    ],
)
def test_a_question_is_answered(reader: Reader, sql: str) -> None:
    assert reader.ask(sql).rows


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing",
        "SELEKT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DELETE FROM calls",
        "COMMIT; DELETE FROM calls",
        "DELETE FROM calls",
        "INSERT INTO events SELECT * FROM events",
        "CREATE TEMP TABLE t AS SELECT 1",
        "CREATE TYPE t AS ENUM ('a'); SELECT 1",
        "CHECKPOINT",
        "VACUUM",
        "PRAGMA enable_profiling",
        "CALL checkpoint()",
        "SET threads = 1",
        "RESET threads",
        "LOAD json",
        "INSTALL httpfs",
        "ATTACH 'x.duckdb'",
        "COPY calls TO 'x.csv'",
        "EXPORT DATABASE 'x'",
        "BEGIN",
        "EXPLAIN DELETE FROM calls",
        "EXPLAIN ANALYZE DELETE FROM calls",
        "EXPLAIN ANALYZE COPY calls TO 'x.csv'",
        "EXPLAIN (ANALYZE) COPY calls TO 'x.csv'",
        "/* a */ EXPLAIN /* b */ ANALYZE COPY calls TO 'x.csv'",
        "SELECT * FROM checkpoint()",
        "SELECT * FROM force_checkpoint()",
        "SELECT write_log('x')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_databases",
        'SELECT * FROM "duckdb_databases"()',
        "SELECT current_setting('temp_directory')",
        "SELECT * FROM query('SELECT * FROM duckdb_' || 'settings()')",
        "SELECT * FROM query /* a */ ('SELECT 1')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM pg_settings",
        "SELECT * FROM which_secret('s3://a', 's3')",
        "SELECT * FROM duckdb_profiling_settings()",
        "SELECT * FROM duckdb_extension_repositories()",
        "SELECT * FROM register_external_resource_type('a', kind := 'b', create_function := 'c')",
        "SELECT * FROM destroy_external_resource('duckdb_settings', 1)",
        "SELECT * FROM 'http://127.0.0.1:1/x.csv'",
        "SELECT * FROM nowhere",
        "SELECT 1) TO '/tmp/x' (FORMAT csv); SELECT (1",
    ],
)
def test_anything_else_is_refused(reader: Reader, sql: str) -> None:
    with pytest.raises(QueryError):
        reader.ask(sql)
    with pytest.raises(QueryError):
        reader.write_parquet(sql, reader.path.with_suffix(".parquet"))
    assert not reader.path.with_suffix(".parquet").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '{}'",
        'SELECT * FROM "{}"',
        "SELECT * FROM calls, './{}'",
        "SELECT * FROM calls NATURAL JOIN 'file:///a/{}/'",
        "DESCRIBE 'a''b/{}'",
        "EXPLAIN ANALYZE TABLE '{}'",
        "SELECT * FROM {}",
        'SELECT * FROM "{stem}" /* a */ . "{end}"',
        "SELECT * FROM '{}.wal'",
        "SELECT * FROM read_blob('{}')",
        "SELECT * FROM read_csv (E'{}')",
        "SELECT * FROM \"read_duckdb\"($${}$$, table_name = 'calls')",
        "SELECT * FROM parquet_metadata('{}')",
        "SELECT * FROM seq_scan('{}')",
    ],
)
def test_the_file_itself_is_never_read(path: Path, sql: str) -> None:
    own = path.rename(path.with_name("Own.duckdb"))
    refused = pytest.raises(
        QueryError, match=r"is the history's file|is not available here|are disabled"
    )
    with open_history(own, drain=False) as reader, refused:
        reader.ask(sql.format(own.name, stem="Own", end="duckdb"))


def test_names_that_are_like_refused_ones_are_none(reader: Reader) -> None:
    name = "history.duckdb"
    sql = f"SELECT 'see {name}, or ''{name}'' ' AS read_text, 1 AS query, 'a.' || 'b' AS \"c.d\""
    assert reader.ask(sql).rows == [(f"see {name}, or '{name}' ", 1, "a.b")]


def test_parameters_limit_and_types(reader: Reader) -> None:
    sql = "SELECT upstream, total_ms FROM calls WHERE model = ? ORDER BY started_at"
    result = reader.ask(sql, ["gemma4"], limit=2)
    assert (result.columns, result.types, result.cut) == (
        ["upstream", "total_ms"],
        ["VARCHAR", "DOUBLE"],
        True,
    )
    assert result.rows == [("default", 10.0)] * 2
    assert not reader.ask(sql, ["gemma4"], limit=3).cut
    assert len(reader.ask(sql, ["gemma4"]).rows) == 3


def test_times_with_zones_come_as_utc(reader: Reader) -> None:
    result = reader.ask("SELECT 1 AS a, TIMESTAMPTZ '2026-01-01 01:00:00+01' AS t")
    assert result.rows == [(1, dt.datetime(2026, 1, 1))]  # noqa: DTZ001 - UTC without a zone
    assert result.types == ["INTEGER", "TIMESTAMP"]


def test_a_long_question_is_stopped(reader: Reader) -> None:
    endless = "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000) b"
    before = threading.active_count()
    with pytest.raises(QuerySlowError, match=r"stopped after 0\.2 s"):
        reader.ask(endless, timeout_s=0.2)
    assert reader.ask("SELECT 1", timeout_s=5).rows == [(1,)]
    wait_until(lambda: threading.active_count() <= before, what="the end of what stops questions")


def test_an_answer_becomes_a_parquet_file_with_its_types(reader: Reader, tmp_path: Path) -> None:
    target = tmp_path / "o'ut.parquet"
    assert reader.write_parquet("SELECT call_id, chunk_us FROM calls; -- all", target) == 5
    with duckdb.connect() as connection:
        kinds = connection.execute("DESCRIBE FROM read_parquet(?)", [str(target)]).fetchall()
    assert [kind[1] for kind in kinds] == ["UUID", "BIGINT[]"]
    pivot = "PIVOT calls ON outcome USING count(*) GROUP BY method"
    assert reader.write_parquet(pivot, target) == 1


def test_an_answer_becomes_csv_and_json_too(reader: Reader, tmp_path: Path) -> None:
    sql = "SELECT method, [1] AS one, NULL AS no FROM calls WHERE model = 'gemma4' -- all"
    assert reader.write_file(sql, tmp_path / "it.csv", "csv") == 3
    assert (tmp_path / "it.csv").read_text() == "method,one,no\n" + "POST,[1],\n" * 3
    assert reader.write_file(sql, tmp_path / "it.json", "json") == 3
    told = json.loads((tmp_path / "it.json").read_text())
    assert told == [{"method": "POST", "one": [1], "no": None}] * 3
    with pytest.raises(QueryError):
        reader.write_file("COPY calls TO '/tmp/x'", tmp_path / "no.csv", "csv")
    assert not (tmp_path / "no.csv").exists()


def test_an_error_keeps_duckdbs_own_words_with_the_place(reader: Reader) -> None:
    with pytest.raises(QueryError) as error:
        reader.ask("SELECT 1,\n nope FROM calls")
    assert "\n" not in str(error.value)
    *_, quoted, pointed = error.value.told.splitlines()
    assert quoted.index("nope") == pointed.index(
        "^"
    )  # DuckDB 1.5 underlines its first letter alone
    with pytest.raises(QueryError) as error:
        reader.ask("SELEKT 1")
    assert "LINE 1: SELEKT" in error.value.told


def test_bodies_come_back_byte_for_byte(reader: Reader) -> None:
    assert reader.request_bytes(identity(1)) == call(1).request_body
    assert reader.response_bytes(identity(1)) == b"".join(c.data for c in call(1).chunks)
    assert reader.request_bytes(identity(3)) == _GZIPPED
    assert reader.request_bytes(identity(4)) == b"\x00\xff"
    assert reader.response_bytes(identity(4)) == b"\xfe"
    assert reader.request_bytes(identity(5)) == b""


def test_an_encoded_body_is_readable_too(reader: Reader) -> None:
    sql = "SELECT model, request_decoded_body IS NOT NULL FROM calls WHERE call_id = ?"
    assert reader.ask(sql, [identity(3)]).rows == [("gemma4", True)]


def test_a_call_is_found_by_the_beginning_of_its_id(reader: Reader) -> None:
    assert reader.find_call(identity(1)) == identity(1)
    assert reader.find_call(identity(1).replace("-", "").upper()) == identity(1)
    with pytest.raises(NotFoundError, match="several calls"):
        reader.find_call(identity(1)[:8])
    with pytest.raises(NotFoundError, match=f"the last ones are: .*{identity(5)}"):
        reader.find_call("zz")
    with pytest.raises(NotFoundError, match="nearest: "):
        reader.find_call(identity(1)[:-1] + "f")


def test_no_history_is_said_plainly(tmp_path: Path) -> None:
    with (
        pytest.raises(NotFoundError, match="no history there"),
        open_history(tmp_path / "none.duckdb", drain=False),
    ):
        pass


def test_parameters_are_given_in_order_or_by_name(reader: Reader) -> None:
    assert reader.ask("SELECT ? - ?", [3, 1]).rows == [(2,)]
    named = reader.ask("SELECT $a - $b AS rest, now() AS at", {"b": 1, "a": 3}).by_name()
    assert [row["rest"] for row in named] == [2]
    with pytest.raises(
        QueryError, match=r"\b[ac]\b"
    ):  # DuckDB 1.5 names what is missing, 2 what is too much
        reader.ask("SELECT $a", {"c": 1})
