"""The last line of `tail`."""

import threading
from pathlib import Path

import pytest

from driftgate.commands import footer
from driftgate.commands.footer import Footer, sentence
from driftgate.proxy.running import Running
from tests.support.waiting import wait_until


def test_it_says_when_no_proxy_runs() -> None:
    assert "no proxy runs" in sentence(Running())


def test_it_says_what_goes_on_and_shouts_what_is_lost() -> None:
    worker = {"calls_open": 3, "unrecorded": 1, "rates": {"calls_per_min": 12.4}}
    holder = {"waiting_for": "python\x1b (PID 7)"}
    line = sentence(Running(holder, {"w1": worker}))
    assert line == "3 open | 12 calls/min | journal waits for python\\x1b (PID 7) | 1 UNRECORDED"
    assert "historian does not answer" in sentence(Running(None, {"w1": worker}))


def test_asking_never_holds_up_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def slow(_history: Path) -> Running:
        answered.wait(20)
        return Running({}, {})

    monkeypatch.setattr(footer, "running", slow)
    line = Footer(Path("h.duckdb"), every_s=60)
    assert line.text() == ""
    answered.set()
    assert wait_until(line.text) == "0 open | 0 calls/min"
