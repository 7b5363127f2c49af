"""`driftgate contracts infer` over a real history."""

import json
from pathlib import Path

import pytest

from driftgate import cli
from driftgate.contracts.load import load_file
from tests.driftgate.commands.recorded_answers import recorded

CITY = json.dumps({"city": "Rome", "people": 2800000})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("DRIFTGATE_HISTORY", str(tmp_path / "h.duckdb"))
    return tmp_path


def test_the_schema_goes_to_stdout_and_its_grounds_to_stderr(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = json.dumps({"city": "Rome", "people": 1, "\x1b[31m": 1})
    recorded(folder, [CITY] * 38 + [f"```\n{CITY}\n```", hostile, "Rome, I think"])
    assert cli.main(["contracts", "infer", "--since", "2026-01-01"]) == 0
    told = capsys.readouterr()
    schema = json.loads(told.out)
    assert schema["required"] == ["city", "people"]
    assert schema["additionalProperties"] is False
    assert told.err.splitlines() == [
        "driftgate: 41 answers looked at, 40 JSON (39 whole, 1 in a fence)",
        "driftgate: 39 of 40 fit the schema (97.5 %)",
        "driftgate: left out: 1 answer: the whole with \\x1b[31m",
    ]


def test_schema_and_contract_are_written_side_by_side(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(folder, [CITY] * 3)
    target = folder / "cities.schema.json"
    assert cli.main(["contracts", "infer", "--model", "gemma4", "-o", str(target)]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "cities.toml written" in told.err
    contract = load_file(folder / "cities.toml").contract
    assert contract.output.schema_ == json.loads(target.read_text())
    assert cli.main(["contracts", "test", str(folder / "cities.toml")]) == 0
    assert cli.main(["contracts", "infer", "-o", str(target)]) == 2


def test_where_no_answer_is_json_nothing_can_be_inferred(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(folder, ["Rome", "7"])
    assert cli.main(["contracts", "infer"]) == 4
    told = capsys.readouterr()
    assert told.out == ""
    assert "2 answers looked at, 0 JSON; nothing to infer from" in told.err
    assert cli.main(["contracts", "infer", "--dialect", "telepathy"]) == 2
