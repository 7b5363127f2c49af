"""`driftgate calls` over a real history."""

import json
from typing import Any

import pytest

from driftgate import cli
from tests.driftgate.commands.agent_turn import FIRST, OUTER, SECOND, record_turn
from tests.support.recorded_calls import Recording, call_id


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    assert cli.main(["calls", "--json", *options]) == 0
    calls: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return calls


def test_the_newest_call_comes_first(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [call["id"] for call in listed(capsys)] == [str(call_id(n)) for n in (2, 1, 0)]


def test_json_has_what_scripts_rely_on(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    refused, completed = listed(capsys)[1:]
    assert (completed["status"], completed["outcome"]) == (200, "completed")
    assert completed["output"] == "Hi \x07there"
    assert completed["input"] == "Say hi \x1b[31mred"
    assert completed["tokens"]["input"] == 12
    assert completed["attempts"] == 1
    assert completed["verdict"] == "fail"  # it calls a tool that was not offered
    assert (refused["outcome"], refused["session"]) == ("upstream_refused", "session-one")
    assert refused["error"] == "local refused the connection"


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--model", "gemma4"], [0]),
        (["--model", "g*"], [0]),
        (["--model", "*"], [1, 0]),
        (["--status", "502"], [1]),
        (["--status", "2xx"], [2, 0]),
        (["--status", "error"], [1]),
        (["--status", "ok"], [2, 0]),
        (["--status", "upstream_refused"], [1]),
        (["--session", "session"], [1]),
        (["--upstream", "local"], [2, 1, 0]),
        (["--upstream", "elsewhere"], []),
        (["--text", "HI \x07THERE"], [0]),
        (["--text", "say HI"], [1, 0]),
        (["--text", "100%_"], []),
        (["--since", "2026-11-24T12:00:01Z"], [2, 1]),
        (["--until", "2026-11-24T12:00:01Z"], [0]),
        (["--since", "2026-11-24T12:00:01Z", "--status", "ok"], [2]),
        (["--limit", "1"], [2]),
        (["--limit", "0"], [2, 1, 0]),
    ],
)
def test_every_filter_takes_what_it_should(
    recording: Recording,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    numbers: list[int],
) -> None:
    found = [call["id"] for call in listed(capsys, *options)]
    assert found == [str(call_id(number)) for number in numbers]


def test_the_table_is_harmless_and_has_a_line_a_call(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["calls"]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 5
    assert "Say hi \\x1b[31mred" in out
    assert "GET /unknown" in out
    assert "! local refused the connection" in out


def test_a_cut_list_and_an_empty_one_say_so(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["calls", "--limit", "2"])
    assert "the newest 2 are shown" in capsys.readouterr().err
    assert cli.main(["calls", "--model", "absent"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "driftgate: no such calls\n")


def test_a_wrong_filter_is_wrong_usage(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["calls", "--since", "soon"]) == 2
    assert cli.main(["calls", "--status", "complete"]) == 2
    assert "did you mean completed?" in capsys.readouterr().err


def test_calls_are_filtered_by_verdict_and_contract(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = listed(capsys, "--verdict", "fail")
    assert [call["id"] for call in failed] == [str(call_id(0))]
    assert listed(capsys, "--contract", "builtin", "--verdict", "pass") == []


def test_calls_are_filtered_by_the_call_they_are_part_of(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    record_turn(recording)
    found = listed(capsys, "--parent", str(call_id(OUTER))[:13])
    assert [call["id"] for call in found] == [str(call_id(n)) for n in (SECOND, FIRST)]
    assert {(call["parent"], call["inner"]) for call in found} == {(str(call_id(OUTER)), True)}
    assert listed(capsys, "--parent", "last") == found
    assert listed(capsys, "--parent", str(call_id(FIRST))) == []
