"""One process at a time asks for a run."""

from pathlib import Path

import pytest

from driftgate.proxy.errors import JournalError
from driftgate.proxy.journal.reader import writers
from driftgate.proxy.settings.model import journal_root
from driftgate.replay.run.hold import held
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
