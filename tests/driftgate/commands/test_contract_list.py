"""`driftgate contracts list`."""

import json
from pathlib import Path

import pytest

from driftgate import cli


def test_a_folders_contracts_join_the_shipped_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nmode = "enforce"\noutput.schema = true')
    assert cli.main(["contracts", "list", "--contracts", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["contract", "version", "mode"]
    (mine,) = [line for line in lines if line.startswith("mine")]
    assert mine.split() == [
        *("mine", "1", "enforce", "calls", "that", "name", "it"),
        *("schema", "(whole)", "mine.toml"),
    ]
    assert len(lines) == 6


def test_programs_get_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["contracts", "list", "--json", "--contracts", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in told] == ["classify", "codegen", "summarize"]


def test_the_settings_file_names_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DRIFTGATE_CONFIG", raising=False)
    monkeypatch.delenv("DRIFTGATE_CONTRACTS", raising=False)
    Path("driftgate.toml").write_text('contracts = "there"')
    Path("there").mkdir()
    Path("there/mine.toml").write_text('name = "mine"')
    assert cli.main(["contracts", "list"]) == 0
    assert "\nmine " in capsys.readouterr().out


def test_a_folder_that_is_named_must_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["contracts", "list", "--contracts", "absent"]) == 2
    assert "no folder absent" in capsys.readouterr().err
