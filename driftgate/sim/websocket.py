"""Responses over a websocket, as Codex speaks it: one `response.create` frame an answer.

`generate: false` warms up: an answer without output. `previous_response_id` names an earlier answer
on the same socket; its input and output come before the frame's own input.
"""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from driftgate.sim import responses, wire
from driftgate.sim.ask import Json, SimError
from driftgate.sim.engine import Engine
from driftgate.sim.faults import Fault
from driftgate.sim.responses_items import Counter, items

_MOST_BYTES = 256 << 20
_KEPT = 64  # answers remembered for each socket


async def serve(
    request: web.BaseRequest, engine: Engine, fault: Fault | None
) -> web.WebSocketResponse:
    """Answer frames until the client leaves."""
    connection = web.WebSocketResponse(max_msg_size=_MOST_BYTES)
    await connection.prepare(request)
    known: dict[str, list[Any]] = {}
    async for message in connection:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            await _answer(
                request, connection, engine, _frame(message.data), known=known, fault=fault
            )
        except SimError as error:
            await connection.send_str(_text(failure(error)))
    return connection


def failure(error: SimError) -> Json:
    """The frame that tells a refusal."""
    told = {"code": error.kind, "message": error.message, "type": error.kind}
    return {"type": "error", "status": error.status, "error": told}


def _frame(data: str) -> Json:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SimError(400, f"frame is not JSON: {error}") from error
    if not isinstance(body, dict) or body.get("type") != "response.create":
        raise SimError(400, "frame is not a response.create")
    return body


async def _answer(
    request: web.BaseRequest,
    connection: web.WebSocketResponse,
    engine: Engine,
    body: Json,
    *,
    known: dict[str, list[Any]],
    fault: Fault | None,
) -> None:
    before = known.get(str(body.get("previous_response_id")), [])
    if body.get("previous_response_id") and not before:
        raise SimError(400, "previous_response_id is not known on this socket")
    given = body.get("input")
    mine = given if isinstance(given, list) else [{"role": "user", "content": given}]
    body = {**body, "input": [*before, *mine]}
    if engine.settings.responses_format == "drop":
        body = responses.without_format(body)
    if body.get("generate") is False:
        identity, made_items = await _warm_up(connection, engine, body)
    else:
        made = engine.make(responses.read(body), fault)
        identity, made_items = f"resp_{made.request_id}", items(made)
        events = (
            wire.Event(wire.dumps(event), tokens, last)
            for event, tokens, last in responses.objects_of(made, body)
        )
        await _send(request, connection, events, engine, fault)
    known[identity] = [*body["input"], *made_items] or [{}]
    while len(known) > _KEPT:
        known.pop(next(iter(known)))


async def _warm_up(
    connection: web.WebSocketResponse, engine: Engine, body: Json
) -> tuple[str, list[Any]]:
    made = engine.make(responses.read({**body, "max_output_tokens": 0}), None)
    counter = Counter()
    answer = responses.head(made, body, "completed")
    started = {**answer, "status": "in_progress"}
    await connection.send_str(_text(counter.numbered("response.created", response=started)))
    answer["usage"] = responses.usage(made)
    await connection.send_str(_text(counter.numbered("response.completed", response=answer)))
    return str(answer["id"]), []


async def _send(
    request: web.BaseRequest,
    connection: web.WebSocketResponse,
    events: Any,
    engine: Engine,
    fault: Fault | None,
) -> None:
    await asyncio.sleep(engine.settings.pace.prefill_s)
    async for data in wire.broken(events, engine.settings.pace, fault):
        if data is None:
            wire.break_off(request, reset=fault is not None and fault.name == "reset")
        else:
            await connection.send_str(data.decode("utf-8", "replace"))


def _text(value: Json) -> str:
    return wire.dumps(value).decode()
