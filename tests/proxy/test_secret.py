"""The redaction key: made once, private, kept."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from driftgate.proxy.errors import JournalError
from driftgate.proxy.secret import KEY_BYTES, KEY_FILE, redaction_key


def test_the_key_stays_the_same_and_is_private(tmp_path: Path) -> None:
    root = tmp_path / "a" / "journal"
    key = redaction_key(root)
    assert len(key) == KEY_BYTES
    assert redaction_key(root) == key
    assert stat.S_IMODE((root / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in root.iterdir()] == [KEY_FILE]


def test_two_histories_have_two_keys(tmp_path: Path) -> None:
    assert redaction_key(tmp_path / "a") != redaction_key(tmp_path / "b")


def test_those_who_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: redaction_key(tmp_path / "j"), range(8)))
    assert len(keys) == 1


def test_a_folder_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"cannot use the journal folder .*--history"):
        redaction_key(tmp_path / "file")


def test_a_key_that_a_power_loss_emptied_is_not_used(tmp_path: Path) -> None:
    redaction_key(tmp_path)
    (tmp_path / "redaction.key").write_bytes(b"")
    with pytest.raises(JournalError, match="damaged; delete it"):
        redaction_key(tmp_path)
