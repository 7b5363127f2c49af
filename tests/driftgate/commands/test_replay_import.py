"""`driftgate replay import: a golden set out of a file`."""

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


def test_a_set_comes_in_and_again_changes_nothing(replay: Replay) -> None:
    replay.record("one", "two")
    replay("keep", "mine")
    file, there = str(replay.folder / "mine.jsonl"), str(replay.folder / "there.duckdb")
    replay("export", "mine", "-o", file)
    code, out, err = replay("import", file, "--history", there)
    assert (code, out, err) == (0, "", "driftgate: imported mine: 2 calls\n")
    again = replay("import", file, "--history", there)
    assert again.err == "driftgate: mine is here already, and the same; nothing was changed\n"
    assert json.loads(replay("sets", "--json", "--history", there).out)[0]["calls"] == 2


def test_a_file_that_is_none_is_bad_input(replay: Replay) -> None:
    file = replay.folder / "none.jsonl"
    assert replay("import", str(file)).code == 2
    file.write_text("{}\n\x1b[31m")
    code, _, err = replay("import", str(file))
    assert (code, "line 1: no golden set" in err, "\x1b" in err) == (2, True, False)
    assert not replay.history.exists()
