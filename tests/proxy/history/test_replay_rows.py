"""Replays in the history: kept as calls are, and never seen among live ones."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history import prepare, replay_rows
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.rows import call_row
from driftgate.proxy.journal import head
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.journal.reader import LOCK, segment_path
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Outcome, Recorded, Replayed

RUN = UUID("0190a0a0-0000-7000-8000-000000000001")
BODY = b'{"model":"m","seed":1,"messages":[{"role":"user","content":"hi"}]}'
ANSWER = (
    b'{"id":"r1","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":'
    b'"stop","message":{"role":"assistant","content":"ho"}}],"usage":{"prompt_tokens":1,'
    b'"completion_tokens":1,"total_tokens":2}}'
)
TOOL_CALL = (
    b'{"id":"r2","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":'
    b'"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":'
    b'"function","function":{"name":"f","arguments":"{}"}}]}}]}'
)
LIVE = (
    *("calls", "sessions", "models", "turns", "pass_rates", "messages", "call_messages"),
    *("attempts", "tool_calls", "violations", "agent_turns", "agent_items", "agent_calls"),
)
NAN, INF = float("nan"), float("inf")
NOW = "2025-11-25 07:00:00"


def write(
    journal: JournalWriter, mark: Replayed | None, answer: bytes = ANSWER, body: bytes = BODY
) -> str:
    """A call with its answer, live or replayed."""
    started = journal.now_ns()
    call_id = new_id(started)
    pairs = [(b"Content-Type", b"application/json"), (b"x-driftgate-session", b"s")]
    asked = head.request(
        "POST", "/v1/chat/completions", client="c", upstream="default", url="http://u", pairs=pairs
    )
    journal.add(Kind.REQUEST, call_id, started, asked + body)
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
    journal.rows("runs", [row, {**row, "run_id": RUN.hex[::-1], "kind": "watch"}])
    journal.rows("calls", [{"call_id": str(RUN)}])
    with open_history(drained(tmp_path), drain=False) as reader:
        rows = reader.ask("SELECT started_at::VARCHAR, kind, cases FROM runs ORDER BY kind").rows
        assert rows == [("2026-11-25 07:00:00.5", kind, 3) for kind in ("gate", "watch")]
        assert reader.ask("SELECT count(*) FROM all_calls").rows == [(0,)]
        assert reader.ask("SELECT count(*) FROM events WHERE kind = 'rows'").rows == [(0,)]


MISFITS = {
    "nothing that must be there": {},
    "no id": {"run_id": None},
    "an id that is none": {"run_id": "no id"},
    "an id that is too long": {"run_id": str(RUN) + "00"},
    "an id with blanks": {"run_id": " " + RUN.hex + " "},
    "a time that is none": {"finished_at": "yesterday"},
    "a number for a time": {"finished_at": 12},
    "an object for a text": {"sentence": {"a": 1}},
    "a text for a number": {"n": "many"},
    "a truth for a number": {"n": True},
    "a number out of range": {"n": 1 << 31},
    "half a number": {"n": 1.5},
    "a number beyond all floats": {"effect": 10**400},
    "no number where one must be whole": {"n": NAN},
    "an endless number where one must be whole": {"n": INF},
    "a text for a list": {"names": "a"},
    "a list of something else": {"names": ["a", 1]},
    "a number for a truth": {"known": 1},
    "no object": "text",
    "none at all": None,
}


TYPES = {
    "run_id": "UUID",
    "finished_at": "TIMESTAMP",
    "sentence": "VARCHAR",
    "n": "INTEGER",
    "effect": "DOUBLE",
    "names": "VARCHAR[]",
    "known": "BOOLEAN",
}
GOOD = {
    "run_id": str(RUN),
    "finished_at": NOW,
    "sentence": "x",
    "n": 1,
    "effect": 1,
    "names": ["a", None],
    "known": True,
}


@pytest.mark.parametrize("misfit", MISFITS.values(), ids=list(MISFITS))
def test_a_row_that_does_not_fit_is_left_out_and_said(
    misfit: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bad = {**GOOD, **misfit} if isinstance(misfit, dict) and misfit else misfit
    rows = [("findings", GOOD), ("findings", bad), ("findings", {"run_id": str(RUN)} | GOOD)]
    fitting = replay_rows.leave_out_misfits(rows, {"findings": TYPES})
    assert rows == [("findings", GOOD)] * 2
    assert (
        fitting
        == [("findings", {**GOOD, "run_id": RUN.hex, "finished_at": 1_764_054_000_000_000})] * 2
    )
    [said] = caplog.messages
    assert said.startswith("a row of findings is left out: ")
    replay_rows.leave_out_misfits(rows, {"findings": TYPES})
    assert caplog.messages == [said]


def test_many_misfits_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    rows: list[Any] = [("findings", {})] * 500
    assert replay_rows.leave_out_misfits(rows, {"findings": TYPES}) == rows == []
    assert len(caplog.messages) == 11
    assert caplog.messages[-1] == "490 more rows are left out"


def test_a_measure_without_end_is_kept_as_unknown() -> None:
    rows: list[Any] = [("findings", {**GOOD, "effect": value}) for value in (NAN, -INF, 0.5)]
    fitting = replay_rows.leave_out_misfits(rows, {"findings": TYPES})
    assert [row.get("effect") for _, row in fitting] == [None, None, 0.5]


def test_a_row_that_does_not_fit_costs_itself_alone(
    journal: JournalWriter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = {"run_id": str(RUN), "finished_at": NOW, "sentence": "x\0\ud800"}
    journal.rows("run_results", [good, {**good, "run_id": None}, {**good, "sentence": 1}, good])
    write(journal, None)
    with open_history(drained(tmp_path), drain=False) as reader:
        assert reader.ask("SELECT sentence FROM run_results").rows == [("x\0?",), ("x\0?",)]
        assert reader.ask("SELECT count(*) FROM calls").rows == [(1,)]
    assert caplog.messages == [
        "a row of run_results is left out: it has no run_id",
        "a row of run_results is left out: sentence is a int, no VARCHAR",
    ]


def test_an_event_that_cannot_be_read_is_said_and_left_out(
    journal: JournalWriter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unreadable = ('{"rows":[]}', "[]", "[" * 9999, "{", '{"table":{},"rows":[]}', "\udcff")
    for text in unreadable:
        data = f"rows\n{text}".encode("utf-8", "surrogateescape")
        journal.add(Kind.EVENT, bytes(16), journal.now_ns(), data)
    write(journal, None)
    with open_history(drained(tmp_path), drain=False) as reader:
        assert reader.ask("SELECT count(*) FROM calls").rows == [(1,)]
    assert caplog.text.count("rows of a journal are left out") == len(unreadable)


def test_what_only_the_database_refuses_is_left_out_too(
    journal: JournalWriter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(replay_rows.REQUIRED, "runs", ("run_id",))  # as if it were not looked at
    runs = [{"run_id": f"{n:032x}", "started_at": NOW} for n in range(9)]
    del runs[5]["started_at"]
    journal.rows("runs", runs)
    write(journal, None)
    with open_history(drained(tmp_path), drain=False) as reader:
        found = reader.ask("SELECT run_id::VARCHAR FROM runs ORDER BY 1").rows
        assert [int(each[-1]) for (each,) in found] == [0, 1, 2, 3, 4, 6, 7, 8]
        assert reader.ask("SELECT count(*) FROM calls").rows == [(1,)]
    assert caplog.text.count("a row of runs is left out") == 1


def test_what_must_be_there_is_what_the_schema_wants(tmp_path: Path) -> None:
    with open_history(drained(tmp_path), drain=False) as reader:
        for table, columns in replay_rows.REQUIRED.items():
            rows = reader.ask(
                f"SELECT column_name FROM (DESCRIBE {table}) WHERE \"null\" = 'NO'"
            ).rows
            assert rows == [(column,) for column in columns]


def test_selections_and_runs_come_once_and_results_as_often_as_there_are(
    journal: JournalWriter, tmp_path: Path
) -> None:
    ids = [f"{n:032x}" for n in range(3)]
    selection = {"selection_id": ids[0], "made_at": NOW, "name": "golden"}
    calls = [{"selection_id": ids[0], "position": n, "call_id": each} for n, each in enumerate(ids)]
    run = {"run_id": ids[1], "started_at": NOW, "kind": "gate"}
    result = {"run_id": ids[1], "finished_at": NOW}
    for times in range(3):  # twice in one transaction, and once more later
        journal.rows("selections", [selection, {**selection, "name": None, "made_at": NOW}])
        journal.rows("selection_calls", [calls[1], *calls])
        journal.rows("runs", [{**run, "kind": "watch"} if times else run])
        journal.rows("run_results", [result])
        journal.rows("findings", [result])
        if times:
            drained(tmp_path)
    journal.rows("selections", [{**selection, "name": "another name of the same"}])
    with open_history(drained(tmp_path), drain=False) as reader:
        names = reader.ask("SELECT name FROM selections ORDER BY name DESC").rows
        assert names == [("golden",), ("another name of the same",)]
        rows = reader.ask("SELECT call_id::VARCHAR FROM selection_calls ORDER BY position").rows
        assert rows == [(str(UUID(each)),) for each in ids]
        assert reader.ask("SELECT kind FROM runs").rows == [("gate",)]
        assert reader.ask("SELECT count(*) FROM run_results").rows == [(3,)]
        assert reader.ask("SELECT count(*) FROM findings").rows == [(3,)]


def test_a_name_that_comes_after_the_calls_is_kept(journal: JournalWriter, tmp_path: Path) -> None:
    selection = {"selection_id": RUN.hex, "made_at": NOW}
    journal.rows("selections", [selection, {**selection, "name": "golden"}, selection])
    write(journal, None)
    with open_history(drained(tmp_path), drain=False) as reader:
        names = reader.ask("SELECT name FROM selections").rows
        assert set(names) == {(None,), ("golden",)}


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


def test_an_attempt_of_a_replay_comes_back_with_its_mark(
    journal: JournalWriter, tmp_path: Path
) -> None:
    live = write(journal, None)
    mark = Replayed(RUN.bytes, "candidate", UUID(live).bytes, 2)
    replayed = write(journal, mark, ANSWER.replace(b'"ho"', b'"hum"'))
    imported = write(journal, Replayed(bytes(16), "imported", bytes(16)))
    with open_history(drained(tmp_path), drain=False) as reader:
        assert reader.recorded(live).replayed is None
        assert reader.recorded(replayed).replayed == mark
        assert reader.recorded(imported).replayed == Replayed(bytes(16), "imported", bytes(16))
        attempt = reader.recorded_attempt(replayed, 1)
        assert attempt == reader.recorded(replayed)
        assert attempt.chunks[0].data == ANSWER.replace(b'"ho"', b'"hum"')
        rows = reader.ask("SELECT call_id::VARCHAR, output_text FROM all_attempts").rows
        assert dict(rows) == {live: "ho", replayed: "hum", imported: "ho"}


ODD_MARKS = {
    "an arm nobody knows": (Replayed(RUN.bytes, "arm\0\n" * 99, bytes(16), 1), "unknown", 1),
    "no arm": (Replayed(RUN.bytes, "", bytes(16), 1), "unknown", 1),
    "too many": (Replayed(RUN.bytes, "candidate", bytes(16), 2**32 - 1), "candidate", 2**31 - 1),
}


@pytest.mark.parametrize(("mark", "arm", "repetition"), ODD_MARKS.values(), ids=list(ODD_MARKS))
def test_an_odd_mark_is_kept_as_well_as_it_can(
    mark: Replayed, arm: str, repetition: int, journal: JournalWriter, tmp_path: Path
) -> None:
    write(journal, mark)
    with open_history(drained(tmp_path), drain=False) as reader:
        rows = reader.ask("SELECT arm, repetition, run_id::VARCHAR FROM replays").rows
        assert rows == [(arm, repetition, str(RUN))]
        assert reader.ask("FROM calls").rows == []


def test_a_replay_whose_content_is_refused_keeps_its_mark(
    journal: JournalWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(row: dict[str, Any], recorded: Recorded) -> dict[str, Any]:
        return {**row, "request_body": "no id"} if recorded.replayed else row

    monkeypatch.setattr(prepare, "call_row", lambda *args: refused(call_row(*args), args[0]))
    monkeypatch.setattr(prepare.Preparer, "_bodies", lambda *_: {})
    live = write(journal, None)
    replayed = write(journal, Replayed(RUN.bytes, "baseline", UUID(live).bytes, 2))
    with open_history(drained(tmp_path), drain=False) as reader:
        columns = "call_id::VARCHAR, arm, run_id::VARCHAR, replay_of::VARCHAR, repetition"
        rows = reader.ask(f"SELECT {columns} FROM replays WHERE error LIKE '%could not keep%'").rows
        assert rows == [(replayed, "baseline", str(RUN), live, 2)]
        assert reader.ask("SELECT call_id::VARCHAR FROM calls").rows == [(live,)]


def test_what_only_a_replay_sent_or_said_is_in_no_live_view(
    journal: JournalWriter, tmp_path: Path
) -> None:
    write(journal, None)
    mark = Replayed(RUN.bytes, "candidate", bytes(16), 1)
    write(journal, mark, TOOL_CALL, BODY.replace(b'"hi"', b'"only replayed"'))
    with open_history(drained(tmp_path), drain=False) as reader:
        for view in ("messages", "call_messages"):
            assert reader.ask(f"SELECT text FROM {view}").rows == [("hi",)]
        assert reader.ask("SELECT text FROM items ORDER BY 1").rows == [("hi",), ("only replayed",)]
        assert reader.ask("FROM tool_calls").rows == []
        assert reader.ask("SELECT name FROM all_tool_calls").rows == [("f",)]
        assert reader.ask("FROM violations").rows == []
        assert ("unknown_tool",) in reader.ask("SELECT keyword FROM all_violations").rows
        assert reader.ask("SELECT output_text FROM attempts").rows == [("ho",)]


def test_a_copy_for_a_candidate_tells_the_prober_its_model(
    journal: JournalWriter, tmp_path: Path
) -> None:
    first = write(journal, None)
    mark = Replayed(bytes(16), "shadow", UUID(first).bytes, 1)
    write(journal, mark, body=BODY.replace(b'"m"', b'"n"', 1))
    drain = Drain(tmp_path / "h.duckdb", tmp_path / "h.duckdb.journal")
    assert drain.step().models == {("default", "m"), ("default", "n")}


def test_what_a_run_asked_is_linked_to_no_fingerprint_of_an_upstream_here(
    journal: JournalWriter, tmp_path: Path
) -> None:
    def seen(version: int) -> Seen:
        return Seen(journal.now_ns(), "default", None, str(UUID(int=version)), {"v": version})

    drain = Drain(tmp_path / "h.duckdb", tmp_path / "h.duckdb.journal")
    marks = [None, *(Replayed(each, "shadow", bytes(16), 1) for each in (bytes(16), RUN.bytes))]
    for version in (1, 2):
        for mark in marks:
            write(journal, mark)
        drain.step()
        drain.seen.append(seen(version))
        drain.step()
        for mark in marks:
            write(journal, mark)
        drain.step()
    with open_history(tmp_path / "h.duckdb", drain=False) as reader:
        sql = "SELECT fingerprint_id IS NULL, run_id IS NULL, count(*) FROM all_calls GROUP BY ALL"
        assert sorted(reader.ask(sql).rows) == [(False, True, 8), (True, False, 4)]


def test_a_replay_is_no_retry_and_tells_the_prober_no_model(
    journal: JournalWriter, tmp_path: Path
) -> None:
    first = write(journal, None)
    write(journal, Replayed(RUN.bytes, "candidate", bytes(16), 1), body=BODY.replace(b"m", b"n", 1))
    write(journal, Replayed(RUN.bytes, "candidate", UUID(first).bytes, 1))
    write(journal, None)
    drain = Drain(tmp_path / "h.duckdb", tmp_path / "h.duckdb.journal")
    assert drain.step().models == {("default", "m")}
    with open_history(tmp_path / "h.duckdb", drain=False) as reader:
        numbers = "SELECT retry_number FROM all_calls ORDER BY started_at"
        assert reader.ask(numbers).rows == [(0,), (0,), (0,), (0,)]
