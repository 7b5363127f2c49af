"""Golden sets in the history."""

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from driftgate.proxy.errors import HistoryDamagedError, NotFoundError, UsageError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.journal.writer import JournalWriter
from driftgate.replay.select import keep
from driftgate.replay.select.choose import choose
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.select.selected import Selected, Selection
from driftgate.replay.select.take_in import journal_of
from tests.replay.select.recorded import chat, recording
from tests.support.recorded_calls import call_id

MADE = datetime(2026, 11, 25, 7, 0, 0, 5, UTC)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = tmp_path / "h.duckdb"
    recording(path, chat(0, "one", session="s"), chat(1, "two \x1b[31m"), chat(2, "three"))
    return path


@pytest.fixture
def selection(history: Path) -> Selection:
    with open_history(history, drain=False) as reader:
        return choose(reader, Criteria(model="gem*"), n=9, seed=4)


def test_a_set_is_read_as_it_was_kept(history: Path, selection: Selection) -> None:
    kept = keep.keep(history, replace(selection, name="one"))
    with open_history(history, drain=False) as reader:
        assert keep.named(reader, "one") == replace(selection, name="one")
        assert keep.read(reader, kept.selection_id) == replace(selection, name="one")
        assert keep.sets(reader) == [kept]
        assert keep.kept(reader, "two") is None
    assert kept.selection_id == keep.selection_id(replace(selection, name="one"))
    assert (kept.name, kept.calls, kept.found, kept.seed) == ("one", 3, 3, 4)


def test_the_slices_stay_what_they_were(history: Path, selection: Selection) -> None:
    first = replace(selection.calls[0], slices={"contract": ("old",), "tool": ("a", "b")})
    keep.keep(history, replace(selection, name="one", calls=[first]))
    with open_history(history, drain=False) as reader:
        assert keep.named(reader, "one").calls == [first]


def test_a_name_that_is_taken_or_none_is_refused(history: Path, selection: Selection) -> None:
    keep.keep(history, replace(selection, name="one"))
    with pytest.raises(UsageError, match=r"'one' already, of 3 calls.*never change"):
        keep.keep(history, replace(selection, name="one", seed=5))
    for name in (None, "", "-n", "a b", "a/b", "x" * 101, "\x1b"):
        with pytest.raises(UsageError, match="cannot be the name"):
            keep.keep(history, replace(selection, name=name))


def test_a_set_is_found_by_its_exact_name_and_the_nearest_are_named(
    history: Path, selection: Selection
) -> None:
    with open_history(history, drain=False) as reader, pytest.raises(NotFoundError, match="none"):
        keep.named(reader, "one")
    keep.keep(history, replace(selection, name="release-1"))
    with open_history(history, drain=False) as reader:
        with pytest.raises(NotFoundError, match="'release-2': there is release-1"):
            keep.named(reader, "release-2")
        with pytest.raises(NotFoundError, match="no selection"):
            keep.read(reader, str(call_id(7)))


def test_a_selection_that_several_runs_kept_is_read_once(
    history: Path, selection: Selection
) -> None:
    with journal_of(history) as journal:
        for _ in range(2):
            keep.write(journal, selection, MADE)
    with open_history(history, drain=False) as reader:
        assert keep.read(reader, keep.selection_id(selection)) == selection
        assert keep.sets(reader) == []


def test_of_two_that_were_kept_at_the_same_time_the_later_is_refused(
    history: Path, selection: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes in after this one has looked and before it has written."""

    def after_another(path: Path, *, wait_s: float) -> AbstractContextManager[JournalWriter]:
        with journal_of(path) as journal:
            keep.write(journal, replace(selection, name="one", seed=5), MADE)
        return journal_of(path, wait_s=wait_s)

    monkeypatch.setattr(keep, "journal_of", after_another)
    with pytest.raises(UsageError, match="at the same time"):
        keep.keep(history, replace(selection, name="one"))
    with open_history(history, drain=False) as reader:
        assert keep.named(reader, "one").seed == 5
        assert len(keep.sets(reader)) == 1


def test_a_set_whose_call_is_gone_is_damaged(history: Path) -> None:
    with journal_of(history) as journal:
        keep.write(journal, Selection([Selected(str(call_id(9)), "s")], name="one"), MADE)
    with (
        open_history(history, drain=False) as reader,
        pytest.raises(HistoryDamagedError, match=f"call {call_id(9)} is gone"),
    ):
        keep.named(reader, "one")


def test_the_id_tells_contents_apart_and_not_their_makers(selection: Selection) -> None:
    same = replace(selection, calls=[replace(call, prompt="other") for call in selection.calls])
    assert keep.selection_id(same) == keep.selection_id(selection)
    first, *rest = selection.calls
    for other in (
        replace(selection, name="n"),
        replace(selection, seed=1),
        replace(selection, calls=rest),
        replace(selection, calls=[replace(first, duplicates=2), *rest]),
        replace(selection, calls=[replace(first, slices={}), *rest]),
    ):
        assert keep.selection_id(other) != keep.selection_id(selection)
