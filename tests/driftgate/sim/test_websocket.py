"""Responses over websockets, as Codex speaks it; 426 where they are off."""

import json
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from driftgate.sim.background import RunningSim, running
from driftgate.sim.engine import SimSettings


async def _answer(connection: Any, **body: Any) -> list[Any]:
    """The frames that answer one response.create."""
    await connection.send_str(json.dumps({"type": "response.create", **body}))
    frames: list[Any] = []
    while not frames or frames[-1]["type"] not in ("response.completed", "error"):
        frames.append(json.loads(await connection.receive_str(timeout=5)))
    return frames


def _said(text: str) -> list[Any]:
    return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}]


async def test_an_upgrade_is_refused_with_426_by_default(sim: RunningSim) -> None:
    async with ClientSession() as session:
        with pytest.raises(WSServerHandshakeError) as caught:
            await session.ws_connect(f"{sim.url}/v1/responses")
    assert caught.value.status == 426


async def test_a_session_warms_up_and_goes_on_from_the_answer_before() -> None:
    with running(SimSettings(websockets=True)) as sim:
        async with ClientSession() as session, session.ws_connect(f"{sim.url}/v1/responses") as ws:
            warm = await _answer(ws, model="gemma4", input=_said("run: ls"), generate=False)
            assert [frame["type"] for frame in warm] == ["response.created", "response.completed"]
            assert warm[-1]["response"]["output"] == []
            previous = warm[-1]["response"]["id"]
            frames = await _answer(ws, input=_said("echo: hi"), previous_response_id=previous)
            kinds = [frame["type"] for frame in frames]
            assert "response.output_text.delta" in kinds
            answer = frames[-1]["response"]
            assert answer["output"][0]["content"][0]["text"] == "hi"
            assert answer["usage"]["input_tokens"] > warm[-1]["response"]["usage"]["input_tokens"]
            more = await _answer(ws, input=_said("hello"), previous_response_id=answer["id"])
            assert more[-1]["response"]["status"] == "completed"


async def test_a_frame_that_cannot_be_answered_is_told_and_the_socket_stays() -> None:
    with running(SimSettings(websockets=True)) as sim:
        async with ClientSession() as session, session.ws_connect(f"{sim.url}/v1/responses") as ws:
            for frame in ("{bad", "[]", '{"type":"other"}'):
                await ws.send_str(frame)
                assert json.loads(await ws.receive_str(timeout=5))["type"] == "error"
            unknown = await _answer(ws, input="hello", previous_response_id="resp_nobody")
            assert "not known" in unknown[-1]["error"]["message"]
            good = await _answer(ws, input="echo: fine")
            assert good[-1]["response"]["output"][0]["content"][0]["text"] == "fine"


async def test_a_fault_breaks_the_frames_too() -> None:
    with running(SimSettings(websockets=True, fault="fault=close; after=4")) as sim:
        async with ClientSession() as session, session.ws_connect(f"{sim.url}/v1/responses") as ws:
            await ws.send_str(json.dumps({"type": "response.create", "input": "count to 9"}))
            frames = [message.data async for message in ws]
    assert len(frames) == 4
