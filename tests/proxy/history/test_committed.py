"""What a commit tells of: each new row once, whatever failed on the way."""

from pathlib import Path
from uuid import UUID

import pytest

from driftgate.proxy.errors import HistoryBusyError
from driftgate.proxy.history import store as store_module
from driftgate.proxy.history.committed import Committed
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.prepare import Prepared, Preparer
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal import head
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome
from tests.proxy.history.calls import batch, call


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "h.duckdb"


def ids(committed: Committed) -> list[int]:
    return [UUID(each.row["call_id"]).int & 0xFFFF for each in committed.calls]


def seen(at_us: int, number: int) -> Seen:
    return Seen(at_us * 1000, "u", "m", str(UUID(int=number)), {"n": number})


def test_only_calls_that_the_file_did_not_hold_are_told(path: Path) -> None:
    store = Store(path)
    store.apply([batch(call(1), call(2))])
    assert ids(store.committed) == [1, 2]
    store.apply([batch(call(2), call(3))])
    assert ids(store.committed) == [3]
    store.apply([batch(call(3))])
    assert not store.committed.calls


def test_a_fingerprint_is_told_when_it_is_new_and_whether_it_took_the_place_of_another(
    path: Path,
) -> None:
    store = Store(path)
    store.apply([], seen=[seen(1, 1), seen(2, 1)])
    assert store.committed.shown == [("u", "m", False)]
    store.apply([], seen=[seen(3, 2), seen(4, 1), seen(5, 1)])
    assert store.committed.shown == [("u", "m", True), ("u", "m", True)]
    again = Store(path)
    again.apply([], seen=[seen(6, 1)])
    assert not again.committed


def test_a_transaction_that_fails_tells_of_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_: object) -> None:
        raise HistoryBusyError("held")

    store = Store(path)
    prepared = store.prepare([batch(call(1))])
    prepared.seen = [seen(1, 1)]
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(store_module, "write_positions", held)
        with pytest.raises(HistoryBusyError):
            store.commit(prepared)
    assert not store.committed
    store.commit(prepared)
    assert (ids(store.committed), store.committed.shown) == ([1], [("u", "m", False)])


def test_of_calls_that_are_kept_one_by_one_each_is_told_once_though_the_last_has_to_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(path)
    prepared = store.prepare([batch(call(1), call(2))])
    prepared.calls[0].row["request_body"] = "no id"
    prepared.calls[0].bodies.clear()  # DuckDB refuses it: one by one from here
    kept: list[int] = []
    commit, times = store._commit, 0

    def busy_at_last(part: Prepared) -> int:
        nonlocal times
        times += 1
        if times == 4:  # all together; the first; without what it cannot hold; the second
            raise HistoryBusyError("held")
        return commit(part)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(store, "_commit", busy_at_last)
        with pytest.raises(HistoryBusyError):
            store.commit(prepared)
    kept += ids(store.committed)
    store.commit(prepared)
    kept += ids(store.committed)
    assert sorted(kept) == [1, 2]


def test_a_listener_that_fails_holds_up_neither_the_drain_nor_the_others(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_committed: Committed, _seconds: float) -> None:
        raise ZeroDivisionError

    told: list[tuple[int, bool]] = []
    journal = JournalWriter(tmp_path / "journal", "w1", Rules(min_free_bytes=0))
    drain = Drain(path, tmp_path / "journal")
    drain.listeners += [fails, lambda new, seconds: told.append((len(new.calls), seconds > 0))]
    text = head.request("GET", "/", client="c", upstream="u", url="h", pairs=[])
    journal.add(Kind.REQUEST, bytes(16), journal.now_ns(), text)
    journal.add(Kind.END, bytes(16), journal.now_ns(), head.end(Outcome.COMPLETED))
    journal.commit(bytes(16))
    assert drain.step().calls == 1
    drain.step()  # brings nothing, and tells nothing
    assert told == [(1, True)]
    assert "could not be told further" in caplog.text


def test_segments_set_aside_and_rows_of_runs_are_counted(path: Path, tmp_path: Path) -> None:
    store = Store(path)
    bad = batch(call(1))
    bad.quarantined.append(tmp_path / "000001.bad")
    prepared = Preparer().prepare([bad])
    prepared.rows = [("runs", {"run_id": str(UUID(int=1)), "started_at": "2026-01-01T00:00:00"})]
    store.commit(prepared)
    assert (store.committed.quarantined, store.committed.rows) == (1, 1)
    assert store.committed.given == prepared.rows


def test_a_call_is_told_as_it_was_written_with_what_only_the_history_knows(path: Path) -> None:
    store = Store(path)
    store.apply([batch(call(1))], seen=[seen(-1, 7)])
    (told,) = store.committed.calls
    assert told.kept == {**told.row, **told.kept}
    assert told.kept.keys() > told.row.keys()
