"""Golden sets written to files."""

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from driftgate.proxy.errors import NotFoundError, UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.replay.select import golden_export, keep
from driftgate.replay.select.choose import choose
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.select.golden_export import export
from driftgate.replay.select.selected import Selected, Selection
from tests.replay.select.recorded import chat, recording
from tests.support.recorded_calls import call_id


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A history with a set of three calls, and a websocket that is in none."""
    folder = tmp_path_factory.mktemp("export")
    path = folder / "h.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        frames = chat(3, frames=[(1, True, b"x")], status=101)
        recording(path, *(chat(n, "\u4e2d\x1b", session="s") for n in range(3)), frames)
        with open_history(path, drain=False) as reader:
            selection = choose(reader, Criteria(), n=9, seed=7, collapse=False)
        keep.keep(path, replace(selection, name="one"))
        yield path


def test_a_line_for_the_set_and_one_for_each_call(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden_export, "BATCH", 2)
    kept = export(history, "one", tmp_path / "one.jsonl")
    first, *lines = (tmp_path / "one.jsonl").read_bytes().splitlines(keepends=True)
    head = json.loads(first)
    assert (head["name"], head["calls"], head["seed"]) == ("one", 3, 7)
    assert head["selection_id"] == kept.selection_id
    assert head["sha256"] == sha256(b"".join([b"{}", *lines])).hexdigest()
    calls = [json.loads(line) for line in lines]
    assert [call["call_id"] for call in calls] == [str(call_id(n)) for n in range(3)]
    assert calls[0]["request"]["body"]["text"].encode() == chat(0, "\u4e2d\x1b").request_body
    assert calls[0]["response"]["chunks"] == [[200_000, len(chat(0).chunks[0].data)]]
    assert calls[0]["judged"]["verdict"] == "pass"
    assert calls[0]["session"] == "s"


def test_a_file_that_cannot_be_written_is_said_and_none_is_left(
    history: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        export(history, "one", tmp_path / "none" / "one.jsonl")
    with pytest.raises(NotFoundError, match="no golden set 'two'"):
        export(history, "two", tmp_path / "two.jsonl")
    assert not list(tmp_path.glob("*two.jsonl*"))


def test_a_websocket_cannot_be_carried(history: Path, tmp_path: Path) -> None:
    keep.keep(history, Selection([Selected(str(call_id(3)), "s")], name="ws"))
    with pytest.raises(UsageError, match=f"call {call_id(3)} came over a websocket"):
        export(history, "ws", tmp_path / "ws.jsonl")
    assert list(tmp_path.glob("*.jsonl*")) == []
