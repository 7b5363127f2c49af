"""The report and its exit code."""

import json
from pathlib import Path

import pytest

from driftgate import cli
from driftgate.commands.checks import Finding, State
from driftgate.commands.doctor import page, verdict
from driftgate.proxy.errors import Exit
from tests.support.processes import free_port
from tests.support.recorded_calls import Canned


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Options for a machine on which nothing runs; no Codex either."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    return ["--history", str(tmp_path / "h.duckdb")]


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([State.GOOD, State.NOTE, State.WARNING], Exit.GOOD),
        ([State.UNKNOWN, State.GOOD], Exit.COULD_NOT_CHECK),
        ([State.UNKNOWN, State.PROBLEM], Exit.FOUND),
        ([], Exit.GOOD),
    ],
)
def test_the_worst_finding_sets_the_exit_code(states: list[State], code: Exit) -> None:
    assert verdict([Finding("x", state, "y") for state in states]) == code


def test_every_remedy_follows_its_finding() -> None:
    lines = page(
        [Finding("a", State.GOOD, "fine"), Finding("b", State.PROBLEM, "bad\x1b", "do this")],
        colour=False,
    )
    assert lines == ["ok      a: fine", "PROBLEM b: bad\\x1b", "        -> do this"]


def test_colour_is_for_terminals() -> None:
    assert page([Finding("a", State.GOOD, "b")], colour=True) == ["\x1b[32mok      \x1b[0ma: b"]


def test_an_unreachable_upstream_is_found(
    nothing_runs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert cli.main(["doctor", "--upstream", url, *nothing_runs]) == 1
    out = capsys.readouterr().out
    assert f"PROBLEM upstream given: {url} does not answer: connection refused" in out
    assert "note    proxy: no proxy runs" in out
    assert "note    codex:" in out


def test_a_healthy_machine_is_all_good(
    nothing_runs: list[str], canned: Canned, capsys: pytest.CaptureFixture[str]
) -> None:
    canned.answer("/v1/models", {"data": [{"id": "gemma4"}]})
    canned.answer("/props", {"default_generation_settings": {"n_ctx": 40960}})
    canned.answer("/v1/responses", {}, 400)
    bare = canned.url.removeprefix("http://")
    assert cli.main(["doctor", "--json", "--upstream", bare, *nothing_runs]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert {finding["state"] for finding in findings} <= {"good", "note", "warning"}
    assert any("llama-server" in finding["what"] for finding in findings)


def test_a_broken_settings_file_does_not_keep_a_given_address_from_being_checked(
    nothing_runs: list[str],
    tmp_path: Path,
    canned: Canned,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "driftgate.toml").write_text("lisen = 1\n")
    monkeypatch.chdir(tmp_path)
    cli.main(["doctor", "--upstream", canned.url, *nothing_runs])
    assert f"{canned.url} answers" in capsys.readouterr().out


def test_what_is_set_already_is_not_proposed(
    nothing_runs: list[str],
    tmp_path: Path,
    canned: Canned,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    canned.answer("/v1/models", {"data": [{"id": "gemma4"}]})
    canned.answer("/v1/chat/completions", {}, 400)
    (tmp_path / "driftgate.toml").write_text(
        f'[upstreams.chatty]\nurl = "{canned.url}"\nadapt = "responses-to-chat"\n'
    )
    monkeypatch.chdir(tmp_path)
    assert cli.main(["doctor", "--no-probe", *nothing_runs]) == 0
    assert "`adapt` sends it to /v1/chat/completions" in capsys.readouterr().out


def test_wrong_settings_are_a_finding_too(
    nothing_runs: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "driftgate.toml").write_text("lisen = 1\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["doctor", *nothing_runs]) == 1
    assert "PROBLEM settings: " in capsys.readouterr().out
