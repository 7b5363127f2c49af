"""Codex's items as steps."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.steps import Began, Item, Kind
from driftgate.proxy.agent.turns.items import began, command_of, whole, within
from tests.support.odd_json import JSON, ODD

COMMAND = {
    "type": "commandExecution",
    "id": "c",
    "command": "/bin/bash -lc 'ls -la\n  && true'",
    "cwd": "/room",
    "status": "failed",
    "aggregatedOutput": "a.txt\n",
    "exitCode": 3,
    "durationMs": 12,
}


def changed(*changes: dict[str, Any]) -> Item:
    return whole({"type": "fileChange", "id": "f", "changes": list(changes)}, "f", "/room")


def test_a_command_is_told_without_its_shell() -> None:
    assert began(COMMAND, "c", "/room") == Began(Kind.COMMAND, "c", "ls -la && true")
    step = whole(COMMAND, "c", "/room")
    assert (step.status, step.text, step.cwd, step.exit_code, step.duration_ms) == (
        *("failed", "a.txt\n", "/room", 3, 12),
    )
    assert "aggregatedOutput" not in step.data
    assert step.data["command"] == COMMAND["command"]


def test_a_command_that_is_no_shell_stays_as_it_is() -> None:
    assert command_of({"command": "python -c 'print(1)' x"}) == "python -c 'print(1)' x"
    assert command_of({"command": "bash -lc 'open"}) == "bash -lc 'open"
    assert command_of({"command": "zsh -c " + "x" * 30_000}).startswith("zsh -c x")
    assert command_of({"command": None}) == ""


def test_added_and_deleted_files_are_diffs_like_the_rest() -> None:
    step = changed(
        {"path": "/room/a.txt", "kind": {"type": "add"}, "diff": "one\ntwo\n"},
        {"path": "/room/d/b.txt", "kind": {"type": "delete"}, "diff": "gone"},
        {"path": "/etc/x", "kind": {"type": "update"}, "diff": "@@\n-a\n+b\n"},
    )
    assert step.changes == (
        ("add", "a.txt", "+one\n+two\n"),
        ("delete", "d/b.txt", "-gone"),
        ("update", "/etc/x", "@@\n-a\n+b\n"),
    )
    assert step.title == "add a.txt, delete d/b.txt, update /etc/x"
    assert step.text.startswith("*** add a.txt\n+one\n")
    assert step.cwd == "/room"


def test_a_moved_file_tells_where_to() -> None:
    moved = {"type": "update", "move_path": "/room/b.txt"}
    diff = "@@\n-a\n+b\n\n\nMoved to: /room/b.txt"
    step = changed({"path": "/room/a.txt", "kind": moved, "diff": diff})
    assert step.title == "update a.txt -> b.txt"
    assert step.changes[0][2].endswith("Moved to: b.txt")


def test_thousands_of_changed_files_are_bounded() -> None:
    step = changed(*({"path": f"/room/{n}", "diff": "x" * 9_000} for n in range(5_000)))
    assert len(step.changes) == 200
    assert sum(len(diff) for _, _, diff in step.changes) < 300_000
    assert len(step.text) < 70_000


def test_a_path_is_told_from_the_directory_where_it_lies_in_it() -> None:
    assert within("/room/a/../b", "/room") == "b"
    assert within("/roomy/b", "/room") == "/roomy/b"
    assert within("/room/../etc/passwd", "/room") == "/room/../etc/passwd"
    assert within("/room/a", "") == "/room/a"


def test_an_item_of_another_type_is_named_by_what_it_says() -> None:
    step = whole({"type": "mcpToolCall", "id": "t", "server": "s", "tool": "look"}, "t", "/room")
    assert (step.kind, step.title) == (Kind.OTHER, "mcpToolCall s look")
    assert whole({}, "t", "/room").title == "item"


@given(
    st.dictionaries(
        st.sampled_from([*COMMAND, "changes", "text", "summary", "content"]), JSON, max_size=5
    ),
    st.sampled_from(["commandExecution", "fileChange", "agentMessage", "reasoning", "new"]),
    ODD,
)
def test_no_item_is_too_odd(item: dict[str, Any], kind: str, cwd: str) -> None:
    step = whole({**item, "type": kind}, "name", cwd)
    assert len(began({**item, "type": kind}, "name", cwd).title) <= 300
    for text in (
        step.title,
        step.status,
        step.text,
        *(part for each in step.changes for part in each),
    ):
        text.encode()


@given(st.lists(st.fixed_dictionaries({"path": ODD, "kind": JSON, "diff": JSON}), max_size=3))
def test_no_change_is_too_odd(changes: list[dict[str, Any]]) -> None:
    assert len(changed(*changes).changes) == len(changes)
