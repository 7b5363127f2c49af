"""Calls, bodies and facts in the file: exactly once, linked, whatever strangers wrote."""

import json
import random
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import duckdb
import pytest

from driftgate.proxy.errors import HistoryBusyError
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import JournalEvent
from driftgate.proxy.record import Chunk, Outcome
from tests.proxy.history.calls import MS, T0_NS, batch, call


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.duckdb"


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_call_becomes_a_flat_row(path: Path) -> None:
    assert Store(path).apply([batch(call(1))]) == 1
    row = ask(
        path,
        "SELECT outcome, model, temperature, input_text, output_text, input_tokens, output_tokens, "
        "path, query, status, request_items, first_byte_ms, total_ms, overhead_ms, chunk_us, "
        "header(request_headers, 'X-A'), header(request_headers, 'user-agent') FROM calls",
    )
    who_and_what = ("completed", "gemma4", 0.5, "question 1", "answer 1", 7, 3)
    where = ("/v1/chat/completions", "tag=a", 200, 2)
    when = (5.0, 10.0, 0.25, [5000, 6000])
    assert row == [(*who_and_what, *where, *when, "1, 2", "test")]


def test_a_large_body_is_kept_too(path: Path) -> None:
    large = random.Random(1).randbytes(3 << 20)
    Store(path).apply([batch(call(1, request_body=large))])
    with open_history(path, drain=False) as reader:
        assert reader.request_bytes(str(uuid.UUID(bytes=call(1).call_id))) == large


def test_a_call_that_comes_again_is_kept_once(path: Path) -> None:
    store = Store(path)
    store.apply([batch(call(1), call(2))])
    assert store.apply([batch(call(2), call(3))]) == 1
    assert Store(path).apply([batch(call(1), call(3))]) == 0
    assert ask(path, "SELECT count(*), count(DISTINCT call_id) FROM calls") == [(3, 3)]


def test_positions_are_committed_with_the_rows(path: Path) -> None:
    store = Store(path)
    assert store.positions() == {}
    store.apply([batch(call(1), done=Position(3, 7), low=Position(2, 1))])
    assert Store(path).positions() == {"w1": (Position(2, 1), Position(3, 7))}
    store.apply([batch(done=Position(4, 0), low=Position(4, 0))], gone=["w0"])
    assert Store(path).positions() == {"w1": (Position(4, 0), Position(4, 0))}
    store.apply([], gone=["w1"])
    assert Store(path).positions() == {}


def test_equal_bodies_and_slices_are_kept_once_even_over_restarts(path: Path) -> None:
    for number in (1, 2, 3):
        Store(path).apply([batch(call(number, request_body=call(0).request_body))])
    counts = "SELECT (SELECT count(*) FROM bodies), count(DISTINCT digest), count(*) FROM slices"
    bodies, digests, slices = ask(path, counts)[0]
    assert bodies == 4  # one request, three answers
    assert digests == slices


def test_what_strangers_write_is_kept_as_far_as_it_can_be(path: Path) -> None:
    wild = [
        call(1, target="/\udcff?\x00"),
        call(2, request_body=b'{"model": "\\ud800", "seed": 1e400, "top_k": 99999999999999999999}'),
        call(3, request_body=b'{"messages": [{"role": "user", "content": "a\\u0000b"}]}'),
        call(4, request_headers=[("x", "\xff\x00")], error="\ud800"),
        call(5, request_body=b"\xff" * 100, chunks=[Chunk(0, b"\x00")]),
    ]
    assert Store(path).apply([batch(*wild)]) == 5
    assert ask(path, "SELECT input_text FROM calls WHERE input_text IS NOT NULL ORDER BY 1") == [
        ("a\x00b",),
        ("question 4",),
    ]


