"""Rows that wait for space on the disk."""

import pytest

from driftgate.proxy.journal import late
from driftgate.proxy.journal.late import Late


def test_rows_wait_up_to_a_limit_and_the_first_always_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late, "LATE_BYTES", 300)
    waiting, long = Late(), [{"text": "x" * 400}]
    assert waiting.add("runs", long, 1)
    assert not waiting.add("runs", [{"n": 1}], 2)
    waiting.frames = []
    assert waiting.add("runs", [{"n": 1}], 3)
    assert not waiting.add("runs", long, 4)
    assert waiting.add("runs", [{"n": 2}], 5)
    assert [b'"n": 1' in waiting.frames[0], b'"n": 2' in waiting.frames[1]] == [True, True]
