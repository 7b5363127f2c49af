"""`driftgate contracts show`."""

import json
from pathlib import Path

import pytest

from driftgate import cli


def test_a_contract_is_shown_with_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["contracts", "show", "summarize"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# shipped with driftgate\n# id ")
    assert '\nname = "summarize"\n' in out
    assert '\n# output.schema\n{\n  "$schema"' in out


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["contracts", "show", "summarize", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output"]["schema"]["title"] == "Summary"


def test_what_an_author_wrote_cannot_harm_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.toml").write_text('name = "c"\ndescription = "\\u009b31m\\u202e"')
    assert cli.main(["contracts", "show", "c", "--contracts", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "\x9b" not in out
    assert "\u202e" not in out


def test_an_unknown_name_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["contracts", "show", "summarise"]) == 2
    assert "did you mean 'summarize'?" in capsys.readouterr().err
