"""`driftgate replay sets: the golden sets of a history`."""

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


def test_sets_are_listed_the_oldest_first(replay: Replay) -> None:
    replay.record("one", "two")
    assert "no golden sets" in replay("sets").err
    replay("keep", "b", "--where", "input_text = 'one' OR\n true")
    replay("keep", "a", "-n", "1")
    lines = replay("sets").out.splitlines()
    assert lines[0].split() == ["name", "made", "calls", "of", "seed", "chosen", "by"]
    assert [line.split()[0] for line in lines[2:]] == ["b", "a"]
    assert "--where \"input_text = 'one' OR true\" -n 300" in lines[2]
    first, second = json.loads(replay("sets", "--json").out)
    assert (first["name"], first["calls"], second["calls"], second["found"]) == ("b", 2, 1, 2)
    assert first["made_at"].endswith("Z")
