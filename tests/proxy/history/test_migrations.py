"""The schema: ordered steps, newer and damaged files."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import driftgate
from driftgate.proxy.errors import HistoryDamagedError, HistoryError, HistoryNewerError
from driftgate.proxy.history import migrations
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.store import Store
from tests.proxy.history.calls import batch, call


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "history.duckdb"
    store = Store(path)
    store.apply([batch(call(1))])
    store.tidy()
    return path


def test_steps_are_recorded_by_name_and_applied_once(path: Path) -> None:
    Store(path).positions()
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT name, driftgate_version FROM schema_migrations"
        ).fetchall()
    assert rows == [(step.name, driftgate.__version__) for step in migrations.known()]


def test_a_step_that_is_missing_is_applied_to_an_old_history(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [*migrations.known(), migrations.Migration("999_more", "CREATE TABLE more (a INTEGER)")]
    monkeypatch.setattr(migrations, "known", lambda: steps)
    Store(path).apply([batch(call(2))])
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("FROM more").fetchall() == []
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (2,)


def test_a_step_that_fails_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = migrations.Migration("999_broken", "CREATE TABLE more (a INTEGER); SELECT nothing")
    monkeypatch.setattr(migrations, "known", lambda: [broken])
    monkeypatch.setattr(migrations, "check", lambda *_: set())
    with pytest.raises(HistoryError):
        Store(path).positions()
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert ("more",) not in tables


def test_a_newer_schema_is_named_with_both_versions(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "INSERT INTO schema_migrations VALUES ('777_future', now()::TIMESTAMP, '9.9')"
        )
    named = rf"777_future of driftgate 9\.9, this is driftgate {driftgate.__version__}"
    with pytest.raises(HistoryNewerError, match=named):
        Store(path).apply([batch(call(2))])
    with pytest.raises(HistoryNewerError, match=named), open_history(path, drain=False):
        pass


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE accounts (a INTEGER)")
    with pytest.raises(HistoryDamagedError, match="holds the table accounts"):
        Store(path).positions()


@pytest.mark.parametrize("where", ["all", "head", "middle"])
def test_a_damaged_file_is_named_as_such(path: Path, where: str) -> None:
    data = bytearray(path.read_bytes())
    start, end = {"all": (0, len(data)), "head": (0, 4096), "middle": (4096, len(data))}[where]
    data[start:end] = b"\x5a" * (end - start)
    path.write_bytes(data)
    with pytest.raises(HistoryDamagedError, match=r"history\.duckdb"):
        Store(path).apply([batch(call(2))])


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _of_sqlite(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE calls (a)")
        other.commit()


@pytest.mark.parametrize("spoil", [_truncated, _a_folder, _of_sqlite])
def test_what_is_no_history_is_told_in_one_line_with_what_to_do(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    with pytest.raises(HistoryDamagedError, match=r"move it away, and a new one is begun") as one:
        Store(path).positions()
    with (
        pytest.raises(HistoryDamagedError, match=r"move it away, and a new one is begun"),
        open_history(path, wait_s=0.1, drain=False),
    ):
        pass
    assert "\n" not in str(one.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="nowhere does not exist; make it"):
        Store(tmp_path / "nowhere" / "h.duckdb").positions()


def test_every_table_view_and_column_has_its_comment(path: Path) -> None:
    with duckdb.connect(str(path), read_only=True) as connection:
        assert (
            connection.execute(
                "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL "
                "UNION ALL SELECT view_name, '' FROM duckdb_views() WHERE NOT internal AND comment IS NULL "
                "UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE NOT internal AND comment IS NULL"
            ).fetchall()
            == []
        )
