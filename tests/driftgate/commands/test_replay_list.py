"""`driftgate replay list` over a real history."""

import json
from pathlib import Path

import pytest

from driftgate import cli
from tests.driftgate.commands.replayed import FOREIGN, OLDER, OPEN, RUN, Recorder, build, use


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "h.duckdb"
    build(path)
    return path


@pytest.fixture(autouse=True)
def used(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(history, monkeypatch)


def test_runs_are_listed_newest_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "list"]) == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == [
        *("run", "when", "kind", "verdict", "cases", "candidate", "in", "a", "sentence")
    ]
    assert [row.split()[0] for row in rows] == [each[:13] for each in (OPEN, RUN, OLDER, FOREIGN)]
    assert [row.split()[4] for row in rows] == ["undecided", "drift", "drift", "undecided"]
    assert rows[1].endswith("  Contract pass rate fell by 5.6 points.")
    assert "gemma4-v2 at http://127.0.0.1:8081" in rows[1]


def test_a_limit_takes_the_newest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "list", "--limit", "2", "--json"]) == 0
    assert [each["run_id"] for each in json.loads(capsys.readouterr().out)] == [OPEN, RUN]


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "list", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told[1]["verdict"] == "drift"
    assert told[1]["sentence"].startswith("Drift: contract pass rate fell")
    assert told[1]["started_at"] == "2026-11-28T10:48:00.000000Z"
    assert told[1]["candidate"] == {"upstream": "http://127.0.0.1:8081", "model": "gemma4-v2"}
    assert told[0]["verdict"] is None


def test_a_history_without_runs_says_what_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = Recorder(tmp_path / "h.duckdb")
    empty.call("hi", "ho")
    empty.drain()
    use(tmp_path / "h.duckdb", monkeypatch)
    assert cli.main(["replay", "list"]) == 0
    assert capsys.readouterr() == (
        *("", "driftgate: no run in this history yet: `driftgate gate` makes one\n"),
    )
    assert cli.main(["replay", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
