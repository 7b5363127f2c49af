"""`driftgate contracts check`."""

from pathlib import Path

import pytest

from driftgate import cli
from driftgate.contracts.load import SHIPPED


def test_good_files_are_told_in_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["contracts", "check", str(SHIPPED)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0] == (
        f"{SHIPPED}/classify.toml: classify 1, observe; applies to task=classify; "
        "output: schema (whole); finish stop; max_chars 2000; no tools"
    )


def test_each_fault_is_one_line_and_the_exit_code_is_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text('name = "a"')
    (tmp_path / "b.toml").write_text('name = "b"\nmod = "enforce"')
    (tmp_path / "c.toml").write_text("name = ")
    assert cli.main(["contracts", "check", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out.startswith(f"{tmp_path}/a.toml: a 1, observe")
    assert err.splitlines() == [
        f"driftgate: {tmp_path}/b.toml:2: mod: unknown key; did you mean 'mode'?",
        f"driftgate: {tmp_path}/c.toml:1: is no TOML: Invalid value; correct it",
    ]


def test_a_folder_without_contracts_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["contracts", "check", str(tmp_path)]) == 2
    assert "no contract in" in capsys.readouterr().err
