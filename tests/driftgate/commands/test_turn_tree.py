"""A turn of an agent as a tree of lines."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from driftgate.commands import turn_tree
from driftgate.commands.turn_tree import turn_lines
from driftgate.proxy.history.agent_turns import Turn

T0 = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - the history's own form
EVIL = "\x1b]0;x\x07\n\x9b2J"


def turn(**changes: Any) -> dict[str, Any]:
    known = {
        "attempt": 1,
        "agent": "agent",
        "started_at": T0,
        "ended_at": T0 + timedelta(seconds=2),
        "codex_version": "0.169.0",
        "isolation": "pool",
        "model": "m",
        "model_upstream": "u",
        "sandbox": "read-only",
        "workspace": "fresh",
        "status": "completed",
        "model_calls": 1,
        "input_tokens": 5,
        "cached_tokens": 0,
        "output_tokens": 2,
        "reasoning_tokens": None,
        "thread_id": None,
        "error_code": None,
        "error": None,
        "fault": None,
    }
    return {**known, **changes}


def call(second: float = 0, **changes: Any) -> dict[str, Any]:
    known = {
        "call_id": "id",
        "started_at": T0 + timedelta(seconds=second),
        "request_kind": "turn",
        "upstream": "u",
        "model": "m",
        "status": 200,
        "outcome": "completed",
        "error": None,
        "answer_error": None,
        "verdict": "pass",
        "attempts": 1,
        "input_tokens": 5,
        "cached_tokens": None,
        "output_tokens": 2,
        "reasoning_tokens": None,
        "total_ms": 900.0,
        "tool_call_ids": None,
    }
    return {**known, **changes}


def item(kind: str, second: float = 0, **changes: Any) -> dict[str, Any]:
    known = {
        "kind": kind,
        "item_id": None,
        "happened_at": T0 + timedelta(seconds=second),
        "title": "it",
        "status": "completed",
        "text": None,
        "exit_code": None,
        "duration_ms": None,
        "paths": None,
        "changes": None,
    }
    return {**known, **changes}


def branches(*items: dict[str, Any]) -> list[str]:
    """The lines of items at the root."""
    return [line[3:] for line in list(turn_lines([Turn(turn(), [], list(items))]))[4:]]


def test_each_kind_of_item_is_told_in_its_way() -> None:
    assert branches(
        item("command", title="ls", exit_code=2, duration_ms=1500, status="failed"),
        item("command", title="sleep 9", status="in_progress"),
        item("file_change", paths=["a", "b"], changes=["add", "delete"]),
        item("file_change", title="c", status="declined"),
        item("approval", title="rm -rf /", status="declined"),
        item("approval", title="ls", status="completed"),
        item("message", title="al", text="all done"),
        item("reasoning", text=None),
        item("warning", title="slow", text="the whole story"),
        item("ignored", title="seed", status="ignored"),
        item("compaction", title=None),
    ) == [
        "$ ls  exit 2  1.5s",
        "$ sleep 9  not ended",
        "files: a (add), b (delete)",
        "files: c  declined",
        "approval declined: rm -rf /",
        "approval given: ls",
        "message: all done",
        "reasoning: it",
        "warning: slow",
        "ignored: seed",
        "compaction:",
    ]


def test_a_model_call_says_what_went_wrong() -> None:
    failed = call(
        request_kind="compaction", outcome="upstream_reset", verdict=None, attempts=2, error=EVIL
    )
    line = list(turn_lines([Turn(turn(), [failed])]))[4]
    assert line == (
        "└─ id  compaction  m at u  upstream_reset  in 5  out 2  2 attempts  900ms  "
        r"! \x1b]0;x\x07 \x9b2J"
    )


def test_a_tool_call_that_codex_tells_nothing_of_stands_below_its_model_call() -> None:
    tool = {"call_id": "b", "name": "exec_command", "arguments": f'{{"cmd": "{EVIL}"}}'}
    made = Turn(turn(), [call(1, call_id="a"), call(2, call_id="b")], untold=[tool])
    last = list(turn_lines([made]))[-1]
    assert last.startswith('   └─ tool: exec_command {"cmd": "')
    assert last.endswith("  Codex tells nothing of it")
    assert "\x1b" not in last


def test_calls_that_came_back_count_where_codex_tells_of_them_as_of_one() -> None:
    gone = call(3, outcome="client_gone", status=None)
    lines = list(turn_lines([Turn(turn(), [call(1), call(2), gone, call(4, status=500)])]))
    assert lines[3].strip().startswith("2 model calls  in 5")


def test_an_item_stands_below_the_model_call_before_it() -> None:
    items = [item("command", at, title=str(at)) for at in (0, 1, 2.5, 3, 9)]
    lines = list(turn_lines([Turn(turn(), [call(1), call(2), call(3)], items)]))[4:]
    assert [line.replace("  m at u  200  pass  in 5  out 2  900ms", "") for line in lines] == [
        "├─ $ 0",
        "├─ id",
        "│  └─ $ 1",
        "├─ id",
        "│  └─ $ 2.5",
        "└─ id",
        "   ├─ $ 3",
        "   └─ $ 9",
    ]


def test_a_command_that_is_told_late_stands_below_the_call_that_asked_for_it() -> None:
    calls = [call(1, tool_call_ids=["c1", "c2"]), call(2, tool_call_ids=["c1"]), call(3)]
    told = (("c1", 2.5, "a"), ("c2", 3.5, "b"), ("c1#2", 3.6, "c"))
    items = [item("command", at, item_id=name, title=title) for name, at, title in told]
    lines = list(turn_lines([Turn(turn(), calls, items)]))[4:]
    assert [line.partition("$ ")[2] for line in lines] == ["", "a", "b", "", "", "c"]


def test_a_turn_says_how_it_went() -> None:
    failed = turn(
        status="failed", error_code="turn_loop", error="too many", fault="upstream", thread_id="t"
    )
    killed = turn(attempt=2, status=None, ended_at=None, model_calls=None, codex_version=None)
    lines = list(turn_lines([Turn(failed), Turn(killed)]))
    assert lines == [
        "",
        "== turn of agent, attempt 1: failed in 2.0s",
        "    Codex 0.169.0, isolation pool  m at u  sandbox read-only  directory fresh",
        "    1 model call  in 5  out 2  thread t",
        "    turn_loop, upstream: too many",
        "",
        "== turn of agent, attempt 2: no end recorded, it was killed or still runs",
        "    Codex of unknown version, isolation pool  m at u  sandbox read-only  directory fresh",
        "    0 model calls  in 5  out 2",
    ]


def test_calls_without_a_turn_are_shown_too() -> None:
    assert list(turn_lines([Turn(None, [call()])]))[1:] == [
        "== part of this call: 1 call",
        "└─ id  m at u  200  pass  in 5  out 2  900ms",
    ]


def test_a_flood_is_cut_and_full_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_tree, "SHOWN", 2)
    many = Turn(turn(), [call(n) for n in range(4)], [item("command", n / 4) for n in range(4)])
    lines = list(turn_lines([many]))[4:]
    assert lines[1:4] == ["│  ├─ $ it", "│  ├─ $ it", "│  └─ [... 2 more; --full shows all]"]
    assert lines[-1] == "└─ [... 2 more; --full shows all]"
    assert len(lines) == 6
    assert len(list(turn_lines([many], full=True))[4:]) == 8


def test_a_branch_is_cut_at_the_terminals_width_unless_all_is_wanted() -> None:
    long = Turn(turn(), [], [item("command", title="x" * 300, text="y" * 300)])
    lines = list(turn_lines([long], room=40))
    assert lines[-1] == "└─ $ " + "x" * 32 + "..."
    full = list(turn_lines([long], full=True, room=40))
    assert full[-2].startswith("└─ $ " + "x" * 160)
    assert full[-1] == " " * 7 + "y" * 300


def test_texts_stand_below_their_items_where_they_say_more() -> None:
    items = [item("warning", title="a", text="a"), item("command", title="ls", text="b\nc\r\n\n")]
    lines = list(turn_lines([Turn(turn(), [], items)], full=True))[4:]
    assert lines == ["├─ warning: a", "└─ $ ls", "       b", "       c"]


def test_nothing_that_a_model_wrote_can_steer_the_terminal() -> None:
    columns = ("agent", "model", "thread_id", "error", "error_code", "codex_version", "status")
    evil = turn(**dict.fromkeys(columns, EVIL))
    kinds = ("command", "file_change", "approval", "message", "warning", EVIL)
    told: dict[str, Any] = dict.fromkeys(("title", "text", "status"), EVIL)
    told |= {"paths": [EVIL], "changes": [EVIL]}
    names = ("model", "upstream", "outcome", "error", "verdict")
    asked: dict[str, Any] = call(0) | dict.fromkeys(names, EVIL)
    items = [item(kind, **told) for kind in kinds]
    page = "".join(turn_lines([Turn(evil, [asked], items)], full=True))
    assert r"\x1b]0;x" in page
    assert not {"\x1b", "\x07", "\x9b", "\n"} & set(page)