def test_a_call_that_duckdb_refuses_costs_only_itself(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(path)
    prepared = store.prepare([batch(call(1), call(2), call(3))])
    prepared.calls[1].row["fingerprint_id"] = "no uuid"
    assert store.commit(prepared) == 3
    rows = ask(path, "SELECT error IS NULL, model FROM calls ORDER BY started_at")
    assert rows == [(True, "gemma4"), (False, None), (True, "gemma4")]
    assert "w1" in store.positions()


def test_a_retry_in_the_same_turn_is_numbered(path: Path) -> None:
    meta = {"thread_id": "t", "turn_id": "u"}

    def codex(number: int, text: str, **more: str) -> Any:
        body = {"model": "m", "input": text, "client_metadata": {**meta, **more}}
        return call(number, target="/v1/responses", request_body=json.dumps(body).encode())

    store = Store(path)
    store.apply([batch(codex(1, "a"), codex(2, "a", x="1"))])
    Store(path).apply([batch(codex(3, "a"), codex(4, "b"))])
    rows = ask(path, "SELECT retry_number, retry_of::VARCHAR FROM calls ORDER BY started_at")
    first = str(uuid.UUID(bytes=call(1).call_id))
    assert rows == [(0, None), (1, first), (2, first), (0, None)]


def test_fingerprints_are_linked_by_time(path: Path) -> None:
    old, new = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
    store = Store(path)
    store.apply([batch(call(1))])
    at = T0_NS + 2000 * MS
    store.apply([batch(call(3))], seen=[Seen(at, "default", "gemma4", old, {"v": 1})])
    again = Seen(at + 1, "default", "gemma4", old, {"v": 1})
    changed = Seen(T0_NS + 4000 * MS, "default", "gemma4", new, {"v": 2})
    Store(path).apply([batch(call(4), call(5))], seen=[again, changed])
    rows = ask(path, "SELECT fingerprint_id::VARCHAR FROM calls ORDER BY started_at")
    assert rows == [(old,), (old,), (new,), (new,)]
    events = ask(path, "SELECT kind, model, detail FROM events ORDER BY happened_at")
    assert [event[0] for event in events] == ["fingerprint_seen", "fingerprint_changed"]
    assert json.loads(events[1][2])["changed"] == {"v": [1, 2]}
    assert ask(path, "SELECT count(*) FROM observations") == [(2,)]
    assert Store(path).fingerprints() == {}


def test_the_configuration_in_force_is_linked(path: Path) -> None:
    store = Store(path)
    one = JournalEvent(T0_NS, "config", '{"b": 1, "a": 2}')
    store.apply([batch(call(1), events=[one])])
    two = JournalEvent(T0_NS + 2500 * MS, "config", '{"a": 3}')
    Store(path).apply([batch(call(2), call(3), events=[two])])
    rows = ask(
        path, "SELECT settings FROM calls JOIN configs USING (config_id) ORDER BY started_at"
    )
    assert rows == [('{"a":2,"b":1}',), ('{"a":2,"b":1}',), ('{"a":3}',)]
    assert ask(path, "SELECT kind, writer FROM events") == [("config", "w1")] * 2


def test_events_name_their_upstream(path: Path) -> None:
    event = JournalEvent(T0_NS, "disk_full", '{"upstream": "a", "free": 1}')
    Store(path).apply([batch(events=[event, JournalEvent(T0_NS, "odd", "not json")])])
    rows = ask(path, "SELECT kind, upstream, detail FROM events ORDER BY kind")
    assert rows == [
        ("disk_full", "a", '{"upstream": "a", "free": 1}'),
        ("odd", None, '{"text":"not json"}'),
    ]


def test_views_answer_everyday_questions(path: Path) -> None:
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "yes"}],
        "metadata": {"session_id": "s1"},
    }
    longer = {**body, "messages": [*body["messages"], {"role": "user", "content": "more"}]}
    calls = [call(n, request_body=json.dumps(b).encode()) for n, b in ((1, body), (2, longer))]
    Store(path).apply([batch(*calls)])
    messages = ask(path, "SELECT role, text, uses, sessions FROM messages ORDER BY message_id")
    assert messages == [("user", "hello", 2, 1), ("assistant", "yes", 2, 1), ("user", "more", 1, 1)]
    said = ask(
        path,
        "SELECT text FROM call_messages WHERE started_at = "
        "(SELECT max(started_at) FROM calls) ORDER BY position",
    )
    assert said == [("hello",), ("yes",), ("more",)]
    assert ask(path, "SELECT session_id, calls, output_tokens FROM sessions") == [("s1", 2, 6)]
    assert ask(path, "SELECT model, calls, failures FROM models") == [("m", 2, 0)]


_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(1, flush=True); sys.stdin.read()"


def test_a_held_file_is_named_with_its_holder_and_nothing_is_lost(path: Path) -> None:
    store = Store(path)
    store.apply([batch(call(1))])
    prepared = store.prepare([batch(call(2))])
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"1\n"
        with pytest.raises(HistoryBusyError, match=rf"held by .*\(PID {holder.pid}\)"):
            store.commit(prepared)
        holder.communicate()
    assert store.commit(prepared) == 1
    assert ask(path, "SELECT count(*) FROM calls") == [(2,)]


def test_a_file_replaced_by_an_older_copy_gets_all_slices_again(path: Path) -> None:
    store = Store(path)
    store.apply([batch(call(1))])
    store.tidy()
    old = path.read_bytes()
    store.apply([batch(call(2))])
    store.tidy()
    path.write_bytes(old)
    store.apply([batch(call(3, request_body=call(2).request_body))])
    missing = "SELECT count(*) FROM (SELECT unnest(slices) AS s FROM bodies) LEFT JOIN slices ON s = slice_id WHERE slice_id IS NULL"
    assert ask(path, missing) == [(0,)]


def test_an_interrupted_call_has_its_request_and_no_end(path: Path) -> None:
    cut = call(
        1,
        outcome=Outcome.INTERRUPTED,
        status=None,
        chunks=[],
        ended_ns=None,
        response_headers=[],
        response_size=0,
        first_byte_ns=None,
    )
    Store(path).apply([batch(cut)])
    rows = ask(path, "SELECT outcome, ended_at, status, input_text, response_body FROM calls")
    assert rows == [("interrupted", None, None, "question 1", None)]


def test_a_client_that_leaves_behind_the_last_event_has_had_its_answer(path: Path) -> None:
    events = [
        b'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n',
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    ]
    chunks = [Chunk(number, data) for number, data in enumerate(events)]
    told = [("Content-Type", "text/event-stream")]
    gone = {"outcome": Outcome.CLIENT_GONE, "response_headers": told}
    whole = call(1, chunks=chunks, **gone)
    cut = call(2, chunks=chunks[:1], **gone)
    Store(path).apply([batch(whole, cut)])
    asked = "SELECT outcome, answer_complete FROM calls ORDER BY started_at"
    assert ask(path, asked) == [("completed", True), ("client_gone", False)]


def test_a_websocket_keeps_its_frames(path: Path) -> None:
    frames = [(1 * MS, True, b"\x81\x01a"), (2 * MS, False, b"\x81\x01b"), (3 * MS, True, b"xyz")]
    Store(path).apply(
        [batch(call(1, method="GET", status=101, frames=frames, request_body=b"", chunks=[]))]
    )
    rows = ask(path, "SELECT frame_us, frame_bytes, frame_from_client FROM calls")
    assert rows == [([1000, 2000, 3000], [3, 3, 3], [True, False, True])]
