"""`driftgate replay plan: what would run, for nothing`."""

import json
from pathlib import Path

import pytest

from tests.driftgate.commands.replaying import Replay


@pytest.fixture
def replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Replay:
    """Runs replay's commands in a folder of their own."""
    return Replay(tmp_path, capsys, monkeypatch)


def test_people_read_what_would_run_and_what_it_could_find(replay: Replay) -> None:
    replay.record("Sort 2026-01-01", "Sort 2026-02-02", "something \x1b[31mred")
    code, out, _ = replay("plan", "-n", "10", "--seed", "4")
    assert code == 0
    assert out.startswith("2 calls in 2 sessions, of 3 found, 1 near-duplicate collapsed\n")
    assert "chosen by -n 10, seed 4\n" in out
    assert "builtin   chat     none   1-2    under 256      2          3\n" in out
    assert "2 answers each: 8 answers\n  tokens   about 96 read, about 24 written\n" in out
    assert "about 3.0s with 4 requests at a time" in out
    assert "12.0s where the backend answers one after the other" in out
    assert "10.0 % of the time (assumed" in out
    assert "a drop of 2 points   is within the margin\n" in out
    assert "\x1b" not in out


def test_programs_get_all_of_it(replay: Replay) -> None:
    replay.record("one", "two")
    code, out, _ = replay("plan", "--margin", "0", "-k", "1", "--concurrency", "1", "--json")
    made = json.loads(out)
    assert code == 0
    assert (made["calls"], made["answers"], made["k"], made["margin"]) == (2, 4, 1, 0.0)
    assert made["strata"][0]["tools"] == "none"
    assert made["strata"][0]["stands_for"] == 2
    assert len(made["call_ids"]) == 2
    assert made["flips"]["share"] == 0.1
    assert [each["drop"] for each in made["effects"]] == [0.02, 0.05, 0.1]
    assert made["effects"][0]["cases"] > 1000


def test_what_is_unknown_is_said(replay: Replay) -> None:
    replay.record_silent("one")
    _, out, _ = replay("plan", "--concurrency", "1")
    assert "tokens   unknown: the backend counted none\n" in out
    assert "about 6.0s, one request at a time\n" in out


def test_a_golden_set_can_be_planned_and_is_not_chosen_twice(replay: Replay) -> None:
    replay.record("one", "two")
    replay("keep", "mine", "--seed", "3")
    _, out, _ = replay("plan", "--golden", "mine")
    assert out.startswith("golden set mine: 2 calls")
    code, _, err = replay("plan", "--golden", "mine", "--model", "x")
    assert (code, err) == (2, "--golden mine is chosen already: leave out --model x")


def test_without_calls_it_is_bad_input_in_one_line(replay: Replay) -> None:
    code, _, err = replay("plan")
    assert code == 2
    assert "no history at" in err
    replay.record("one")
    code, out, err = replay("plan", "--model", "none*")
    assert (code, out) == (2, "")
    assert err.startswith("no calls for --model none* in ")
    assert err.count("\n") == 0
    assert replay("plan", "--since", "soon")[0] == 2
    assert "--where: " in replay("plan", "--where", "modle = 1").err
