"""Bodies out of the file: of calls, and of their attempts."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from driftgate.proxy.errors import HistoryDamagedError, NotFoundError
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.history.store import Store
from driftgate.proxy.record import Attempt, Chunk, Outcome, Recorded
from tests.proxy.history.calls import MS, batch, call

AGAIN = b'{"model": "small", "input": "again"}'


def managed() -> Recorded:
    """Two attempts: the first as the client asked, its answer delivered; the second otherwise."""
    first = Attempt(
        *(1, "first", "default"),
        dialect="chat",
        started_ns=MS,
        ended_ns=3 * MS,
        status=200,
        chunks=[Chunk(2 * MS, b"".join([chunk.data for chunk in call(1).chunks]))],
        outcome=Outcome.COMPLETED,
    )
    second = Attempt(
        *(2, "fallback", "other"),
        dialect="responses",
        started_ns=4 * MS,
        ended_ns=9 * MS,
        request_body=AGAIN,
        status=201,
        chunks=[Chunk(8 * MS, b'{"object": '), Chunk(9 * MS, b'"response"}')],
        outcome=Outcome.COMPLETED,
    )
    return call(1, attempts=[first, second], judged={"contract": "x", "verdict": "fail"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "history.duckdb"
    Store(path).apply(
        [
            batch(
                managed(),
                call(2),
                call(3, attempts=[], judged={"verdict": "fail"}, forwarded_ns=None),
            )
        ]
    )
    return path


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    with open_history(path, drain=False) as reader:
        yield reader


def identity(number: int) -> str:
    return str(uuid.UUID(bytes=call(number).call_id))


def test_the_bytes_of_each_attempt_are_given_back(reader: Reader) -> None:
    assert reader.attempt_request_bytes(identity(1), 1) == managed().request_body
    assert reader.attempt_request_bytes(identity(1), 2) == AGAIN
    assert reader.attempt_response_bytes(identity(1), 1) == reader.response_bytes(identity(1))
    assert reader.attempt_response_bytes(identity(1), 2) == b'{"object": "response"}'


def test_a_call_that_passed_through_is_its_own_only_attempt(reader: Reader) -> None:
    assert reader.attempt_request_bytes(identity(2), 1) == call(2).request_body
    assert reader.attempt_response_bytes(identity(2), 1) == reader.response_bytes(identity(2))


def test_an_attempt_that_is_not_there_is_told(reader: Reader) -> None:
    with pytest.raises(NotFoundError, match="has no attempt 3; it has 2, counted from 1"):
        reader.attempt_request_bytes(identity(1), 3)
    with pytest.raises(NotFoundError, match="nothing was sent to an upstream"):
        reader.recorded_attempt(identity(3), 1)


def test_an_attempt_reads_as_a_call(reader: Reader) -> None:
    first, second = (reader.recorded_attempt(identity(1), number) for number in (1, 2))
    assert first.chunks == call(1).chunks  # it is the call's own answer, cut as that was
    assert first.response_headers == call(1).response_headers
    assert (second.target, second.upstream, second.status) == ("/v1/responses", "other", 201)
    assert (second.request_headers, second.response_headers) == ([], [])
    assert [chunk.data for chunk in second.chunks] == [b'{"object": "response"}']
    assert second.request_body == AGAIN


def test_a_body_that_is_damaged_is_told(path: Path) -> None:
    with duckdb.connect(str(path)) as history:
        history.execute("UPDATE bodies SET size = size + 1")
    with open_history(path, drain=False) as reader:
        with pytest.raises(HistoryDamagedError, match="body of attempt 2 of call"):
            reader.attempt_request_bytes(identity(1), 2)
        with pytest.raises(HistoryDamagedError, match="body of call"):
            reader.request_bytes(identity(2))
