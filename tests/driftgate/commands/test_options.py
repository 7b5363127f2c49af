"""Options that commands share."""

from pathlib import Path

import pytest

from driftgate.commands import options
from driftgate.proxy.config import Settings
from driftgate.proxy.errors import NotFoundError


def test_the_default_history_is_the_settings_default() -> None:
    assert Settings.model_fields["history"].default == options.DEFAULT_HISTORY


def test_a_missing_history_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="driftgate serve"):
        options.existing(tmp_path / "absent.duckdb")


def test_messages_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    options.note("hello")
    assert capsys.readouterr() == ("", "driftgate: hello\n")
