"""Calls of agents through the gateway: to their host, told which call it is, and through to their end."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy import shadow as shadow_module
from driftgate.proxy.agent.origin import PARENT_HEADER
from driftgate.proxy.call import text_id
from driftgate.proxy.record import Outcome
from tests.support.agents import AGENT, agent_gate
from tests.support.enforced import GOOD, SCHEMA, answered, contracts, post, split
from tests.support.gate import gate
from tests.support.scripted import Exchange, Scripted, always, sized

ASKED = {"model": "agent", "messages": [{"role": "user", "content": "Tell me."}]}
FORGED = ("X-Driftgate-Call-Id: forged", "x-driftgate-attempt: 9", "x-driftgate-replayed: x")


def said(head: bytes) -> dict[str, str]:
    """What a head says about calls."""
    lines = [line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:] if line]
    return {name.lower(): value for name, value in lines if name.lower().startswith("x-drift")}


async def test_an_agent_is_told_which_call_it_is_for_and_nothing_forged(tmp_path: Path) -> None:
    async with agent_gate(tmp_path, always(answered("hi"))) as (running, host):
        raw = await running.fetch(post("/v1/chat/completions", ASKED, *FORGED, "X-Other: 1"))
        (call,) = await running.ended()
    (seen,) = host.seen
    assert split(raw)[0] == 200
    assert seen.target == "/agent/v1/chat/completions"
    assert b"\r\nX-Other: 1\r\n" in seen.head
    assert said(seen.head) == {
        "x-driftgate-call-id": text_id(call.call_id),
        "x-driftgate-attempt": "1",
    }


async def test_a_model_server_gets_the_client_s_words_alone(tmp_path: Path) -> None:
    backend = Scripted(always(answered("hi")))
    async with (
        backend.running(),
        agent_gate(tmp_path, always(), url=backend.url) as (running, _),
    ):
        asked = {**ASKED, "model": "gemma4"}
        await running.fetch(post("/v1/chat/completions", asked, *FORGED))
    assert said(backend.seen[0].head) == {
        "x-driftgate-call-id": "forged",
        "x-driftgate-attempt": "9",
        "x-driftgate-replayed": "x",
    }


async def test_each_attempt_of_a_managed_call_has_its_number(tmp_path: Path) -> None:
    answers = [answered("no JSON at all"), answered(GOOD)]

    async def answer(exchange: Exchange) -> None:
        await exchange.send(answers.pop(0))

    rules = contracts(output={"schema": SCHEMA})
    async with agent_gate(tmp_path, answer, contracts=rules) as (running, host):
        raw = await running.fetch(post("/v1/chat/completions", ASKED, *FORGED))
        (call,) = await running.ended()
    assert split(raw)[0] == 200
    told = [said(each.head) for each in host.seen]
    assert [each["x-driftgate-attempt"] for each in told] == ["1", "2"]
    assert {each["x-driftgate-call-id"] for each in told} == {text_id(call.call_id)}
    assert "x-driftgate-replayed" not in told[1]


async def test_a_host_that_is_not_there_is_said_to_be_coming(tmp_path: Path) -> None:
    upstreams: dict[str, Any] = {"default": {"url": "http://127.0.0.1:1"}, "agent": AGENT}
    settings = {"upstreams": upstreams}
    async with gate(tmp_path, settings=settings, agents=tmp_path / "none") as running:
        status, fields, body = split(await running.fetch(post("/v1/chat/completions", ASKED)))
        (call,) = await running.ended()
    assert (status, fields["retry-after"]) == (503, "1")
    message = json.loads(body)["error"]["message"]
    assert "cannot reach agent 'agent' at codex://agent: no such file" in message
    assert "its process is being started" in message
    assert call.outcome is Outcome.UPSTREAM_REFUSED


async def test_a_host_that_dies_in_a_turn_breaks_the_call_clearly(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        exchange.writer.transport.abort()

    async with agent_gate(tmp_path, answer) as (running, _):
        status, _, body = split(await running.fetch(post("/v1/chat/completions", ASKED)))
    assert status == 502
    assert "agent 'agent' ended " in json.loads(body)["error"]["message"]


async def test_near_the_end_only_model_calls_of_turns_are_taken(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def turn(exchange: Exchange) -> None:
        await go.wait()
        await exchange.send(answered("hi"))

    backend = Scripted(always(sized(b"ok")))
    async with backend.running(), agent_gate(tmp_path, turn, url=backend.url) as (running, host):
        outer = asyncio.create_task(running.fetch(post("/v1/chat/completions", ASKED)))
        while not host.seen:
            await asyncio.sleep(0)
        running.gateway.refuse_clients()
        late = await running.fetch(post("/v1/chat/completions", ASKED))
        inner = await running.fetch(post("/u/default/v1/responses", {}, f"{PARENT_HEADER}: x"))
        go.set()
        whole = await outer
        running.gateway.stop()
        none = await running.fetch(post("/u/default/v1/responses", {}, f"{PARENT_HEADER}: x"))
    assert [split(raw)[0] for raw in (late, inner, whole, none)] == [503, 200, 200, 503]


async def test_turns_are_not_copied_but_their_model_calls_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow_module, "LATE_S", 60.0)  # however busy the machine is
    backend = Scripted(always(answered("hi")))
    async with backend.running(), Scripted(always(answered("hi"))).running() as candidate:
        settings = {"shadow": {"upstream": candidate.url, "share": 1}}
        host = Scripted(always(answered("hi")))
        upstreams: dict[str, Any] = {"default": {"url": backend.url}, "agent": AGENT}
        path = tmp_path / "s"
        settings = {"upstreams": upstreams, **settings}
        async with host.running_at(path), gate(tmp_path, settings=settings, agents=path) as running:
            await running.fetch(post("/v1/chat/completions", ASKED))
            inner = {**ASKED, "model": "gemma4"}
            await running.fetch(post("/u/default/v1/chat/completions", inner))
            await running.ended(3)
            shadow = running.gateway.shadow
            assert shadow is not None
            running.gateway.stop()
            await shadow.ended()
    assert len(host.seen) == len(backend.seen) == 1
    assert [json.loads(copy.body)["model"] for copy in candidate.seen] == ["gemma4"]
