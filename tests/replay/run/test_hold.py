"""One process at a time asks for a run."""

import fcntl
import threading
from pathlib import Path

import pytest

from driftgate.proxy.errors import JournalError
from driftgate.proxy.journal.reader import writers
from driftgate.proxy.settings.model import journal_root
from driftgate.replay.run.hold import held, is_held
from driftgate.replay.run.targets import CouldNotCheckError


def test_a_second_one_is_refused_and_another_run_is_not(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    with held(history, "0190"):
        with held(history, "0191"):
            pass
        refused = pytest.raises(CouldNotCheckError, match="run 0190 is being asked by another")
        with refused, held(history, "0190"):
            raise AssertionError
        assert writers(journal_root(history)) == []
    assert list(journal_root(history).iterdir()) == []


def test_looking_whether_it_is_held_is_in_nobodys_way(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    assert not is_held(history, "0190")
    with held(history, "0190"):
        assert is_held(history, "0190")
        assert is_held(history, "0190")
    assert not is_held(history, "0190")
    path = journal_root(history) / "0190.run"
    path.touch()
    with path.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.02, fcntl.flock, (looking.fileno(), fcntl.LOCK_UN)).start()
        with held(history, "0190"):
            assert is_held(history, "0190")


def test_a_run_that_was_ended_can_go_on(tmp_path: Path) -> None:
    history = tmp_path / "h.duckdb"
    with pytest.raises(KeyboardInterrupt), held(history, "0190"):
        raise KeyboardInterrupt
    with held(history, "0190"):
        pass


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="cannot make"), held(tmp_path / "file" / "h", "0190"):
        raise AssertionError
