"""The schema: ordered steps, newer and damaged files."""

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest

import driftgate
from driftgate.proxy.errors import HistoryDamagedError, HistoryError, HistoryNewerError
from driftgate.proxy.history import migrations
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.reader import JournalEvent
from driftgate.proxy.record import Attempt, Chunk, Outcome, Recorded, Replayed
from tests.proxy.history.calls import MS, batch, call

Shown = dict[str, tuple[list[str], list[Any]]]  # columns and rows, by table or view
LIVE = ("calls", "tool_calls", "violations", "attempts", "messages", "pass_rates", "models")
TOOL_CALL = {"id": "t", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
CALLING = {
    "id": "c",
    "object": "chat.completion",
    "model": "gemma4",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]},
            "finish_reason": "tool_calls",
        }
    ],
}
BROKEN = {
    "contract": "short",
    "verdict": "fail",
    "violations": [
        {
            "source": "contract",
            "keyword": "max_chars",
            "path": "text",
            "reason": "too long",
            "severity": "error",
        }
    ],
    "repairs": [],
    "judged_us": 12,
}


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


def _managed(number: int) -> Recorded:
    """A call that took two attempts, and broke its contract with both."""
    tries = [
        Attempt(
            *(each, ("first", "retry")[each - 1], "default"),
            started_ns=each * MS,
            ended_ns=(each + 1) * MS,
            request_body=b'{"messages": [{"role": "user", "content": "try %d"}]}' % each,
            status=200,
            chunks=[Chunk(each * MS, b'{"object": "chat.completion"}')],
            outcome=Outcome.COMPLETED,
            judged=BROKEN,
        )
        for each in (1, 2)
    ]
    return call(number, attempts=tries, judged=BROKEN)


def _calling(number: int) -> Recorded:
    data = json.dumps(CALLING).encode()
    return call(number, chunks=[Chunk(5 * MS, data)], response_size=len(data))


def _before(new: Path, old: Path, steps: int) -> None:
    """The history `new` as it was made when there were so many steps: the same rows in the old schema."""
    with duckdb.connect(str(old)) as connection:
        for step in migrations.known()[:steps]:
            migrations._apply(connection, step)
        connection.execute(f"ATTACH '{new}' AS new (READ_ONLY)")
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'old' "
            "AND table_name <> 'schema_migrations'"
        ).fetchall()
        for (table,) in tables:
            columns = connection.execute(f"SELECT * FROM {table} LIMIT 0").description
            names = ", ".join(column[0] for column in columns or [])
            connection.execute(f"INSERT INTO {table} BY NAME SELECT {names} FROM new.{table}")
        connection.execute("DETACH new")


def _of_then(now: Shown, then: Shown) -> Shown:
    """What is shown now, of the columns that there were then."""
    kept: Shown = {}
    for name, (columns, rows) in now.items():
        places = [columns.index(each) for each in then[name][0]]
        kept[name] = (then[name][0], [tuple(row[place] for place in places) for row in rows])
    return kept


def _shown(path: Path, *only: str) -> Shown:
    """What can be asked of a history: columns and rows of each table and view, or of these."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = only or [
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE table_name <> 'schema_migrations' "
                "UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
            ).fetchall()
        ]
        shown = {}
        for name in names:
            asked = connection.execute(f"SELECT * FROM {name} ORDER BY ALL")
            shown[name] = ([each[0] for each in asked.description], asked.fetchall())
        return shown


def test_a_history_from_before_replays_shows_the_same_and_goes_on(tmp_path: Path) -> None:
    new, old = tmp_path / "new.duckdb", tmp_path / "old.duckdb"
    store = Store(new)
    store.apply([batch(call(1), _calling(2), _managed(3))])
    store.tidy()
    _before(new, old, 5)
    before = _shown(old)
    assert all(before[name][1] for name in (*LIVE, "tries"))
    migrated = Store(old)
    assert migrated.positions()
    assert _of_then(_shown(old, *before), before) == before
    copies = [_calling(4), _managed(5)]
    for each in copies:
        each.replayed = Replayed(bytes(15) + b"r", "candidate", call(2).call_id, 1)
    migrated.apply([batch(*copies)])
    after = _shown(old, *LIVE, "replays", "all_calls", "all_tool_calls")
    live = {name: before[name] for name in LIVE}
    assert _of_then({name: after[name] for name in LIVE}, live) == live
    assert [len(after[name][1]) for name in ("replays", "all_calls", "all_tool_calls")] == [2, 5, 2]


def test_a_history_from_before_agents_shows_the_same_and_goes_on(tmp_path: Path) -> None:
    new, old = tmp_path / "new.duckdb", tmp_path / "old.duckdb"
    store = Store(new)
    copy = call(4, replayed=Replayed(bytes(15) + b"r", "candidate", call(2).call_id, 1))
    store.apply([batch(call(1), _calling(2), _managed(3), copy)])
    store.tidy()
    _before(new, old, 6)
    before = _shown(old)
    assert all(before[name][1] for name in (*LIVE, "replays", "all_calls"))
    migrated = Store(old)
    assert migrated.positions()
    assert _of_then(_shown(old, *before), before) == before
    parent = str(UUID(bytes=call(1).call_id))
    start = {"call_id": parent, "attempt": 1, "started_at": "2020-01-01", "agent": "a"}
    told = json.dumps({"table": "agent_starts", "rows": [start]})
    made = call(5, request_headers=[("x-driftgate-parent-call-id", parent)])
    migrated.apply([batch(made, events=[JournalEvent(0, "rows", told)])])
    after = _shown(old, "agent_turns", "agent_calls", "replays", "calls")
    assert [len(after[name][1]) for name in after] == [1, 1, 1, 4]
