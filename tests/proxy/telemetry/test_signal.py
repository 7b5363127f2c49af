"""A collector that is gone is said once, and once that it is back."""

import logging

import pytest

from driftgate.proxy.telemetry.signal import Ear, Signal


def said(ear: Ear, message: str, *values: object) -> None:
    ear.handle(logging.LogRecord("opentelemetry.x", logging.ERROR, "", 0, message, values, None))


def test_a_long_failure_is_two_lines(caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()
    signal = Signal("traces", "http://c:4318/v1/traces", ear)
    signal.note(arrived=True, items=5)
    said(ear, "Transient error %s encountered while exporting %s batch", "refused", "spans")
    said(ear, "Failed to export %s batch due to timeout, max retries or shutdown.", "spans")
    for dropped in range(50):
        signal.note(arrived=False, items=2, dropped=dropped)
    assert (signal.failing, signal.sent, signal.lost) == (True, 5, 100)
    signal.note(arrived=True, items=1, dropped=60)
    signal.note(arrived=True, items=1, dropped=60)
    assert caplog.messages == [
        "traces do not reach http://c:4318/v1/traces, and are dropped until they do: refused",
        "traces reach http://c:4318/v1/traces again; 160 were lost",
    ]


def test_a_second_failure_counts_its_own(caplog: pytest.LogCaptureFixture) -> None:
    signal = Signal("metrics", "u", Ear())
    for arrived in (False, True, False, False, True):
        signal.note(arrived=arrived, items=1)
    assert [each for each in caplog.messages if "again" in each] == [
        "metrics reach u again; 1 were lost",
        "metrics reach u again; 2 were lost",
    ]


def test_the_reason_is_the_collector_s_and_bounded(caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()
    said(ear, "Failed to export %s batch code: %s, reason: %s", "spans", 404, "x" * 10_000)
    Signal("traces", "u", ear).note(arrived=False, items=1)
    assert "code: 404" in caplog.messages[0]
    assert len(caplog.messages[0]) < 500
