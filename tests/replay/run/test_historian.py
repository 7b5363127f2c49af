"""The process that takes a run's journals in."""

import os
import signal
import sys
from pathlib import Path

import pytest

from driftgate.proxy import admin
from driftgate.proxy.errors import HistoryError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.model import journal_root
from driftgate.replay.run.historian import Historian
from tests.replay.run.made import Made, asked
from tests.support.waiting import wait_until


def count(made: Made) -> int:
    with open_history(made.path, drain=False) as reader:
        return int(reader.ask("SELECT count(*) FROM calls").rows[0][0])


def test_what_was_journaled_is_in_the_history_and_the_process_ends(tmp_path: Path) -> None:
    made = Made(tmp_path)
    with Historian(made.settings) as keeper:
        made.call(asked(1))
        keeper.settle()
        assert count(made) == 1
        process = keeper._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: process.poll() is not None, 10, what="its end")
        made.call(asked(2))
        keeper.settle()  # another one is started
        assert count(made) == 2
        made.call(asked(3))
        made.journal.close()
    assert count(made) == 3
    assert admin.ask(admin.socket_path(made.path, "history"), {"op": "status"}, 1) is None
    assert not (journal_root(made.path) / "w").exists()


def test_a_history_that_stays_out_of_reach_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(tmp_path)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Historian(made.settings) as keeper, pytest.raises(HistoryError, match="--resume goes on"):
        keeper.settle(0.3)


def test_no_upstream_of_the_proxys_is_asked_by_it(tmp_path: Path) -> None:
    made = Made(tmp_path, "http://127.0.0.1:11434")
    assert b"11434" not in Historian(made.settings)._line
