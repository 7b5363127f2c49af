"""A turn as a response."""

import json
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from driftgate.proxy.agent.steps import Item, Kind, Text, Thought
from tests.support.turns import DONE, FAILED, LS, NOW, TURN, events, question, streamed

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
ITEMS = [
    *("reasoning", "message", "shell_call", "shell_call_output", "apply_patch_call"),
    *("apply_patch_call_output", "apply_patch_call", "apply_patch_call_output", "message"),
]


def stream(*steps: Any, **more: Any) -> list[dict[str, Any]]:
    _, pieces = streamed(question("responses", stream=True, **more), steps)
    told = events(b"".join(pieces))
    for event in told:
        EVENT.validate_python(event)
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    return told


def body(*steps: Any, **more: Any) -> dict[str, Any]:
    writer, _ = streamed(question("responses", **more), steps)
    told: dict[str, Any] = json.loads(writer.body())
    Response.model_validate(told)
    return told


def test_a_body() -> None:
    told = body(*TURN, metadata={"a": "b"})
    assert (told["id"], told["status"], told["created_at"]) == ("resp_1f", "completed", int(NOW))
    assert [item["type"] for item in told["output"]] == ITEMS
    assert len({item["id"] for item in told["output"]}) == len(ITEMS)
    assert told["usage"]["total_tokens"] == 2_060
    assert (told["metadata"], told["driftgate"]) == ({"a": "b"}, {"model_calls": 2})


def test_a_stream_has_the_same_items_each_added_and_done() -> None:
    told = stream(*TURN)
    assert [event["type"] for event in told[:2]] == ["response.created", "response.in_progress"]
    last = told[-1]
    assert last["type"] == "response.completed"
    assert last["response"]["output"] == body(*TURN)["output"]
    for kind in ("added", "done"):
        found = [e for e in told if e["type"] == f"response.output_item.{kind}"]
        assert [event["output_index"] for event in found] == list(range(len(ITEMS)))
    assert [e["item"] for e in found] == last["response"]["output"]


def test_text_comes_in_pieces() -> None:
    told = stream(*TURN)
    deltas = [e for e in told if e["type"] == "response.output_text.delta"]
    assert [(e["output_index"], e["delta"]) for e in deltas] == [(1, "I "), (1, "look."), (8, '{"files":'), (8, "1}")]  # fmt: skip


@pytest.mark.parametrize(("wanted", "place"), [("auto", "summary"), (None, "content")])
def test_thoughts_stand_where_the_client_looks_for_them(wanted: str | None, place: str) -> None:
    thought = body(*TURN, reasoning={"summary": wanted})["output"][0]
    assert thought[place][0]["text"] == "Look first."


def test_commands_at_the_same_time_each_have_their_output() -> None:
    other = Item(kind=Kind.COMMAND, item="c2", title="pwd", exit_code=0, text="/w")
    made = body(LS[0], other, LS[1], DONE)["output"]
    assert [item["type"] for item in made] == ["shell_call", "shell_call", "shell_call_output", "shell_call_output", "message"]  # fmt: skip
    assert (made[0]["call_id"], made[1]["call_id"]) == (made[3]["call_id"], made[2]["call_id"])


def test_an_approval_is_a_thought_of_its_own() -> None:
    asked = Item(kind=Kind.APPROVAL, item="a", title="rm x", status="declined")
    made = body(Thought("r", "hm"), asked, Thought("r", "ok"), Text("m", "no"), DONE)["output"]
    texts = [item["content"][0]["text"] for item in made]
    assert texts == ["hm", "approval rm x: declined", "ok", "no"]


def test_a_late_failure_ends_what_is_open_and_says_what_was_done() -> None:
    told = stream(LS[0], Text("m", "Hal"), FAILED)
    last = told[-1]
    assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
    assert [item["status"] for item in last["response"]["output"]] == ["incomplete", "incomplete"]
    error = last["response"]["error"]
    assert (error["code"], error["driftgate"]["code"]) == ("server_error", "codex_died")


def test_history_has_what_was_said_and_done_and_no_thoughts() -> None:
    writer, _ = streamed(question("responses"), TURN)
    kinds = [item["type"] for item in writer.history()]
    calls = ["function_call", "function_call_output"]
    assert kinds == ["message", *calls, *calls, *calls, "message"]
