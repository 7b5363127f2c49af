"""`driftgate replay diff` over a real history."""

import json
import sys
from pathlib import Path

import pytest

from driftgate import cli
from driftgate.commands import replay_diff
from tests.driftgate.commands.replayed import OLDER, RUN, build, use


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("history") / "h.duckdb"
    return path, *build(path)


@pytest.fixture(autouse=True)
def calls(made: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    use(made[0], monkeypatch)
    return made[1:]


def test_the_first_answers_that_differ_are_shown_below_each_other(
    calls: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", "diff", calls[0]]) == 0
    head, asked, left, right, blank, *lines = capsys.readouterr().out.splitlines()
    assert head == f"call {calls[0]}  run {RUN}"
    assert asked == "asked: Summarise \\x1b[31mthis"
    assert left.startswith("- baseline 1  ")
    assert right.startswith("+ candidate 2  ")
    assert blank == ""
    assert lines == [
        *("  {", '-   "mood": "good",', '+   "mood": "<bad>\\u0007",', '    "title": "t"', "  }")
    ]


def test_a_wide_terminal_shows_them_beside_each_other(
    calls: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_diff, "room", lambda stream: 120 if stream is sys.stdout else None)
    assert cli.main(["replay", "diff", calls[0]]) == 0
    assert any(
        line.startswith('-   "mood": "good"') and ' | +   "mood": "<bad>' in line
        for line in capsys.readouterr().out.splitlines()
    )
    assert cli.main(["replay", "diff", calls[0], "--unified"]) == 0
    assert " | " not in capsys.readouterr().out


def test_a_call_is_found_by_the_start_of_its_id_or_by_a_replay_of_it(
    calls: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", "diff", calls[0], "--run", OLDER, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["run_id"], told["call_id"], told["same"]) == (OLDER, calls[0], False)
    assert told["right"]["repetition"] == 2
    assert cli.main(["replay", "diff", told["right"]["call_id"].upper(), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["run_id"], again["call_id"]) == (OLDER, calls[0])


def test_a_failure_is_an_answer_too_and_harms_no_terminal(
    calls: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", "diff", calls[1]]) == 0
    out = capsys.readouterr().out
    assert "- yes" in out
    assert "out of memory" in out
    assert "\x1b" not in out


def test_the_candidate_can_be_held_against_the_record(
    calls: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", "diff", calls[0], "--record", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["left"]["call_id"] == calls[0]
    assert told["left"]["arm"] == "record"
