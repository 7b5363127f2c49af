"""How an exception at the top is told."""

import errno

import pytest
import typer

from driftgate.commands import faults
from driftgate.proxy.errors import DriftgateError, SettingsError, UsageError


def test_our_own_errors_keep_their_words_and_exit_code() -> None:
    assert faults.describe(UsageError("no such file")) == ("no such file", 2)
    assert faults.describe(DriftgateError("broken")) == ("broken", 70)


def test_settings_errors_have_a_line_for_each_problem() -> None:
    assert faults.describe(SettingsError("a\nb"))[0] == "a\ndriftgate: b"


def test_a_wrong_value_is_one_line_and_names_the_help() -> None:
    message, code = faults.describe(typer.BadParameter("not a\nnumber"))
    assert message == "invalid value: not a number. See 'driftgate --help'"
    assert code == 2


def test_a_wrong_choice_is_told_without_the_words_of_a_library() -> None:
    message, _ = faults.describe(typer.BadParameter("Value error, 'x' is not one of 'a', 'b'"))
    assert message == "invalid value: 'x' is not one of 'a', 'b'. See 'driftgate --help'"


def test_a_place_that_is_not_ours_is_named() -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "/root/x.duckdb")
    assert faults.describe(error) == ("/root/x.duckdb: Permission denied", 2)


def test_ctrl_c_in_a_query_is_no_fault() -> None:
    assert faults.interrupted(RuntimeError("Query interrupted"))
    assert not faults.interrupted(RuntimeError("anything else"))


def test_a_full_disk_is_nobodys_bug() -> None:
    error = OSError(errno.ENOSPC, "No space left on device")
    assert faults.describe(error) == ("cannot write the output: No space left on device", 4)


def test_a_traceback_that_cannot_be_written_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    message, code = faults.describe(RuntimeError(""))
    assert message.startswith("our own fault, RuntimeError; the traceback could not be written")
    assert code == 70
