"""What `codex exec --json` says, as steps."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.codex.exec_events import ExecEvents
from driftgate.proxy.agent.failures import died
from driftgate.proxy.agent.steps import (
    Began,
    Ended,
    Item,
    Kind,
    ModelCall,
    Step,
    Text,
    Thought,
    Usage,
)


def steps(*lines: Any, cwd: str = "/w") -> list[Step]:
    events = ExecEvents(cwd)
    return [step for line in lines for step in events.feed(json.dumps(line).encode())]


def completed(kind: str, **item: Any) -> dict[str, Any]:
    return {"type": "item.completed", "item": {"id": "item_1", "type": kind, **item}}


USAGE = {
    "input_tokens": 1234,
    "cached_input_tokens": 1000,
    "cache_write_input_tokens": 0,
    "output_tokens": 56,
    "reasoning_output_tokens": 8,
}
COUNTED = Usage(1234, 1000, 56, 8)


def test_a_plain_turn_is_a_message_and_its_end() -> None:
    found = steps(
        {"type": "thread.started", "thread_id": "t"},
        {"type": "turn.started"},
        completed("agent_message", text="Hello."),
        {"type": "turn.completed", "usage": USAGE},
    )
    assert isinstance(found[1], Item)
    assert (found[1].kind, found[1].text) == (Kind.MESSAGE, "Hello.")
    assert [found[0], *found[2:]] == [
        Text("item_1", "Hello."),
        ModelCall(COUNTED),
        Ended("completed", usage=COUNTED, model_calls=1),
    ]


def test_a_command_begins_and_ends() -> None:
    item = {"id": "item_1", "type": "command_execution", "command": "/bin/bash -lc 'ls -l'"}
    going = {**item, "aggregated_output": "", "exit_code": None, "status": "in_progress"}
    began, ended = steps(
        {"type": "item.started", "item": going},
        {"type": "item.updated", "item": going},
        completed(
            "command_execution",
            command=item["command"],
            aggregated_output="a\nb\n",
            exit_code=2,
            status="failed",
        ),
    )
    assert began == Began(Kind.COMMAND, "item_1", "ls -l")
    assert isinstance(ended, Item)
    assert (ended.kind, ended.title, ended.text) == (Kind.COMMAND, "ls -l", "a\nb\n")
    assert (ended.exit_code, ended.status) == (2, "failed")


def test_thoughts_are_told() -> None:
    thought, whole = steps(completed("reasoning", text="I think."))
    assert thought == Thought("item_1", "I think.")
    assert isinstance(whole, Item)
    assert (whole.kind, whole.text) == (Kind.REASONING, "I think.")


def test_changed_files_are_told_from_the_turns_directory() -> None:
    changes = [{"path": "/w/a.txt", "kind": "add"}, {"path": "/x/b", "kind": "delete"}]
    (item,) = steps(completed("file_change", changes=changes, status="completed"))
    assert isinstance(item, Item)
    assert item.kind is Kind.FILE_CHANGE
    assert item.changes == (("add", "a.txt", ""), ("delete", "/x/b", ""))


def test_items_of_other_kinds_are_told_as_such() -> None:
    (item,) = steps(completed("mcp_tool_call", server="s", tool="t", status="completed"))
    assert isinstance(item, Item)
    assert (item.kind, item.data["type"]) == (Kind.OTHER, "mcpToolCall")


def test_a_warning_is_no_failure() -> None:
    (item,) = steps(completed("error", message="no metadata"))
    assert isinstance(item, Item)
    assert (item.kind, item.title) == (Kind.WARNING, "no metadata")


def test_an_error_that_is_retried_is_no_failure() -> None:
    found = steps(
        {"type": "error", "message": "Reconnecting... 1/5"},
        {"type": "turn.completed", "usage": USAGE},
    )
    assert isinstance(found[0], Item)
    assert (found[0].kind, found[0].status) == (Kind.WARNING, "retried")
    assert isinstance(found[-1], Ended)
    assert found[-1].status == "completed"


def test_a_turn_that_failed_says_why() -> None:
    said = "unexpected status 503 Service Unavailable: busy, url: http://x"
    *_, end = steps(
        {"type": "error", "message": said}, {"type": "turn.failed", "error": {"message": said}}
    )
    assert isinstance(end, Ended)
    assert end.status == "failed"
    assert end.error is not None
    assert end.error.code == "model_failed"
    assert "503" in end.error.message


def test_a_run_that_is_gone_tells_how_far_it_came() -> None:
    events = ExecEvents()
    item = {"id": "i", "type": "command_execution", "command": "ls", "status": "in_progress"}
    events.feed(json.dumps({"type": "item.started", "item": item}).encode())
    unfinished, end = events.finish(died("0.169.0", "signal 9").error)
    assert isinstance(unfinished, Item)
    assert unfinished.status == "unfinished"
    assert isinstance(end, Ended)
    assert end.error == died("0.169.0", "signal 9").error
    assert events.ended
    assert events.finish(died("0.169.0", "again").error) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(
    ["item.started", "item.completed", "turn.completed", "turn.failed", "error", "x"]
)
kinds = st.sampled_from(
    ["agent_message", "reasoning", "command_execution", "file_change", "error", "todo_list"]
)


@given(words, kinds, st.dictionaries(st.text(), json_values, max_size=3), json_values)
def test_no_line_makes_it_fail(kind: str, item: str, more: dict[str, Any], value: Any) -> None:
    keys = ("text", "changes", "status", "command", "message", "exit_code", "id")
    hostile = {**more, **dict.fromkeys(keys, value), "type": item}
    steps({"type": kind, "item": hostile, "usage": value, "error": value, "message": value})
    steps({"type": kind, "item": value, "usage": hostile, "error": hostile})


@given(st.binary())
def test_no_bytes_make_it_fail(line: bytes) -> None:
    assert ExecEvents().feed(line) == []
