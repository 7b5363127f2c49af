"""A process's own journal: where it lies, how it is kept, and with whose key secrets are hidden."""

from pathlib import Path

import pytest

from driftgate.proxy.errors import JournalError
from driftgate.proxy.journal.reader import writers
from driftgate.proxy.own_journal import make_redactor, open_journal
from driftgate.proxy.settings.model import Settings, journal_root


def test_processes_of_a_history_have_a_journal_each_and_one_key(tmp_path: Path) -> None:
    settings = Settings(history=tmp_path / "h.duckdb")
    journals = [open_journal(settings, name) for name in ("0", "agents")]
    for each in journals:
        each.close()
    folders = [folder.name for folder in writers(journal_root(settings.history))]
    assert sorted(name.rpartition("-")[2] for name in folders) == ["0", "agents"]
    masks = {make_redactor(settings).mask(b"secret") for _ in range(2)}
    assert len(masks) == 1


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(history=tmp_path / "file" / "h.duckdb")
    with pytest.raises(JournalError):
        make_redactor(settings)
