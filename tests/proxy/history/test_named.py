"""Calls of a real history by the names people give."""

import pytest

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.named import find
from driftgate.proxy.history.reader import open_history
from tests.support.recorded_calls import Recording, call_id


def test_last_is_the_newest_and_a_beginning_is_enough(recording: Recording) -> None:
    with open_history(recording.path) as reader:
        assert find(reader, "last") == str(call_id(2))
        assert find(reader, str(call_id(1))[:13]) == str(call_id(1))
        with pytest.raises(NotFoundError):
            find(reader, "ffff")
