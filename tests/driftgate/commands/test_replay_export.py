"""`driftgate replay export: a golden set as a file`."""

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


def test_a_file_is_written_and_said(replay: Replay) -> None:
    replay.record("one", "two")
    replay("keep", "mine")
    file = replay.folder / "mine.jsonl"
    code, out, err = replay("export", "mine", "--output", str(file))
    assert (code, out, err) == (0, "", f"driftgate: 2 calls of mine written to {file}\n")
    assert json.loads(file.read_bytes().splitlines()[0])["calls"] == 2


def test_a_set_that_is_not_there_and_a_missing_option_are_bad_input(replay: Replay) -> None:
    replay.record("one")
    file = str(replay.folder / "mine.jsonl")
    assert replay("export", "mine", "--output", file)[::2] == (
        2,
        "no golden set 'mine': there is none; `driftgate replay sets` lists them",
    )
    assert "--output" in replay("export", "mine").err
