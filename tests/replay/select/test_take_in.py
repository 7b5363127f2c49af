"""Into the history by a journal: with a historian, without one, and when somebody holds the file."""

import asyncio
import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from driftgate.proxy import admin
from driftgate.proxy.errors import DiskFullError, HistoryBusyError
from driftgate.proxy.historian import Historian
from driftgate.proxy.history import drain
from driftgate.proxy.history.drain import LOCK
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.journal.reader import writers
from driftgate.proxy.settings.model import journal_root
from driftgate.replay.select.take_in import journal_of, taken_in
from tests.replay.select.recorded import chat, recording
from tests.support.recorded_calls import call_id

ROW = {"run_id": "0190a0a0-0000-7000-8000-000000000001", "started_at": "2026-11-25 07:00:00"}


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "h.duckdb"


def runs(history: Path) -> int:
    with open_history(history, drain=False) as reader:
        return int(reader.ask("SELECT count(*) FROM runs").rows[0][0])


def test_what_was_written_is_in_a_history_that_was_not_there(history: Path) -> None:
    with journal_of(history) as journal:
        journal.rows("runs", [ROW])
    assert runs(history) == 1
    assert writers(journal_root(history)) == []
    assert not history.with_name("h.duckdb.wal").exists()


def test_much_takes_as_long_as_it_takes(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only others are waited for, and there are none."""
    monkeypatch.setattr(drain, "STEP_BYTES", 1)
    with journal_of(recording(history), wait_s=0) as journal:
        for number in range(3):
            journal.rows("runs", [{**ROW, "run_id": str(call_id(number))}])
    assert runs(history) == 3


@contextmanager
def historian(history: Path) -> Iterator[Historian]:
    """One that runs, in a thread."""
    ready, found = threading.Event(), []

    async def run() -> None:
        running = Historian(history, journal_root(history), decode_limit=1 << 20)
        server = await admin.listen(admin.socket_path(history, "history"), running.answer)
        found.append((running, asyncio.get_running_loop()))
        ready.set()
        await running.run()
        server.close()
        running.close()

    with (journal_root(history) / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=asyncio.run, args=(run(),))
        thread.start()
        assert ready.wait(20)
        running, loop = found[0]
        try:
            yield running
        finally:
            loop.call_soon_threadsafe(running.stopping.set)
            thread.join()


def test_a_historian_that_runs_is_asked_to_take_it_in(history: Path) -> None:
    journal_root(recording(history)).mkdir()
    with historian(history) as running:
        with journal_of(history) as journal:
            journal.rows("runs", [ROW])
        assert writers(journal_root(history)) == []
        assert running.drain.unread_bytes() == 0
        assert runs(history) == 1


def test_a_historian_that_does_not_answer_is_waited_for(history: Path) -> None:
    """It holds the lock, and takes the journal in as it comes to it: here once it has gone."""
    journal_root(recording(history)).mkdir()
    with (journal_root(history) / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        timer = threading.Timer(0.2, fcntl.flock, (lock, fcntl.LOCK_UN))
        timer.start()
        with journal_of(history) as journal:
            journal.rows("runs", [ROW])
        timer.join()
    assert runs(history) == 1


def test_a_lock_that_stays_loses_nothing(history: Path) -> None:
    journal_root(recording(history)).mkdir()
    with (journal_root(history) / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with (
            pytest.raises(HistoryBusyError, match="nothing is lost"),
            journal_of(history, wait_s=0.1) as journal,
        ):
            journal.rows("runs", [ROW])
    (left,) = writers(journal_root(history))
    taken_in(history, left)
    assert runs(history) == 1


def test_a_journal_that_another_process_took_in_is_done(history: Path) -> None:
    taken_in(history, journal_root(history) / "gone")
    assert not history.exists()


def test_a_journal_that_could_not_be_written_is_an_error(history: Path) -> None:
    recording(history, chat(0))
    with pytest.raises(DiskFullError, match="no room"), journal_of(history) as journal:
        journal.full = "no room"
