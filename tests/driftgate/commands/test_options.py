"""Options that commands share."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from driftgate.commands import options
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.settings.load import Settings


def test_the_default_history_is_the_settings_default() -> None:
    assert Settings.model_fields["history"].default == options.DEFAULT_HISTORY


def _history_of(*words: str) -> str:
    app = typer.Typer()

    @app.command()
    def told(history: options.History = options.DEFAULT_HISTORY) -> None:
        typer.echo(history)

    return CliRunner().invoke(app, words).stdout.strip()


def test_the_history_is_the_one_that_serve_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DRIFTGATE_HISTORY", raising=False)
    monkeypatch.delenv("DRIFTGATE_CONFIG", raising=False)
    assert _history_of() == "driftgate.duckdb"
    Path("driftgate.toml").write_text('history = "there.duckdb"')
    Path("other.toml").write_text('history = "elsewhere.duckdb"')
    assert _history_of() == "there.duckdb"
    monkeypatch.setenv("DRIFTGATE_CONFIG", "other.toml")
    assert _history_of() == "elsewhere.duckdb"
    monkeypatch.setenv("DRIFTGATE_HISTORY", "named.duckdb")
    assert _history_of() == "named.duckdb"
    assert _history_of("--history", "given.duckdb") == "given.duckdb"


@pytest.mark.parametrize("text", ["history =", "history = 3", 'history = ""', "a = " + "[" * 9999])
def test_a_settings_file_that_names_no_history_leaves_the_default(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIFTGATE_CONFIG", str(tmp_path / "d.toml"))
    (tmp_path / "d.toml").write_text(text)
    assert options.configured_history() == options.DEFAULT_HISTORY


def test_a_missing_history_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="driftgate serve"):
        options.existing(tmp_path / "absent.duckdb")


def test_messages_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    options.note("hello")
    assert capsys.readouterr() == ("", "driftgate: hello\n")
