"""A recorded call out of the file again."""

from pathlib import Path

import pytest

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.history.restore import header_pairs
from driftgate.proxy.history.store import Store
from driftgate.proxy.record import Outcome, Recorded
from tests.proxy.history.calls import batch, call

FRAMES = [(1000, True, b"ask"), (2000, False, b"one"), (3000, False, b"two")]
SOCKET = call(2, frames=FRAMES, request_body=b"", chunks=[], status=101, first_byte_ns=None)
BROKEN = call(
    3, outcome=Outcome.INTERRUPTED, chunks=[], status=None, ended_ns=None, first_byte_ns=None
)


def _back(path: Path, made: Recorded) -> Recorded:
    Store(path).apply([batch(made)])
    with open_history(path, drain=False) as reader:
        return reader.recorded(made.call_id.hex())


@pytest.mark.parametrize("made", [call(1), SOCKET, BROKEN], ids=["body", "websocket", "broken"])
def test_a_call_comes_back_as_it_was_recorded(tmp_path: Path, made: Recorded) -> None:
    back = _back(tmp_path / "h.duckdb", made)
    made.request_size = back.request_size
    made.response_size = back.response_size
    assert back == made


def test_a_call_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "h.duckdb"
    Store(path).apply([batch(call(1))])
    with open_history(path, drain=False) as reader, pytest.raises(NotFoundError):
        Reader.recorded(reader, "ffff")


def test_headers_keep_their_order_and_their_repetitions() -> None:
    assert header_pairs('[["A", "1"], ["b", "2"], ["a", "3"]]') == [
        ("A", "1"),
        ("b", "2"),
        ("a", "3"),
    ]


@pytest.mark.parametrize("stored", [None, "", "{", "7", '["x"]', "[[1]]"])
def test_headers_that_are_none_give_none(stored: str | None) -> None:
    assert header_pairs(stored) == []
