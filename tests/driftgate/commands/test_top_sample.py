"""Looks at a real history, which calls are added to."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from driftgate.commands import top_sample
from driftgate.commands.top_sample import Sample, Sampler
from driftgate.proxy.errors import HistoryBusyError
from tests.driftgate.commands.top_samples import NOW, call, sample
from tests.support.recorded_calls import Recording, call_id, record

EVER = timedelta(days=36_500)


class Opened:
    """Counts how often histories are opened; can find them held."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.held = False
        self._open = top_sample._opened
        monkeypatch.setattr(top_sample, "_opened", self)

    def __call__(self, path: Path) -> AbstractContextManager[Any]:
        self.count += 1
        if self.held:
            raise HistoryBusyError("held by python (PID 7)")
        return self._open(path)


def ids(seen: Sample) -> list[str]:
    return [each.call_id for each in seen.calls]


def test_calls_come_once_and_an_unchanged_history_is_not_opened(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Opened(monkeypatch)
    sampler = Sampler(recording.path, EVER)
    first = sampler.look()
    assert ids(first) == [str(call_id(number)) for number in (0, 1, 2)]
    assert (first.problem, first.cut, first.found.any) == (None, False, False)
    assert first.history_bytes == recording.path.stat().st_size
    sampler.look()  # the file may have changed while it was read
    count = opened.count
    assert ids(sampler.look()) == ids(first)
    assert opened.count == count
    recording.add(record(7))
    assert ids(sampler.look()) == [*ids(first), str(call_id(7))]


def test_calls_leave_the_window(recording: Recording) -> None:
    age = (
        datetime.now(UTC).replace(tzinfo=None)
        - Sampler(recording.path, EVER).look().calls[1].ended_at
    )
    sampler = Sampler(recording.path, age + timedelta(seconds=0.5))
    assert ids(sampler.look()) == [str(call_id(1)), str(call_id(2))]
    assert ids(Sampler(recording.path, timedelta(seconds=1)).look()) == []


def test_more_calls_than_are_kept_are_told_and_rates_are_over_what_is_kept(
    recording: Recording,
) -> None:
    sampler = Sampler(recording.path, EVER, kept=2)
    seen = sampler.look()
    assert (ids(seen), seen.cut) == ([str(call_id(1)), str(call_id(2))], True)
    recording.add(record(7))
    seen = sampler.look()
    assert (ids(seen), seen.cut) == ([str(call_id(2)), str(call_id(7))], True)
    assert seen.span_s == (seen.at - seen.calls[0].ended_at).total_seconds()


def test_the_span_is_the_window_unless_it_holds_too_many() -> None:
    assert sample(call(10)).span_s == 300
    assert sample(call(10), call(2), cut=True).span_s == 10
    assert sample(call(0), cut=True).span_s == 1
    assert sample(cut=True).span_s == 300


def test_a_held_history_is_told_and_read_the_next_time(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Opened(monkeypatch)
    sampler = Sampler(recording.path, EVER)
    opened.held = True
    seen = sampler.look()
    assert (seen.calls, seen.problem) == (
        (),
        "the history is held, calls are missing: held by python (PID 7)",
    )
    opened.held = False
    assert len(sampler.look().calls) == 3


def test_a_history_may_come_later_or_be_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = tmp_path / "later.duckdb"
    sampler = Sampler(path, EVER)
    assert (sampler.look().history_bytes, sampler.look().problem) == (None, None)
    Recording(path).add(record(0))
    assert len(sampler.look().calls) == 1
    other = tmp_path / "other.duckdb"
    other.write_bytes(b"no database" * 1000)
    assert "other.duckdb" in (Sampler(other, EVER).look().problem or "")


def test_what_was_seen_has_its_time(recording: Recording) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    assert before <= Sampler(recording.path, EVER).look().at
    assert sample().at == NOW
