"""`driftgate contracts test` over a real history."""

import json
from pathlib import Path
from typing import Any

import pytest

from driftgate import cli
from tests.driftgate.commands.recorded_answers import recorded, refused
from tests.support.recorded_calls import Recording, call_id

CONTRACT = """
name = "cities"
version = "3"
[applies]
models = ["gemma4*"]
[output.schema]
type = "array"
items = { type = "string" }
"""
GOOD, BAD, HOSTILE = '["Rome"]', "[1, 2]", '["\x1b[31mred", {"\x1b]0;x\x07": 1}]'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("DRIFTGATE_HISTORY", str(tmp_path / "h.duckdb"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/cities.toml").write_text(CONTRACT)
    return tmp_path


def found(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = cli.main(["contracts", "test", *words, "--json"])
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, result


def test_a_violation_is_found_and_the_call_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(folder, [GOOD, BAD, GOOD])
    code, result = found(capsys, "cities")
    assert code == 1
    assert result["verdicts"] == {"pass": 2, "fail": 1, "unjudged": 0}
    changed = {"recorded": "pass", "now": "fail", "count": 1, "calls": [str(call_id(1))]}
    assert result["changes"][0] == changed
    assert result["violations"][0]["path"] == "text/*"
    assert result["violations"][0]["keyword"] == "type"
    assert [call["id"] for call in result["failed"]] == [str(call_id(1))]


def test_people_read_verdicts_changes_and_violations(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(folder, [GOOD, BAD, HOSTILE])
    assert cli.main(["contracts", "test", "cities"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("cities 3: 3 judged of 3 recorded calls\n")
    assert f"from pass to fail:\n  {call_id(2)}\n  {call_id(1)}\n" in out
    assert "text/*" in out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_when_all_pass_all_is_good(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(folder, [GOOD] * 3)
    assert found(capsys, "cities")[0] == 0
    assert found(capsys, str(folder / "contracts/cities.toml"), "-n", "2")[1]["judged"] == 2


def test_where_nothing_is_judged_nothing_could_be_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(folder, [GOOD], model="other")
    assert cli.main(["contracts", "test", "cities"]) == 4
    assert "nothing to judge" in capsys.readouterr().err
    assert cli.main(["contracts", "test", "cities", "--since", "2030-01-01"]) == 4
    capsys.readouterr()
    assert found(capsys, "cities", "--all")[0] == 0


def test_a_wrong_name_or_file_is_wrong_usage(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["contracts", "test", "citys"]) == 2
    assert "did you mean 'cities'?" in capsys.readouterr().err
    assert cli.main(["contracts", "test", "absent.toml"]) == 2
    assert cli.main(["contracts", "test", "cities", "--since", "soon"]) == 2


def test_calls_that_were_refused_before_a_model_was_asked_are_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(folder, [GOOD]).add(refused(7))
    assert cli.main(["contracts", "test", "cities"]) == 0
    out = capsys.readouterr().out
    assert "cities 3: 1 judged of 2 recorded calls\n1 call left out: the request was refused" in out
    assert found(capsys, "cities")[1]["left_out"] == 1
