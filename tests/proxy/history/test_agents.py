"""Calls of agents in the history: which call is part of which, and what the views make of them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from driftgate.proxy.history import prepare
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.rows import call_row
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.reader import JournalEvent
from driftgate.proxy.record import Chunk, Recorded, Replayed
from tests.proxy.history.calls import MS, T0_NS, batch, call

PARENT = "x-driftgate-parent-call-id"
RUN = bytes(15) + b"r"


def ids(*calls: Recorded) -> list[str]:
    return [str(UUID(bytes=each.call_id)) for each in calls]


def part_of(parent: Recorded | str, number: int, **changes: Any) -> Recorded:
    """A model call that Codex made for another call."""
    told = parent if isinstance(parent, str) else str(UUID(bytes=parent.call_id))
    headers = [(PARENT.title(), told), ("thread-id", f"thread {number}")]
    return call(number, request_headers=headers, **changes)


def at(second: float) -> str:
    """So many seconds after T0, as rows have it."""
    then = datetime.fromtimestamp(T0_NS / 1e9, UTC) + timedelta(seconds=second)
    return then.isoformat()


def rows_event(table: str, *rows: dict[str, Any]) -> JournalEvent:
    return JournalEvent(T0_NS, "rows", json.dumps({"table": table, "rows": rows}))


def start(of: Recorded, second: float, attempt: int = 1, **more: Any) -> JournalEvent:
    told = {"call_id": ids(of)[0], "attempt": attempt, "started_at": at(second), "agent": "a"}
    return rows_event("agent_starts", {**told, **more})


def shown(path: Path, question: str) -> list[Any]:
    with open_history(path, drain=False) as reader:
        return reader.ask(question).rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "h.duckdb"


def test_a_call_names_the_call_it_is_part_of(path: Path) -> None:
    outer = call(1)
    made = part_of(outer, 2)
    Store(path).apply([batch(made), batch(outer, writer="w2")])  # the outer one ends later
    rows = shown(path, "SELECT call_id::VARCHAR, parent_call_id::VARCHAR FROM calls ORDER BY 1")
    [first, second] = ids(outer, made)
    assert rows == [(first, None), (second, first)]


def test_a_parent_that_is_no_id_is_none(path: Path) -> None:
    headers = ["", "last", "0" * 32, "\x00", "x" * 9_999]
    Store(path).apply([batch(*(part_of(header, n) for n, header in enumerate(headers)))])
    assert shown(path, "SELECT parent_call_id FROM calls") == [(None,)] * len(headers)


def _responses(number: int, answer: str, before: str | None = None, **changes: Any) -> Recorded:
    asked = {"model": "m", "input": "hi", "previous_response_id": before}
    told = {"id": answer, "object": "response", "status": "completed", "model": "m", "output": []}
    body = json.dumps(asked).encode()
    return call(
        number,
        target="/v1/responses",
        request_body=body,
        chunks=[Chunk(MS, json.dumps(told).encode())],
        **changes,
    )


def test_the_agent_is_the_parent_where_an_answer_is_continued_too(path: Path) -> None:
    first = _responses(1, "resp_1")
    outer = call(2)
    [parent] = ids(outer)
    continued = _responses(3, "resp_3", "resp_1")
    both = _responses(4, "resp_4", "resp_1", request_headers=[(PARENT, parent)])
    Store(path).apply([batch(first, outer, continued, both)])
    rows = shown(path, "SELECT parent_call_id::VARCHAR FROM calls ORDER BY started_at")
    assert rows == [(None,), (None,), (ids(first)[0],), (parent,)]


def test_a_call_whose_content_is_refused_keeps_its_parent(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        prepare, "call_row", lambda *args: {**call_row(*args), "request_body": "no id"}
    )
    monkeypatch.setattr(prepare.Preparer, "_bodies", lambda *_: {})
    outer = call(1)
    Store(path).apply([batch(part_of(outer, 2))])
    rows = shown(path, "SELECT parent_call_id::VARCHAR, error LIKE '%not keep%' FROM calls")
    assert rows == [(ids(outer)[0], True)]


def test_each_model_call_belongs_to_the_attempt_that_ran(path: Path) -> None:
    outer, other = call(1), call(2)
    early, first, second, third = (part_of(outer, n) for n in (2, 4, 6, 7))
    alone = part_of(other, 8)
    events = [start(outer, 3), start(outer, 5, 2)]
    Store(path).apply([batch(outer, early, first, second, third, alone, events=events)])
    rows = shown(
        path,
        "SELECT parent_call_id::VARCHAR, attempt, agent, call_id::VARCHAR, thread_id, status, "
        "input_tokens FROM agent_calls ORDER BY started_at",
    )
    [of, elsewhere] = ids(outer, other)
    assert rows == [
        (of, None, None, ids(early)[0], "thread 2", 200, 7),
        (of, 1, "a", ids(first)[0], "thread 4", 200, 7),
        (of, 2, "a", ids(second)[0], "thread 6", 200, 7),
        (of, 2, "a", ids(third)[0], "thread 7", 200, 7),
        (elsewhere, None, None, ids(alone)[0], "thread 8", 200, 7),
    ]


def test_a_call_that_continues_an_answer_is_no_model_call_of_a_turn(path: Path) -> None:
    outer = _responses(1, "resp_1")
    after = _responses(5, "resp_5", "resp_1")
    Store(path).apply([batch(outer, part_of(outer, 3), after, events=[start(outer, 2)])])
    asked = "SELECT count(*) FROM calls WHERE parent_call_id IS NOT NULL"
    assert shown(path, asked) == [(2,)]
    assert shown(path, "SELECT count(*) FROM agent_calls") == [(1,)]
    assert shown(path, "SELECT model_calls FROM agent_turns") == [(1,)]


def test_a_turn_that_was_killed_is_told_by_its_model_calls(path: Path) -> None:
    outer = call(1)
    failed = part_of(outer, 5, status=500)
    events = [start(outer, 3), start(outer, 6, 2)]
    Store(path).apply([batch(outer, part_of(outer, 4), failed, events=events)])
    rows = shown(
        path,
        "SELECT attempt, thread_id, ended_at, status, model_calls, input_tokens, output_tokens "
        "FROM agent_turns ORDER BY attempt",
    )
    assert rows == [
        (1, "thread 5", None, None, 1, 14, 6),
        (2, None, None, None, None, None, None),
    ]


def test_the_last_end_of_a_turn_counts_and_what_it_says_itself(path: Path) -> None:
    outer = call(1)
    [of] = ids(outer)
    ends = [
        {"call_id": of, "attempt": 1, "ended_at": at(n), "thread_id": f"t{n}", "model_calls": n}
        for n in (9, 8)
    ]
    events = [start(outer, 3), rows_event("agent_ends", *ends)]
    Store(path).apply([batch(outer, part_of(outer, 4), events=events)])
    rows = shown(path, "SELECT thread_id, model_calls, input_tokens FROM agent_turns")
    assert rows == [("t9", 9, 7)]


def test_of_an_item_what_is_whole_counts_and_when_it_began(path: Path) -> None:
    outer = call(1)
    place = {"call_id": ids(outer)[0], "attempt": 1}
    told = [(0, 3, "in_progress"), (0, 3, "completed"), (1, 4, "failed"), (1, 5, "in_progress")]
    items = [
        {**place, "position": position, "happened_at": at(second), "status": status}
        for position, second, status in told
    ]
    Store(path).apply([batch(outer, events=[rows_event("agent_item_rows", *items)])])
    asked = "SELECT position, happened_at, status FROM agent_items ORDER BY position"
    when = datetime.fromtimestamp(T0_NS / 1e9, UTC).replace(tzinfo=None)
    assert shown(path, asked) == [
        (0, when + timedelta(seconds=3), "completed"),
        (1, when + timedelta(seconds=4), "failed"),
    ]


def test_what_an_agent_does_for_a_run_is_no_answer_and_in_no_live_view(path: Path) -> None:
    live = call(1)
    inner = part_of(live, 3)
    replayed = call(5, replayed=Replayed(RUN, "candidate", live.call_id, 1))
    made = part_of(replayed, 7, replayed=Replayed(RUN, "candidate", live.call_id, 1))
    again = part_of(live, 8, replayed=Replayed(RUN, "candidate", inner.call_id, 1))
    shadow = part_of(live, 9, replayed=Replayed(bytes(16), "shadow", inner.call_id, 1))
    item = {"attempt": 1, "position": 0, "happened_at": at(4), "status": "completed"}
    events = [
        start(live, 2),
        start(replayed, 6, arm="candidate", run_id=str(UUID(bytes=RUN))),
        *(rows_event("agent_item_rows", {**item, "call_id": each}) for each in ids(live, replayed)),
    ]
    Store(path).apply([batch(live, inner, replayed, made, again, shadow, events=events)])
    asked = "SELECT call_id::VARCHAR FROM {} ORDER BY call_id"
    views = {
        "agent_turns": [live],
        "all_agent_turns": [live, replayed],
        "agent_items": [live],
        "all_agent_items": [live, replayed],
        "agent_calls": [inner],
        # a model call that is run again itself is an answer, whatever it was part of once
        "replays": [replayed, again, shadow],
        "calls": [live, inner],
    }
    for view, expected in views.items():
        assert [each for (each,) in shown(path, asked.format(view))] == ids(*expected), view
