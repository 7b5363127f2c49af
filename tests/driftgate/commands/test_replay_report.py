"""`driftgate replay report` over a real history."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from driftgate import cli
from tests.driftgate.commands.replayed import FOREIGN, OLDER, OPEN, RUN, build, use


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "h.duckdb"
    build(path)
    return path


@pytest.fixture(autouse=True)
def used(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(history, monkeypatch)


def test_a_run_is_reported_by_the_start_of_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "report", RUN[:14]]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Drift: Contract pass rate fell by 5.6 points")
    assert RUN in out
    assert "quantization  Q8_0" in out


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "report", OLDER, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["run"]["run_id"] == OLDER
    assert told["verdict"] == "drift"
    assert {"quantization", "model"} <= {each["name"] for each in told["differences"]}


def test_a_file_is_written_instead_of_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.html"
    words = ["replay", "report", RUN, "--format", "html", "--output", str(target)]
    assert cli.main(words) == 0
    assert capsys.readouterr().out == ""
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_junit_says_inconclusive_as_asked(tmp_path: Path) -> None:
    target = tmp_path / "gate.xml"
    words = ["--format", "junit", "--inconclusive", "skipped", "-o", str(target)]
    assert cli.main(["replay", "report", RUN, *words]) == 0
    assert ET.parse(target).getroot().get("failures") == "1"


def test_a_job_page_gets_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "report", RUN, "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("## \u274c driftgate: Drift\n")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([OPEN], 2, f"run {OPEN} has decided nothing yet"),
        ([], 2, f"run {OPEN} has decided nothing yet"),
        ([FOREIGN], 4, "schema 99"),
        (["0190"], 2, "runs begin with '0190'"),
        (["nonsense"], 2, "no run 'nonsense'"),
        ([RUN, "--format", "pdf"], 2, "'pdf' is none of: text, html, markdown, json, junit"),
        ([RUN, "--inconclusive", "x"], 2, "'x' is none of: failure, skipped"),
        ([RUN, "--output", "/nowhere/x"], 2, "cannot write /nowhere/x"),
        ([RUN, "--history", "/nowhere/h"], 2, "no history at /nowhere/h"),
    ],
)
def test_what_cannot_be_reported_is_told_in_one_line(
    words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", "report", *words]) == code
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
