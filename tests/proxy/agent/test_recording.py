"""The story of a turn: in the history as far as it went, bounded and without secrets."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from driftgate.proxy.agent import recording
from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.origin import Origin
from driftgate.proxy.agent.recording import TurnRecord
from driftgate.proxy.agent.steps import (
    Began,
    Ended,
    Item,
    Kind,
    ModelCall,
    Text,
    TurnError,
    Usage,
)
from driftgate.proxy.errors import Fault
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.model import RedactSettings

OUTER = UUID("0190a0a0-0000-7000-8000-000000000001")
RUN = UUID("0190a0a0-0000-7000-8000-000000000002")
CODEX = Codex(model="gemma4", model_upstream="local")
ASKED = Asked(
    dialect="chat",
    model="agent",
    stream=True,
    input=[{"type": "text", "text": "list it"}, {"type": "image", "url": "data:"}],
)
LS = Item(
    kind=Kind.COMMAND,
    item="call_1",
    title="ls",
    text="a.py\n",
    cwd="/w",
    exit_code=0,
    duration_ms=12,
    data={"type": "commandExecution", "source": "agent"},
)
PATCH = Item(
    kind=Kind.FILE_CHANGE,
    item="call_2",
    title="a.py, b.py",
    changes=(("update", "a.py", "-1\n+2"), ("add", "b.py", "+3")),
)


@pytest.fixture
def journal(tmp_path: Path) -> JournalWriter:
    return JournalWriter(tmp_path / "h.duckdb.journal", "host", Rules(min_free_bytes=0))


def record_of(journal: JournalWriter, origin: Origin | None = None, **rules: Any) -> TurnRecord:
    redactor = Redactor(b"k" * 32, RedactSettings(**rules))
    return TurnRecord(journal, redactor, origin or Origin(str(OUTER)))


def begun(journal: JournalWriter, origin: Origin | None = None, **rules: Any) -> TurnRecord:
    record = record_of(journal, origin, **rules)
    record.begin(agent="agent", codex=CODEX, version="0.169.0", asked=ASKED)
    return record


def asked(tmp_path: Path, *questions: str) -> list[list[Any]]:
    drain = Drain(tmp_path / "h.duckdb", tmp_path / "h.duckdb.journal")
    while drain.step().more:
        pass
    with open_history(tmp_path / "h.duckdb", drain=False) as reader:
        return [reader.ask(question).rows for question in questions]


def test_a_turn_is_told_from_its_beginning_to_its_end(
    journal: JournalWriter, tmp_path: Path
) -> None:
    record = begun(journal)
    record.thread("t", "u")
    for step in (
        Item(kind=Kind.IGNORED, item="ignored/seed", title="seed", status="ignored"),
        Text("m", "half a mess"),
        ModelCall(Usage(5, 4, 3, 2)),
        Began(Kind.COMMAND, "call_1", "ls"),
        LS,
        PATCH,
        Item(kind=Kind.APPROVAL, item="call_3", title="rm -rf /", status="declined"),
        Item(kind=Kind.MESSAGE, item="m", title="done", text="all done"),
        Ended("completed", None, Usage(10, 8, 6, 4), 2, 345),
    ):
        record.step(step)
    record.close()
    turns, items, ended = asked(
        tmp_path,
        "SELECT call_id::VARCHAR, attempt, agent, thread_id, turn_id, codex_version, model, "
        "model_upstream, sandbox, workspace, isolation, status, error_code, model_calls, input_tokens, "
        "cached_tokens, output_tokens, reasoning_tokens, prompt, ended_at > started_at FROM agent_turns",
        "SELECT position, kind, item_id, title, status, exit_code, duration_ms, cwd, text, paths, "
        "changes, data FROM agent_items ORDER BY position",
        "SELECT count(*) FROM agent_ends",
    )
    assert turns == [
        (
            *(str(OUTER), 1, "agent", "t", "u", "0.169.0", "gemma4", "local", "read-only"),
            *("fresh", "pool", "completed", None, 2, 10, 8, 6, 4, "list it\n\n[image]", True),
        )
    ]
    nothing = (None,) * 3
    assert items == [
        (0, "ignored", "ignored/seed", "seed", "ignored", *nothing, None, *nothing),
        (
            *(1, "command", "call_1", "ls", "completed", 0, 12, "/w", "a.py\n", None, None),
            json.dumps(LS.data),
        ),
        (
            *(2, "file_change", "call_2", "a.py, b.py", "completed", *nothing, "-1\n+2\n+3"),
            *(["a.py", "b.py"], ["update", "add"], None),
        ),
        (3, "approval", "call_3", "rm -rf /", "declined", *nothing, None, *nothing),
        (4, "message", "m", "done", "completed", *nothing, "all done", *nothing),
    ]
    assert ended == [(1,)]


def test_a_killed_host_leaves_what_was_done_so_far(journal: JournalWriter, tmp_path: Path) -> None:
    record = begun(journal)
    record.step(LS)
    record.step(Began(Kind.COMMAND, "call_2", "sleep 99"))
    record.step(Began(Kind.REASONING, "r", ""))
    turns, items = asked(
        tmp_path,
        "SELECT agent, prompt, ended_at, status, error, model_calls FROM agent_turns",
        "SELECT position, title, status FROM agent_items WHERE kind = 'command' ORDER BY position",
    )
    assert turns == [("agent", "list it\n\n[image]", None, None, None, None)]
    assert items == [(0, "ls", "completed"), (1, "sleep 99", "in_progress")]


def test_items_of_one_id_are_each_told_once_in_the_order_they_began(
    journal: JournalWriter, tmp_path: Path
) -> None:
    record = begun(journal)
    for name in ("a", "b"):  # small model servers give every tool call the same id
        record.step(Began(Kind.COMMAND, "call_1", name))
    for name in ("a", "b", "c"):
        record.step(Item(kind=Kind.COMMAND, item="call_1", title=name, exit_code=1))
    record.step(Began(Kind.COMMAND, "call_1", "d"))
    record.close()
    columns = "position, title, status, happened_at <= now()::TIMESTAMP"
    [items] = asked(tmp_path, f"SELECT {columns} FROM agent_items ORDER BY position")
    whole, begun_only = "completed", "in_progress"
    assert items == [
        (n, name, whole if n < 3 else begun_only, True) for n, name in enumerate("abcd")
    ]


def test_a_turn_that_fails_says_why_and_whose_fault_it_is(
    journal: JournalWriter, tmp_path: Path
) -> None:
    record = begun(journal, Origin(str(OUTER), attempt=2))
    error = TurnError("turn_loop", "stopped after 9 model calls", Fault.UPSTREAM, 502)
    record.step(Ended("failed", error, Usage(1), 9))
    record.step(Ended("completed"))
    [turns] = asked(
        tmp_path,
        "SELECT attempt, status, error_code, error, fault, model_calls, input_tokens FROM agent_turns",
    )
    assert turns == [
        (2, "failed", "turn_loop", "stopped after 9 model calls", "upstream", 9, 1),
    ]


def test_a_turn_without_an_end_was_left_by_its_client(
    journal: JournalWriter, tmp_path: Path
) -> None:
    record = begun(journal)
    for _ in range(2):
        record.step(ModelCall(Usage(5, 4, 3, 2)))
    record.close()
    [turns] = asked(
        tmp_path,
        "SELECT status, error_code, fault, model_calls, input_tokens, reasoning_tokens FROM agent_turns",
    )
    assert turns == [("interrupted", "client_gone", "client", 2, 10, 4)]


def test_turns_of_a_run_are_in_no_live_view(journal: JournalWriter, tmp_path: Path) -> None:
    marks = {OUTER: f"{RUN}/candidate/{OUTER}/1", RUN: "\n/?"}
    for call_id, mark in marks.items():
        for _ in range(2):  # the same turn is told once, however often it comes
            record = begun(journal, Origin(str(call_id), replayed=mark))
        record.step(LS)
        record.close()
    live, items, everything, steps = asked(
        tmp_path,
        "FROM agent_turns",
        "FROM agent_items",
        "SELECT call_id::VARCHAR, arm, run_id::VARCHAR FROM all_agent_turns ORDER BY call_id",
        "SELECT title FROM all_agent_items WHERE kind = 'command'",
    )
    assert (live, items) == ([], [])
    assert everything == [(str(OUTER), "candidate", str(RUN)), (str(RUN), "unknown", None)]
    assert steps == [("ls",), ("ls",)]


def test_secrets_of_rules_and_of_the_client_are_in_no_row(
    journal: JournalWriter, tmp_path: Path
) -> None:
    origin = Origin(str(OUTER), authorization="Bearer sk-client-secret")
    record = begun(journal, origin, patterns=["pw-[0-9]+"])
    text = "export A=pw-123 B=sk-client-secret"
    record.step(Began(Kind.COMMAND, "i", text))
    record.step(
        Item(
            kind=Kind.COMMAND,
            item="pw-1",
            title=text,
            text=text * 2,
            cwd=f"/{text}",
            changes=(("add", text, text),),
            data={text: [text, 1, {"a": text}]},
        )
    )
    error = TurnError("model_failed", text, Fault.UPSTREAM, 502)
    record.step(Ended("failed", error))
    rows = asked(tmp_path, "FROM agent_item_rows", "FROM agent_ends")
    assert "export A=redacted:" in str(rows)
    assert not any(secret in str(rows) for secret in ("pw-1", "sk-client"))


def test_a_flood_of_items_is_counted(
    journal: JournalWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "ITEMS_LIMIT", 3)
    record = begun(journal)
    for n in range(9):
        record.step(Item(kind=Kind.WARNING, item=str(n), title=str(n)))
    record.close()
    [items] = asked(tmp_path, "SELECT title FROM agent_items ORDER BY position")
    told = [title for (title,) in items]
    assert told == ["0", "1", "2", "6 more items are not recorded"]


def test_what_has_begun_is_remembered_up_to_a_limit(
    journal: JournalWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "OPEN_LIMIT", 2)
    record = begun(journal)
    for n in range(9):
        record.step(Began(Kind.COMMAND, str(n), str(n)))
    [items] = asked(tmp_path, "SELECT title FROM agent_items WHERE kind = 'command' ORDER BY 1")
    assert items == [("0",), ("1",)]


@pytest.mark.parametrize("call_id", ["", "last", f"{OUTER}0"])
def test_a_call_without_an_id_cannot_be_told(journal: JournalWriter, call_id: str) -> None:
    with pytest.raises(ValueError, match="badly formed"):
        record_of(journal, Origin(call_id))
