"""`driftgate contracts copy`."""

from pathlib import Path

import pytest

from driftgate import cli
from driftgate.contracts.load import SHIPPED, load_file


def test_a_copy_is_whole_and_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "new" / "contracts"
    assert cli.main(["contracts", "copy", "classify", "--to", str(to)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{to}/classify.toml",
        f"{to}/classify.input.schema.json",
        f"{to}/classify.schema.json",
    ]
    original = load_file(SHIPPED / "classify.toml")
    assert load_file(to / "classify.toml").contract.id == original.contract.id
    assert (to / "classify.toml").read_bytes() == original.path.read_bytes()


def test_what_is_there_is_replaced_only_when_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "classify.schema.json"
    mine.write_text("true")
    words = ["contracts", "copy", "classify", "--to", str(tmp_path)]
    assert cli.main(words) == 2
    assert f"{mine} is there already; --force replaces it" in capsys.readouterr().err
    assert mine.read_text() == "true"
    assert not (tmp_path / "classify.toml").exists()
    assert cli.main([*words, "--force"]) == 0
    assert mine.read_bytes() == (SHIPPED / "classify.schema.json").read_bytes()


def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["contracts", "copy", "classify", "--to", str(tmp_path / "file" / "x")]) == 2
    assert "cannot write" in capsys.readouterr().err
