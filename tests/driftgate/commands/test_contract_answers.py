"""Recorded answers that are JSON, and the contract proposed from them."""

import json
from pathlib import Path

import pytest

from driftgate.commands.contract_answers import Answers, Wanted, read, write
from driftgate.contracts.load import load_file
from driftgate.proxy.errors import UsageError
from tests.driftgate.commands.recorded_answers import answer, recorded

TEXTS = ('{"a": 1}', 'So:\n```json\n{"a": 2}\n```', 'It is {"a": 3}.', "7", '"yes"', "Rome")


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def of(*texts: str) -> Answers:
    answers = Answers()
    for text in texts:
        answers.add(text)
    return answers


def test_objects_and_arrays_count_wherever_they_stand() -> None:
    answers = of(*TEXTS)
    assert answers.looked_at == 6
    assert answers.values == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert answers.ways() == {"whole": 1, "in a fence": 1, "among text": 1}


def test_a_contract_says_where_the_json_stood() -> None:
    assert of(*TEXTS).where() == "any"
    assert of(TEXTS[1]).where() == "fenced"
    assert of(TEXTS[0], TEXTS[0]).where() == "whole"


def test_the_filters_choose_the_answers(tmp_path: Path) -> None:
    recording = recorded(tmp_path, TEXTS)
    recording.add(answer(9, "[1]", prompt="Count 100%", model="other[1]"))
    for wanted, expected in (
        (Wanted(), 7),
        (Wanted(prompt="count 100%"), 1),
        (Wanted(model="other[*"), 1),
        (Wanted(path="/v1/chat/*"), 7),
        (Wanted(path="/v1/chat"), 0),
        (Wanted(dialect="chat"), 7),
        (Wanted(dialect="responses"), 0),
        (Wanted(since="2030-01-01"), 0),
    ):
        assert read(recording.path, wanted, None).looked_at == expected, wanted
    assert read(recording.path, Wanted(), 2).looked_at == 2
    with pytest.raises(UsageError, match="there are: responses"):
        read(recording.path, Wanted(dialect="telepathy"), None)


def test_what_is_written_is_a_contract(tmp_path: Path) -> None:
    wanted = Wanted(model="gemma4*", prompt='Say "hi".\x7f\n', dialect="chat", path="/v1/*")
    schema_file, contract_file = write(
        tmp_path / "My Cities.json", '{"type":"object"}', of(), wanted
    )
    contract = load_file(contract_file).contract
    assert (contract_file.name, schema_file.name) == ("my-cities.toml", "My Cities.json")
    assert contract.output.schema_ == {"type": "object"}
    assert contract.applies is not None
    assert contract.applies.models == ("gemma4*",)
    assert (contract.applies.prompt or "").startswith('(?i)Say\\ "hi"')


def test_without_filters_it_applies_to_calls_that_name_it(tmp_path: Path) -> None:
    schema_file, contract_file = write(tmp_path / "c.toml", "{}", of(TEXTS[0]), Wanted())
    assert schema_file.name == "c.schema.json"
    assert json.loads(schema_file.read_text()) == {}
    assert load_file(contract_file).contract.applies is None


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        write(tmp_path / "c.schema.json", "{}", of(TEXTS[0]), Wanted())
    assert not (tmp_path / "c.schema.json").exists()
    assert (tmp_path / "c.toml").read_text() == "mine"
