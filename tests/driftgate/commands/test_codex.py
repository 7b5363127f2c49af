"""`driftgate codex` with a program that stands for Codex and says what it was told."""

import json
import os
import sys
from pathlib import Path

import pytest

from driftgate import cli
from driftgate.commands import codex
from driftgate.commands.codex_flags import Through
from driftgate.commands.codex_model import NoServerError
from driftgate.commands.codex_proxy import Proxy

PROXY = Proxy("http://127.0.0.1:5", {"ollama": "http://o"})
SAYS = """#!{python}
import json, os, sys
with open({out!r}, "w") as out:
    json.dump([sys.argv[1:], os.environ.get("NO_PROXY"), os.getpid()], out)
{then}
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the stand-in was told, once it ran; a proxy runs, and its server has a model."""
    out = tmp_path / "told.json"
    stands_in(tmp_path, "sys.exit(7)")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(codex, "at_hand", lambda _: _running())
    monkeypatch.setattr(codex, "found", lambda _: PROXY)
    monkeypatch.setattr(
        codex, "through", lambda base, _, model: Through(base, model or "loaded", 4096)
    )
    return out


def _running() -> object:
    import contextlib  # noqa: PLC0415 - of this helper alone

    return contextlib.nullcontext(PROXY)


def stands_in(folder: Path, then: str) -> None:
    """A `codex` in the folder that notes what it was told."""
    program = folder / "codex"
    script = SAYS.format(python=sys.executable, out=str(folder / "told.json"), then=then)
    program.write_text(script)
    program.chmod(0o755)


def test_codex_gets_our_flags_then_its_own_and_its_exit_code_is_ours(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["codex", "--", "exec", "--json", "hi"]) == 7
    arguments, *_ = json.loads(told.read_text())
    assert arguments[-5:] == ["-m", "loaded", "exec", "--json", "hi"]
    assert 'model_provider="driftgate"' in arguments
    said = capsys.readouterr().err
    assert "loaded through http://127.0.0.1:5/v1 (recorded)" in said
    assert "context of 4096 tokens is too small for Codex" in said


def test_from_its_first_word_on_all_options_are_codexs_own(told: Path) -> None:
    assert cli.main(["codex", "--model", "m", "exec", "--json", "hi", "--model", "n"]) == 7
    arguments, *_ = json.loads(told.read_text())
    assert arguments[-5:] == ["exec", "--json", "hi", "--model", "n"]


def test_a_block_for_a_named_model_needs_no_server(
    told: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def down(*_: object) -> Through:
        raise NoServerError("nobody is there")

    monkeypatch.setattr(codex, "through", down)
    assert cli.main(["codex", "--print-config", "--model", "gemma4"]) == 0
    said = capsys.readouterr()
    assert 'model = "gemma4"' in said.out
    assert "model_context_window" not in said.out
    assert "model_context_window is left out" in said.err
    assert cli.main(["codex", "--print-config"]) == 4
    assert "nobody is there; or name the model with --model" in capsys.readouterr().err


def test_a_model_among_its_own_arguments_is_not_named_twice(told: Path) -> None:
    assert cli.main(["codex", "--", "-m", "mine"]) == 7
    arguments, *_ = json.loads(told.read_text())
    assert arguments.count("-m") == 1
    assert "model_context_window=4096" in arguments


def test_an_upstream_that_is_named_is_the_way(told: Path) -> None:
    assert cli.main(["codex", "--upstream", "ollama", "--model", "m"]) == 7
    assert "/u/ollama/v1" in told.read_text()


def test_a_codex_that_is_killed_ends_as_a_shell_reports_it(told: Path) -> None:
    stands_in(told.parent, "os.kill(os.getpid(), 9)")
    assert cli.main(["codex"]) == 137


def test_a_web_proxy_in_the_environment_leaves_the_proxy_alone(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://elsewhere:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    cli.main(["codex"])
    assert json.loads(told.read_text())[1] == "127.0.0.1"


def test_the_block_is_printed_and_nothing_is_run(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["codex", "--print-config"]) == 0
    assert 'base_url = "http://127.0.0.1:5/v1"' in capsys.readouterr().out
    assert not told.exists()


def test_the_block_without_a_proxy_is_for_the_one_that_serve_would_be(
    told: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(told.parent)
    monkeypatch.setattr(codex, "found", lambda _: None)
    assert cli.main(["codex", "--print-config"]) == 0
    assert 'base_url = "http://127.0.0.1:8787/v1"' in capsys.readouterr().out


def test_what_leads_past_driftgate_is_refused(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["codex", "--", "--oss"]) == 2
    assert "`--oss` takes Codex past driftgate" in capsys.readouterr().err


def test_what_asks_no_model_is_left_to_codex(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codex, "at_hand", lambda _: pytest.fail("no proxy is needed"))
    assert cli.main(["codex", "login", "status"]) == 7
    assert json.loads(told.read_text())[0] == ["login", "status"]


def test_a_machine_without_codex_is_told_what_to_do(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (told.parent / "codex").unlink()
    assert cli.main(["codex"]) == 2
    assert "npm install -g @openai/codex" in capsys.readouterr().err
    assert os.environ["PATH"] == str(told.parent)
