"""The historian as a process: drains, kills, held and broken files."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest

from driftgate.proxy import admin
from driftgate.proxy.errors import HistoryBusyError
from driftgate.proxy.historian import Historian
from driftgate.proxy.history import drain
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.prepare import Prepared
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal import head
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome
from driftgate.proxy.running import running
from driftgate.proxy.settings.load import journal_root
from tests.support.processes import ROOT
from tests.support.scripted import Scripted, always, sized
from tests.support.waiting import wait_until

_RULES = Rules(min_free_bytes=0, segment_bytes=4000)


class Process:
    """A historian of its own process."""

    def __init__(self, history: Path, **more: Any) -> None:
        self.history = history
        upstreams = {"u": {"url": "http://127.0.0.1:1"}}
        settings = {"history": str(history), "upstreams": upstreams, **more}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "driftgate.proxy.historian"],
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=history.parent,
        )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(settings).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, op: str, timeout_s: float = 15.0) -> dict[str, Any]:
        path = admin.socket_path(self.history, "history")
        answer = wait_until(lambda: admin.ask(path, {"op": op}, timeout_s), 30, what="an answer")
        assert answer is not None
        return answer

    def end_input(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(30)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "history.duckdb"


@pytest.fixture
def started() -> Iterator[list[Process]]:
    """Historians that are ended with the test."""
    processes: list[Process] = []
    yield processes
    for each in processes:
        each.process.kill()
        each.process.communicate()
        admin.socket_path(each.history, "history").unlink(missing_ok=True)


def begin(journal: JournalWriter, number: int) -> bytes:
    call_id = (0x0190 << 112 | number).to_bytes(16, "big")
    text = head.request(
        "POST", "/v1/chat/completions", client="c", upstream="u", url="h", pairs=[(b"a", b"b")]
    )
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": f"q{number}"}]})
    journal.add(Kind.REQUEST, call_id, journal.now_ns(), text + body.encode())
    journal.commit(call_id)
    return call_id


def write(journal: JournalWriter, *numbers: int) -> None:
    for number in numbers:
        call_id = begin(journal, number)
        journal.add(Kind.END, call_id, journal.now_ns(), head.end(Outcome.COMPLETED))
        journal.commit(call_id)


def rows(history: Path, sql: str) -> list[tuple[Any, ...]]:
    with open_history(history, drain=False) as reader:
        return reader.ask(sql).rows


def test_calls_are_taken_in_at_once_when_asked_and_the_end_of_input_ends_it(
    history: Path, started: list[Process]
) -> None:
    journal = JournalWriter(journal_root(history), "w1", _RULES)
    write(journal, *range(1, 50))
    started.append(Process(history))
    assert started[0].ask("drain")["drained"]
    assert rows(history, "SELECT count(*), min(input_text) FROM calls") == [(49, "q1")]
    write(journal, 50)
    with open_history(history) as reader:  # asks for the drain itself
        assert reader.ask("SELECT count(*) FROM calls").rows == [(50,)]
    status = started[0].ask("status")
    assert (status["ingested_total"], status["backlog_bytes"], status["error"]) == (50, 0, None)
    assert min(path.name for path in (journal_root(history) / "w1").glob("*.seg")) > "000000"
    write(journal, 51)
    begin(journal, 52)
    journal.close()
    assert started[0].end_input() == 0
    found = rows(history, "SELECT outcome, count(*) FROM calls GROUP BY ALL ORDER BY 1")
    assert found == [("completed", 51), ("interrupted", 1)]
    assert not (journal_root(history) / "w1").exists()
    assert not history.with_name(history.name + ".wal").exists()


def test_a_writer_that_comes_later_is_read_beside_the_first_and_dropped_when_it_is_done(
    history: Path, started: list[Process]
) -> None:
    root = journal_root(history)
    worker = JournalWriter(root, "w1", _RULES)
    write(worker, 1)
    started.append(Process(history))
    assert started[0].ask("drain")["drained"]
    replay = JournalWriter(root, "a-replay", _RULES)
    write(replay, 2)
    open_call = begin(replay, 3)
    write(worker, 4)
    assert started[0].ask("drain")["drained"]
    assert (root / "a-replay").exists()
    replay.add(Kind.END, open_call, replay.now_ns(), head.end(Outcome.COMPLETED))
    replay.close()
    assert started[0].ask("drain")["drained"]
    assert [path.name for path in root.glob("*") if path.is_dir()] == ["w1"]
    found = running(history)
    assert (found.workers, found.historian and found.historian["error"]) == ({}, None)
    write(worker, 5)
    assert started[0].ask("drain")["drained"]
    counts = rows(history, "SELECT worker, outcome, count(*) FROM calls GROUP BY ALL ORDER BY 1")
    assert counts == [("a-replay", "completed", 2), ("w1", "completed", 3)]
    assert rows(history, "SELECT writer FROM journal_positions") == [("w1",)]


def test_a_writer_that_never_rests_keeps_no_other_waiting(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "STEP_BYTES", 1000)
    root = journal_root(history)
    busy, other = (JournalWriter(root, name, Rules(min_free_bytes=0)) for name in ("a", "b"))
    draining = Drain(history, root)
    write(other, *range(20))
    for number in range(1, 21):
        write(busy, *range(number * 10 + 20, number * 10 + 30))
        assert draining.step().more
    found = dict(rows(history, "SELECT worker, count(*) FROM calls GROUP BY ALL"))
    assert found["b"] == 20
    assert found["a"] >= 10


def test_what_came_while_a_step_waited_for_the_file_is_not_called_drained(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(_: Prepared) -> int:
        raise HistoryBusyError("held")

    journal = JournalWriter(journal_root(history), "w1", Rules(min_free_bytes=0))
    draining = Drain(history, journal_root(history))
    write(journal, 1)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(draining.store, "commit", held)
        with pytest.raises(HistoryBusyError):
            draining.step()
    write(journal, 2)
    steps = [draining.step(), draining.step()]
    assert [(step.calls, step.more) for step in steps] == [(1, True), (1, False)]


def test_metrics_count_the_calls_of_all_workers_and_begin_at_zero_with_each_historian(
    history: Path, started: list[Process]
) -> None:
    labels = 'dialect="chat",model="m",outcome="completed",status_class="",upstream="u"'
    root = journal_root(history)
    for name, numbers in (("w1", range(1, 4)), ("w2", range(4, 6))):
        write(JournalWriter(root, name, Rules(min_free_bytes=0)), *numbers)
    started.append(Process(history))
    assert started[0].ask("drain")["drained"]
    text = started[0].ask("metrics")["text"]
    assert f"driftgate_calls_total{{{labels}}} 5.0\n" in text
    assert 'driftgate_ingest_rows_total{table="calls"} 5.0\n' in text
    assert "driftgate_journal_unread_bytes 0.0\n" in text
    assert started[0].end_input() == 0
    started.append(Process(history))
    assert started[1].ask("drain")["drained"]
    later = started[1].ask("metrics")["text"]
    assert "driftgate_calls_total{" not in later
    assert 'driftgate_ingest_rows_total{table="calls"} 0.0\n' in later


async def test_metrics_know_backends_of_before_and_steps_that_failed(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(_: Prepared) -> int:
        raise HistoryBusyError("held")

    shown = Seen(1000, "u", "m", str(UUID(int=1)), {})
    Store(history).apply([], seen=[shown])
    historian = Historian(history, journal_root(history), decode_limit=1 << 20)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(historian.drain.store, "commit", held)
        assert not (await historian.answer({"op": "drain"}))["drained"]
    assert (await historian.answer({"op": "drain"}))["drained"]
    told = (await historian.answer({"op": "metrics", "openmetrics": True}))["text"]
    historian.close()
    assert told.endswith("# EOF\n")
    assert 'driftgate_fingerprint_changes_total{model="m",upstream="u"} 0.0\n' in told
    assert 'driftgate_ingest_failures_total{reason="busy"} 1.0\n' in told
    assert "driftgate_ingest_waiting 0.0\n" in told


async def test_a_candidate_of_shadow_traffic_is_asked_what_it_is(
    history: Path, started: list[Process]
) -> None:
    async with Scripted(always(sized(b"{}"))).running() as candidate:
        started.append(Process(history, shadow={"upstream": candidate.url, "share": 1}))
        async with asyncio.timeout(30):
            while not candidate.seen:
                await asyncio.sleep(0.01)
    assert candidate.seen[0].head.startswith(b"GET ")


def test_kills_at_any_moment_lose_and_repeat_nothing(history: Path, started: list[Process]) -> None:
    journal = JournalWriter(journal_root(history), "w1", _RULES)
    number = 0
    for kill in range(5):
        started.append(Process(history))
        taken = started[-1].ask("status")["ingested_total"]
        for _ in range(40 * kill):
            number += 1
            write(journal, number)
        if kill % 2:
            path = admin.socket_path(history, "history")
            wait_until(
                lambda: (admin.ask(path, {"op": "status"}) or {}).get("ingested_total", 0) > taken,  # noqa: B023 - called at once
                30,
            )
        started[-1].process.kill()
        started[-1].process.wait()
    journal.close()
    started.append(Process(history))
    assert started[-1].end_input() == 0
    assert rows(history, "SELECT count(*), count(DISTINCT call_id) FROM calls") == [
        (number, number)
    ]


def opened(history: Path) -> duckdb.DuckDBPyConnection | None:
    """As somebody else reads it; None while the historian writes."""
    try:
        return duckdb.connect(str(history), read_only=True)
    except duckdb.IOException:
        return None


def test_a_reader_that_stays_in_is_named_and_nothing_is_lost(
    history: Path, started: list[Process]
) -> None:
    journal = JournalWriter(journal_root(history), "w1", _RULES)
    started.append(Process(history))
    write(journal, 1)
    assert started[0].ask("drain")["drained"]
    reading = wait_until(lambda: opened(history))
    assert reading is not None
    with reading:
        write(journal, 2)
        answer = started[0].ask("drain")
        assert not answer["drained"]
        assert str(os.getpid()) in answer["error"]
        status = started[0].ask("status")
        assert f"(PID {os.getpid()})" in status["waiting_for"]
        assert status["backlog_bytes"] > 0
    assert wait_until(lambda: started[0].ask("drain")["drained"])
    assert rows(history, "SELECT count(*) FROM calls") == [(2,)]


@pytest.mark.parametrize("what", ["damaged", "newer", "missing folder"])
def test_a_file_that_is_not_to_be_had_is_said_in_the_status(
    tmp_path: Path, started: list[Process], what: str
) -> None:
    history = tmp_path / "folder" / "history.duckdb"
    history.parent.mkdir()
    if what == "damaged":
        history.write_bytes(b"no database" * 1000)
    elif what == "newer":
        first = Process(history)
        started.append(first)
        assert first.ask("drain")["drained"]
        assert first.end_input() == 0
        with duckdb.connect(str(history)) as connection:
            connection.execute("INSERT INTO schema_migrations VALUES ('9_', now()::TIMESTAMP, '9')")
    journal = JournalWriter(journal_root(history), "w1", _RULES)
    write(journal, 1)
    aside = tmp_path / "aside"
    if what == "missing folder":
        history.parent.rename(aside)
        history.parent.mkdir()
        (history.parent / "history.duckdb").mkdir()  # a folder where the file should be
    started.append(Process(history))
    error = wait_until(lambda: started[-1].ask("status")["error"])
    assert "\n" not in error
    assert str(history) in error
    assert started[-1].process.poll() is None
    if what == "damaged":
        history.unlink()
        assert wait_until(lambda: started[-1].ask("drain")["drained"])
        assert rows(history, "SELECT count(*) FROM calls") == [(1,)]


def test_a_second_historian_waits_for_the_first(history: Path, started: list[Process]) -> None:
    started.append(Process(history))
    pid = started[0].ask("status")["pid"]
    started.append(Process(history))
    assert started[0].ask("status")["pid"] == pid
    started[0].process.send_signal(signal.SIGTERM)
    assert started[0].process.wait(30) == 0
    wait_until(lambda: started[1].ask("status")["pid"] == started[1].process.pid)
    assert started[1].end_input() == 0


def test_one_that_waits_ends_with_its_parent(history: Path, started: list[Process]) -> None:
    started.append(Process(history))
    started[0].ask("status")
    started.append(Process(history))
    assert started[1].end_input() == 0
