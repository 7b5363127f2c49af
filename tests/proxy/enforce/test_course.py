"""How far the course goes for a schema alone, without a contract of anybody's."""

import json
from pathlib import Path
from typing import Any

from driftgate.proxy.record import Recorded
from tests.support.enforced import GOOD, SCHEMA, post, split
from tests.support.gate import gate
from tests.support.scripted import Exchange, Scripted, sized

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "required": ["at"]}}
TEXT = {"format": {"type": "json_schema", "name": "city", "schema": SCHEMA}}
ASKING = {"model": "gemma4", "input": "Which city?", "tools": [TOOL], "text": TEXT}


def said(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "m", "status": "completed", "content": [part]}


def call(arguments: str) -> dict[str, Any]:
    return {"type": "function_call", "id": "f", "call_id": "c", "name": "look"} | {
        "arguments": arguments,
        "status": "completed",
    }


async def course(root: Path, *items: dict[str, Any]) -> tuple[bytes, Recorded, list[Any]]:
    """One call whose attempts are answered with these items: the client's body, and what was sent."""
    left = list(items)

    async def answer(exchange: Exchange) -> None:
        usage = {"input_tokens": 9, "output_tokens": 5, "total_tokens": 14}
        response = {"id": "r", "object": "response", "status": "completed", "model": "gemma4"}
        body = json.dumps({**response, "output": [left.pop(0)], "usage": usage}).encode()
        await exchange.send(sized(body, b"Content-Type: application/json"))

    async with (
        Scripted(answer).running() as backend,
        gate(root, backend.url, upstream={"adapt_format": True}) as running,
    ):
        raw = await running.fetch(post("/v1/responses", ASKING))
        recorded = (await running.ended())[0]
    return split(raw)[2], recorded, [json.loads(each.body) for each in backend.seen]


async def test_a_free_answer_that_breaks_the_schema_is_asked_for_again_under_it(
    tmp_path: Path,
) -> None:
    body, recorded, sent = await course(tmp_path, said("It is Bern."), said(GOOD))
    assert GOOD in json.loads(body)["output"][0]["content"][0]["text"]
    assert ["response_format" in each for each in sent] == [False, True]
    assert [attempt.reason for attempt in recorded.attempts] == ["first", "reask"]


async def test_a_tool_call_that_no_server_would_take_back_is_asked_for_again(
    tmp_path: Path,
) -> None:
    cut = call('{"at": "Be')
    body, _, sent = await course(tmp_path, cut, cut, said(GOOD))
    assert GOOD in json.loads(body)["output"][0]["content"][0]["text"]
    assert ["response_format" in each for each in sent] == [False, False, True]


async def test_a_tool_call_is_a_step_on_the_way_even_a_wrong_one(tmp_path: Path) -> None:
    """The client tells the model what is wrong with it; a schema now would end its tool loop."""
    body, recorded, sent = await course(tmp_path, call("{}"), said(GOOD))
    assert json.loads(body)["output"] == [call("{}")]
    assert len(sent) == 1
    assert recorded.judged["verdict"] == "fail"
