"""`driftgate replay keep: golden sets`."""

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


def test_a_set_is_kept_and_said(replay: Replay) -> None:
    replay.record("Sort 2026-01-01", "Sort 2026-02-02", "other")
    code, out, err = replay("keep", "mine", "--seed", "3")
    assert (code, out) == (0, "")
    assert err == "driftgate: kept mine: 2 calls of 3 found, 1 near-duplicate collapsed\n"


def test_programs_get_the_set(replay: Replay) -> None:
    replay.record("one")
    kept = json.loads(replay("keep", "mine", "--json").out)
    assert json.loads(replay("sets", "--json").out) == [kept]


def test_a_name_that_is_taken_or_none_is_refused_before_anything_is_read(replay: Replay) -> None:
    replay.record("one")
    replay("keep", "mine")
    code, _, err = replay("keep", "mine", "--model", "x")
    assert code == 2
    assert "there is a golden set 'mine' already, of 1 call," in err
    assert "cannot be the name" in replay("keep", "a b").err
    assert replay("keep", "other", "--model", "x").code == 2
    assert len(json.loads(replay("sets", "--json").out)) == 1
