"""`driftgate gate`: options, exit codes, and where the report goes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from driftgate import cli
from driftgate.commands import gate_run
from driftgate.commands.gate_asked import Asked
from driftgate.replay.decide.decision import Decision, GateVerdict, Health
from driftgate.replay.report.report import Report
from driftgate.replay.run.kept import Run
from driftgate.replay.sitting import RunInterruptedError

HEALTH = Health(3, 6, {"baseline": 6, "candidate": 6}, 1.0, {}, 0.9, 0.9, [], [])
RUN = Run("0190a0a0-0000-7000-8000-000000000001", datetime(2026, 11, 28, tzinfo=UTC))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRIFTGATE_HISTORY", str(tmp_path / "h.duckdb"))
    (tmp_path / "h.duckdb").touch()
    return tmp_path


def deciding(monkeypatch: pytest.MonkeyPatch, verdict: GateVerdict) -> list[Asked]:
    """The gate decides so, whatever it is asked; what it was asked."""
    seen: list[Asked] = []

    def gated(asked: Asked, *, quiet: bool) -> Report:
        seen.append(asked)
        return Report(RUN, Decision(verdict, "As it is.", HEALTH))

    monkeypatch.setattr(gate_run, "gated", gated)
    return seen


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (GateVerdict.PASS, 0),
        (GateVerdict.DRIFT, 1),
        (GateVerdict.INCONCLUSIVE, 3),
        (GateVerdict.COULD_NOT_CHECK, 4),
    ],
)
def test_the_verdict_is_the_exit_code(
    verdict: GateVerdict,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deciding(monkeypatch, verdict)
    assert cli.main(["gate", "--candidate", "c.toml", "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert told["decision"]["verdict"] == verdict.value


def test_a_report_goes_to_a_file_and_its_sentence_to_stderr(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deciding(monkeypatch, GateVerdict.PASS)
    words = ["gate", "--candidate", "c.toml", "--format", "html", "-o", "report.html"]
    assert cli.main(words) == 0
    assert "<html" in (folder / "report.html").read_text()
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "driftgate: As it is.\n")
    assert cli.main([*words, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_options_reach_the_gate_as_they_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = deciding(monkeypatch, GateVerdict.PASS)
    words = "--baseline b.toml -n 7 --seed 3 -k 4 --concurrency 9 --budget-tokens 10 --stop-early"
    more = "--budget-minutes 0.5 --contract summarize --comparator a:b --comparator c:d --sessions"
    assert cli.main(["gate", "--candidate", "c.toml", *words.split(), *more.split()]) == 0
    asked = seen[0]
    assert (asked.candidate, asked.baseline) == (Path("c.toml"), Path("b.toml"))
    assert (asked.chosen.n, asked.chosen.seed, asked.chosen.sessions) == (7, 3, True)
    assert asked.chosen.criteria.contract == "summarize"
    assert (asked.k, asked.concurrency, asked.stop_early) == (4, 9, True)
    assert (asked.budget_tokens, asked.budget_minutes) == (10, 0.5)
    assert asked.comparators == ["a:b", "c:d"]


def test_a_run_that_was_interrupted_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> Report:
        raise RunInterruptedError("0190a0a0", 1200)

    monkeypatch.setattr(gate_run, "gated", interrupted)
    assert cli.main(["gate", "--candidate", "c.toml"]) == 130
    assert capsys.readouterr().err == (
        "driftgate: interrupted after 1,200 answers, which are kept; go on with: --resume 0190a0a0\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "pdf"], "--format pdf: give text, html, markdown, json or junit"),
        (["--history", "none.duckdb"], "no history at none.duckdb"),
        (["-k", "0"], "-k"),
    ],
)
def test_bad_input_is_one_line_and_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["gate", "--candidate", "c.toml", *words]) == 2
    found = capsys.readouterr().err
    assert said in found
    assert found.count("\n") == 1
