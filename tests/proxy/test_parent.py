"""What a child hears of its parent."""

import os
from collections.abc import Iterator

import pytest

from driftgate.proxy import parent


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    monkeypatch.setattr(parent, "STDIN", reading)
    yield reading, writing
    os.close(reading)


def test_nothing_behind_the_first_line_is_taken(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"one\ntwo\n")
    assert parent.first_line() == b"one"
    assert os.read(reading, 10) == b"two\n"
    os.close(writing)


def test_the_end_of_the_input_ends_the_line(pipe: tuple[int, int]) -> None:
    _, writing = pipe
    os.write(writing, b"on")
    os.close(writing)
    assert parent.first_line() == b"on"
    assert parent.first_line() == b""
