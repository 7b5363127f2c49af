"""New calls of a real history, in the order in which they were recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from driftgate.proxy.errors import HistoryBusyError
from driftgate.proxy.history.follow import Follow
from driftgate.proxy.history.reader import Reader, open_history
from tests.support.recorded_calls import Recording, call_id, record

COLUMNS = ("call_id", "model")


class Counting:
    """Opens histories, counts how often, and can be told to find the file held."""

    def __init__(self) -> None:
        self.count = 0
        self.held = False

    @contextmanager
    def __call__(self, path: Path) -> Iterator[Reader]:
        self.count += 1
        if self.held:
            raise HistoryBusyError("held")
        with open_history(path, drain=False) as reader:
            yield reader


def ids(calls: list[dict[str, Any]]) -> list[str]:
    return [str(call["call_id"]) for call in calls]


def test_the_last_calls_come_first_and_then_only_new_ones(recording: Recording) -> None:
    follow = Follow(recording.path, Counting(), COLUMNS)
    assert ids(follow.last(2)) == [str(call_id(1)), str(call_id(2))]
    assert follow.look() == []
    recording.add(record(7))
    recording.add(record(3))  # started before the one above, recorded after it
    assert ids(follow.look()) == [str(call_id(7)), str(call_id(3))]
    assert follow.look() == []


def test_only_the_calls_that_are_wanted_are_given(recording: Recording) -> None:
    follow = Follow(recording.path, Counting(), COLUMNS, ("model = ?", ["other"]))
    assert ids(follow.last(5)) == [str(call_id(1))]
    recording.add(record(7), record(8, request_body=b'{"model": "other"}'))
    assert ids(follow.look()) == [str(call_id(8))]


def test_an_unchanged_file_is_not_opened(recording: Recording) -> None:
    opened = Counting()
    follow = Follow(recording.path, opened, COLUMNS)
    follow.last(0)
    follow.look()
    follow.look()
    assert opened.count == 1


def test_a_held_file_is_looked_at_again(recording: Recording) -> None:
    opened = Counting()
    follow = Follow(recording.path, opened, COLUMNS)
    follow.last(0)
    recording.add(record(7))
    opened.held = True
    assert follow.look() == []
    opened.held = False
    assert ids(follow.look()) == [str(call_id(7))]


def test_a_history_that_comes_later_is_read_from_its_first_call(tmp_path: Path) -> None:
    follow = Follow(tmp_path / "late.duckdb", Counting(), COLUMNS)
    assert follow.last(5) == []
    assert follow.look() == []
    Recording(tmp_path / "late.duckdb").add(record(0))
    assert ids(follow.look()) == [str(call_id(0))]
