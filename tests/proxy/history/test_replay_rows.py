"""Replays in the history: kept as calls are, and never seen among live ones."""

from pathlib import Path
from uuid import UUID

import pytest

from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.journal import head
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.journal.reader import LOCK, segment_path
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome, Replayed

RUN = UUID("0190a0a0-0000-7000-8000-000000000001")
BODY = b'{"model":"m","seed":1,"messages":[{"role":"user","content":"hi"}]}'
ANSWER = (
    b'{"id":"r1","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":'
    b'"stop","message":{"role":"assistant","content":"ho"}}],"usage":{"prompt_tokens":1,'
    b'"completion_tokens":1,"total_tokens":2}}'
)
LIVE = ("sessions", "models", "turns", "pass_rates", "messages", "call_messages", "attempts")


def write(journal: JournalWriter, mark: Replayed | None, answer: bytes = ANSWER) -> str:
    """A call with its answer, live or replayed."""
    started = journal.now_ns()
    call_id = new_id(started)
    pairs = [(b"Content-Type", b"application/json"), (b"x-driftgate-session", b"s")]
    asked = head.request(
        "POST", "/v1/chat/completions", client="c", upstream="default", url="http://u", pairs=pairs
    )
    journal.add(Kind.REQUEST, call_id, started, asked + BODY)
    if mark is not None:
        journal.add(Kind.REPLAYED, call_id, started, head.replayed(mark))
    journal.add(Kind.RESPONSE, call_id, started + 1000, head.response(200, b"OK", pairs[:1]))
    journal.add(Kind.CHUNK, call_id, started + 2000, answer)
    journal.add(Kind.END, call_id, started + 3000, head.end(Outcome.COMPLETED))
    journal.commit(call_id)
    return text_id(call_id)


@pytest.fixture
def journal(tmp_path: Path) -> JournalWriter:
    return JournalWriter(tmp_path / "h.duckdb.journal", "w", Rules(min_free_bytes=0))


def drained(tmp_path: Path) -> Path:
    history = tmp_path / "h.duckdb"
    drain = Drain(history, tmp_path / "h.duckdb.journal")
    while drain.step().more:
        pass
    return history


def test_a_replay_is_kept_as_a_call_and_seen_by_no_live_view(
    journal: JournalWriter, tmp_path: Path
) -> None:
    live = write(journal, None)
    with open_history(drained(tmp_path), drain=False) as reader:
        before = {view: reader.ask(f"FROM {view}").rows for view in LIVE}
    mark = Replayed(RUN.bytes, "candidate", UUID(live).bytes, 2)
    replayed = write(journal, mark, ANSWER.replace(b'"ho"', b'"hum"'))
    with open_history(drained(tmp_path), drain=False) as reader:
        assert {view: reader.ask(f"FROM {view}").rows for view in LIVE} == before
        assert reader.ask("SELECT call_id::VARCHAR FROM calls").rows == [(live,)]
        columns = "run_id::VARCHAR, arm, replay_of::VARCHAR, repetition, output_text, verdict"
        rows = reader.ask(f"SELECT {columns} FROM replays").rows
        assert rows == [(str(RUN), "candidate", live, 2, "hum", "pass")]
        assert reader.find_call(replayed[:30]) == replayed
        asked = reader.ask("SELECT retry_number, retry_of FROM all_calls ORDER BY started_at").rows
        assert asked == [(0, None), (0, None)]


def test_an_imported_call_is_of_no_run(journal: JournalWriter, tmp_path: Path) -> None:
    write(journal, Replayed(bytes(16), "imported", bytes(16)))
    with open_history(drained(tmp_path), drain=False) as reader:
        rows = reader.ask("SELECT run_id, arm, replay_of FROM replays").rows
        assert rows == [(None, "imported", None)]


def test_many_calls_come_back_in_the_order_asked(journal: JournalWriter, tmp_path: Path) -> None:
    mark = Replayed(RUN.bytes, "baseline", bytes(16))
    ids = [write(journal, mark if n % 2 else None, ANSWER + b" " * n) for n in range(5)]
    with open_history(drained(tmp_path), drain=False) as reader:
        wanted = [ids[3], ids[0], ids[4], ids[0]]
        found = reader.recorded_many(wanted)
        assert [text_id(each.call_id) for each in found] == wanted
        assert [each.chunks[0].data for each in found] == [
            ANSWER + b" " * ids.index(each) for each in wanted
        ]
        assert found[1] == reader.recorded(ids[0])
        with pytest.raises(NotFoundError, match="no call 0190"):
            reader.recorded_many([ids[0], str(RUN)])


def test_rows_of_a_run_come_into_their_tables_and_into_no_event(
    journal: JournalWriter, tmp_path: Path
) -> None:
    row = {
        "run_id": str(RUN),
        "started_at": "2026-11-25 07:00:00.5",
        "kind": "gate",
        "cases": 3,
        "candidate": '{"upstream":"http://u"}',
        "of_a_newer_driftgate": 1,
    }
    journal.rows("runs", [row, {**row, "kind": "watch"}])
    journal.rows("calls", [{"call_id": str(RUN)}])
    journal.rows("runs", [{"run_id": "no id"}])
    with open_history(drained(tmp_path), drain=False) as reader:
        rows = reader.ask("SELECT run_id::VARCHAR, started_at::VARCHAR, kind, cases FROM runs").rows
        assert rows == [(str(RUN), "2026-11-25 07:00:00.5", kind, 3) for kind in ("gate", "watch")]
        assert reader.ask("SELECT count(*) FROM all_calls").rows == [(0,)]
        assert reader.ask("SELECT count(*) FROM events WHERE kind = 'rows'").rows == [(0,)]


def test_the_mark_survives_a_writer_that_was_killed(journal: JournalWriter, tmp_path: Path) -> None:
    started = journal.now_ns()
    call_id = new_id(started)
    asked = head.request(
        "POST", "/v1/responses", client="c", upstream="u", url="http://u", pairs=[]
    )
    journal.add(Kind.REQUEST, call_id, started, asked)
    mark = head.replayed(Replayed(RUN.bytes, "candidate", RUN.bytes, 1))
    journal.add(Kind.REPLAYED, call_id, started, mark)
    journal.commit(call_id)
    journal.close()
    assert (tmp_path / "h.duckdb.journal" / "w" / LOCK).exists()
    assert segment_path(tmp_path / "h.duckdb.journal" / "w", 0).exists()
    with open_history(drained(tmp_path), drain=False) as reader:
        assert reader.ask("SELECT arm, outcome FROM replays").rows == [("candidate", "interrupted")]
