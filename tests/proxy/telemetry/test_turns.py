"""Items of agents' turns as spans, whichever comes first: the item or its call."""

from typing import Any

from driftgate.proxy.telemetry import turns
from driftgate.proxy.telemetry.context import Context, item_span_id, span_id
from driftgate.proxy.telemetry.turns import Turns

CALL = "0190a0a0-aaaa-7000-b000-000000000001"
HEX = CALL.replace("-", "")
CONTEXT = Context("0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7")
SECOND = 1_000_000_000


def row(**more: Any) -> tuple[str, dict[str, Any]]:
    told = {
        "call_id": CALL,
        "attempt": 2,
        "position": 3,
        "happened_at": "1970-01-01T00:00:10.000001+00:00",
        "kind": "command",
        "item_id": "c1",
        "title": "cat secret.txt",
        "text": "the secret",
        "status": "completed",
        "exit_code": 0,
    }
    return "agent_item_rows", {**told, **more}


def test_a_command_is_a_tool_that_was_executed_below_the_attempt() -> None:
    held = Turns(content=False)
    begun = row(happened_at="1970-01-01T00:00:08+00:00", status="in_progress")
    held.rows([begun, row()])
    assert held.spans() == []  # its call is not there yet
    held.call(HEX, CONTEXT)
    (span,) = held.spans()
    assert (span.name, span.trace_id) == ("execute_tool shell", CONTEXT.trace_id)
    assert span.parent_id == span_id(bytes.fromhex(HEX), 2)
    assert span.span_id == item_span_id(bytes.fromhex(HEX), 2, 3)
    assert (span.start_ns, span.end_ns) == (8 * SECOND, 10 * SECOND + 1000)
    assert span.attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "shell",
        "gen_ai.tool.type": "extension",
        "gen_ai.tool.call.id": "c1",
        "process.exit.code": 0,
        "driftgate.call.id": CALL,
    }
    assert span.error is None
    assert held.spans() == []  # once


def test_an_item_may_come_behind_its_call() -> None:
    held = Turns(content=True)
    held.call(HEX, CONTEXT)
    held.rows([row(duration_ms=500, exit_code=3)])
    (span,) = held.spans()
    assert span.end_ns - span.start_ns == SECOND // 2
    assert span.attributes["gen_ai.tool.call.arguments"] == "cat secret.txt"
    assert span.attributes["gen_ai.tool.call.result"] == "the secret"
    assert (span.error, span.attributes["error.type"]) == ("", "exit_3")


def test_changed_files_are_a_tool_too_and_talk_is_none() -> None:
    held = Turns(content=False)
    held.call(HEX, CONTEXT)
    held.rows([row(kind="file_change", status="declined", exit_code=None), row(kind="message")])
    (span,) = held.spans()
    assert (span.name, span.attributes["error.type"]) == ("execute_tool apply_patch", "declined")


def test_a_turn_that_is_not_sampled_is_not_told() -> None:
    held = Turns(content=False)
    held.call(HEX, Context(CONTEXT.trace_id, CONTEXT.parent_id, 0))
    held.rows([row()])
    assert held.spans() == []


def test_what_cannot_be_read_is_left_out() -> None:
    held = Turns(content=False)
    held.call(HEX, CONTEXT)
    held.rows([row(call_id="x"), row(position=None), row(happened_at="soon"), ("agent_starts", {})])
    assert held.spans() == []


def test_what_waits_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(turns, "WAITING", 3)
    held = Turns(content=False)
    held.rows([row(position=n) for n in range(9)])
    held.call(HEX, CONTEXT)
    assert [span.span_id for span in held.spans()] == [
        item_span_id(bytes.fromhex(HEX), 2, n) for n in (6, 7, 8)
    ]
