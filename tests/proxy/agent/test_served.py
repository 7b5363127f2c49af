"""An agent over HTTP: turns in both dialects, their record, and what it says of itself."""

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from driftgate.proxy.agent import failures
from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.engine import Engine
from driftgate.proxy.agent.origin import ATTEMPT_HEADER, CALL_HEADER, REPLAYED_HEADER, Origin
from driftgate.proxy.agent.served import facts_of
from driftgate.proxy.agent.steps import Ended, Item, Kind, Step, Text, Thought
from driftgate.proxy.settings.codex import Codex
from tests.support.agents import hosted, steps

CALL = "0190a0a0-0000-7000-8000-000000000001"
CHAT, RESPONSES = "/agent/v1/chat/completions", "/agent/v1/responses"
ASKED = {"model": "agent", "messages": [{"role": "user", "content": "List it."}]}
LS = Item(kind=Kind.COMMAND, item="c1", title="ls", text="a.py\n", exit_code=0, duration_ms=12)
TURN = steps(LS, Text("m", "There is "), Text("m", "a.py"))


async def test_a_turn_answers_a_chat_and_is_recorded_under_its_call(tmp_path: Path) -> None:
    headers = {CALL_HEADER: CALL, ATTEMPT_HEADER: "2", "authorization": "Bearer key"}
    async with hosted(tmp_path, TURN) as (host, turns):
        status, fields, body = await host.ask(CHAT, ASKED, headers=headers)
        starts, ends = host.rows("agent_starts"), host.rows("agent_ends")
    answer = json.loads(body)
    assert (status, fields["Content-Type"]) == (200, "application/json")
    assert answer["choices"][0]["message"]["content"] == "There is a.py"
    assert answer["id"] == f"chatcmpl-{UUID(CALL).hex}"
    assert turns.asked[0][1] == Origin(CALL, 2, "Bearer key", None)
    assert [(row["call_id"], row["attempt"], row["agent"]) for row in starts] == [
        (CALL, 2, "agent")
    ]
    assert (starts[0]["codex_version"], ends[0]["status"]) == ("0.169.0", "completed")
    assert "key" not in json.dumps([starts, ends])


async def test_the_trace_goes_on_to_the_turn_s_model_calls_where_there_is_a_collector(
    tmp_path: Path,
) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {CALL_HEADER: CALL, "traceparent": parent}
    otel = {"otel": {"endpoint": "http://127.0.0.1:4318"}}
    async with hosted(tmp_path / "on", TURN, settings=otel) as (host, turns):
        await host.ask(CHAT, ASKED, headers=headers)
        await host.ask(CHAT, ASKED, headers={**headers, REPLAYED_HEADER: "run/arm/of/1"})
    live, replayed = (origin for _, origin in turns.asked)
    assert live.provider("http://x")["http_headers"]["traceparent"] == parent
    assert "traceparent" not in replayed.provider("http://x")["http_headers"]
    async with hosted(tmp_path / "off", TURN) as (host, turns):
        await host.ask(CHAT, ASKED, headers=headers)
    assert turns.asked[0][1].traceparent is None


async def test_a_stream_shows_steps_as_they_come(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def turn(asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        del asked, origin
        yield Thought("r", "Hm.")
        await go.wait()
        yield Text("m", "Done.")
        yield Ended("completed")

    async with (
        hosted(tmp_path, turn) as (host, _),
        host.asking(CHAT, {**ASKED, "stream": True}) as answer,
    ):
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        first = await answer.content.readuntil(b"Hm.")
        go.set()
        rest = await answer.content.read()
    assert b"Done." not in first
    assert b"Done." in rest
    assert rest.rstrip().endswith(b"data: [DONE]")


async def test_a_failure_before_anything_was_shown_has_its_own_status(tmp_path: Path) -> None:
    error = failures.model_failed("no server", 503).error
    turn = steps(ended=Ended("failed", error))
    async with hosted(tmp_path, turn) as (host, _):
        for stream in (False, True):
            status, fields, body = await host.ask(CHAT, {**ASKED, "stream": stream})
            assert (status, fields["Retry-After"]) == (503, "1")
            assert json.loads(body)["error"]["code"] == "model_failed"
        assert [row["error_code"] for row in host.rows("agent_ends")] == ["model_failed"] * 2
        assert host.agent.status()["failed"] == 2


async def test_a_failure_afterwards_is_told_in_the_stream(tmp_path: Path) -> None:
    error = failures.died("0.169.0", "signal 9").error
    go = asyncio.Event()

    async def turn(asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        del asked, origin
        yield Text("m", "There ")
        await go.wait()
        yield Ended("failed", error)

    async with (
        hosted(tmp_path, turn) as (host, _),
        host.asking(CHAT, {**ASKED, "stream": True}) as answer,
    ):
        await answer.content.readuntil(b"There ")
        go.set()
        rest = await answer.content.read()
    assert answer.status == 200
    assert b"codex_died" in rest


async def test_a_client_that_leaves_interrupts_its_turn_and_no_other(tmp_path: Path) -> None:
    go = asyncio.Event()
    ended = list[str]()

    async def turn(asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        try:
            yield Text("m", "There ")
            await go.wait()
            yield Ended("completed")
        finally:
            ended.append(asked.model)
            del origin

    async with hosted(tmp_path, turn) as (host, turns):
        async with host.asking(CHAT, {**ASKED, "stream": True, "model": "stays"}) as stays:
            await stays.content.readuntil(b"There")
            async with host.asking(CHAT, {**ASKED, "stream": True, "model": "leaves"}) as leaves:
                await leaves.content.readuntil(b"There")
            async with asyncio.timeout(10):
                while len(host.agent.running) > 1:
                    await asyncio.sleep(0)
            assert ended == ["leaves"]
            go.set()
            await stays.content.read()
        ends = {row["status"]: row.get("error_code") for row in host.rows("agent_ends")}
    assert turns.left == 1
    assert ends == {"interrupted": "client_gone", "completed": None}


async def test_an_answer_is_remembered_for_the_next(tmp_path: Path) -> None:
    async with hosted(tmp_path, TURN) as (host, turns):
        _, _, body = await host.ask(RESPONSES, {"model": "agent", "input": "List it."})
        first = json.loads(body)
        follow = {"model": "agent", "input": "And?", "previous_response_id": first["id"]}
        status, _, _ = await host.ask(RESPONSES, follow)
        unknown, _, told = await host.ask(RESPONSES, {**follow, "previous_response_id": "resp_x"})
        other = {"authorization": "Bearer another"}
        strange, _, _ = await host.ask(RESPONSES, follow, headers=other)
    assert (status, unknown, strange) == (200, 400, 400)
    assert "There is a.py" in json.dumps(turns.asked[1][0].history)
    assert "resp_x" in json.loads(told)["error"]["message"]


@pytest.mark.parametrize(
    ("place", "said"),
    [("$.messages[*].content", "redacted:"), ("$.messages", "redacted:"), ("$.user", "Hi. secret")],
)
async def test_places_that_are_masked_in_bodies_are_masked_in_the_turn_s_prompt(
    tmp_path: Path, place: str, said: str
) -> None:
    settings = {"redact": {"json_paths": [place]}}
    body = {"model": "agent", "messages": [{"role": "user", "content": "Hi. secret"}]}
    async with hosted(tmp_path, TURN, settings=settings) as (host, turns):
        assert (await host.ask(CHAT, body))[0] == 200
        assert turns.asked[0][0].input[0]["text"] == "Hi. secret"
        assert str(host.rows("agent_starts")[0]["prompt"]).startswith(said)


async def test_a_silent_stream_begins_after_a_while_and_is_kept_alive(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def turn(asked: Asked, origin: Origin) -> AsyncGenerator[Step, None]:
        del asked, origin
        await go.wait()
        yield Text("m", "Late.")
        yield Ended("completed")

    settings = {"hold_head_s": 0.01, "keep_alive_s": 0.01}
    async with (
        hosted(tmp_path, turn, settings=settings) as (host, _),
        host.asking(CHAT, {**ASKED, "stream": True}) as answer,
    ):
        for _ in range(2):
            assert await answer.content.readuntil(b"\n\n")
        go.set()
        assert b"Late." in await answer.content.read()


async def test_a_coded_body_is_read_and_a_broken_one_refused(tmp_path: Path) -> None:
    coded = gzip.compress(json.dumps(ASKED).encode())
    headers = {"content-encoding": "gzip"}
    async with hosted(tmp_path, TURN) as (host, turns):
        good, _, _ = await host.ask(CHAT, coded, headers=headers)
        bad, _, body = await host.ask(CHAT, b"no gzip", headers=headers)
        empty, _, _ = await host.ask(CHAT, b"\xff{")
    assert (good, bad, empty) == (200, 400, 400)
    assert len(turns.asked) == 1
    assert "content coding" in json.loads(body)["error"]["message"]


async def test_headers_that_are_no_ids_make_a_call_of_its_own(tmp_path: Path) -> None:
    headers = {CALL_HEADER: "../x", ATTEMPT_HEADER: "9" * 30, REPLAYED_HEADER: "a/b"}
    async with hosted(tmp_path, TURN) as (host, turns):
        await host.ask(CHAT, ASKED, headers=headers)
        await host.ask(CHAT, ASKED)
    (_, first), (_, second) = turns.asked
    assert UUID(first.call_id) != UUID(second.call_id)
    assert (first.attempt, first.replayed, second.replayed) == (1, "a/b", None)


async def test_without_a_codex_each_call_is_told_why_and_that_is_recorded(tmp_path: Path) -> None:
    async def start() -> Engine:
        raise failures.missing("/no/codex")

    async with hosted(tmp_path, start=start) as (host, _):
        status, _, body = await host.ask(CHAT, ASKED)
        facts, _, _ = await host.ask("/agent/agent", method="GET")
        told = host.agent.status()
        (ended,) = host.rows("agent_ends")
    assert (status, facts) == (502, 502)
    assert "'/no/codex' is not there" in json.loads(body)["error"]["message"]
    assert ended["error_code"] == "codex_missing"
    assert "is not there" in told["error"]


async def test_it_says_what_it_is_and_which_names_it_has(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (host, _):
        _, _, facts = await host.ask("/agent/agent", method="GET")
        _, _, models = await host.ask("/agent/v1/models", method="GET")
        status = host.agent.status()
    told = json.loads(facts)
    assert (told["codex_version"], told["model"], told["model_upstream"], told["sandbox"]) == (
        "0.169.0",
        "gemma4",
        "default",
        "read-only",
    )
    assert [each["id"] for each in json.loads(models)["data"]] == ["agent"]
    assert (status["pool"], status["turns"], status["running"]) == ({"processes": 1}, 0, 0)


def test_only_what_shapes_turns_changes_what_it_says_of_itself() -> None:
    def hashed(**given: Any) -> str:
        return str(facts_of("a", Codex.model_validate({"model": "g", **given}), "1")["settings"])

    assert hashed() == hashed(processes=7, program="/elsewhere", turn_timeout_s=5)
    assert len({hashed(), hashed(sandbox="workspace-write"), hashed(instructions="Be brief.")}) == 3


async def test_what_it_does_not_have_is_not_found(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (host, turns):
        for path, method in (
            ("/agent/v1/embeddings", "POST"),
            ("/agent/v1/responses", "GET"),
            ("/agent/", "GET"),
        ):
            status, _, body = await host.ask(path, {}, method)
            assert status == 404
            assert "it answers POST" in json.loads(body)["error"]["message"]
    assert turns.asked == []


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(tmp_path: Path) -> None:
    body = json.dumps(ASKED).encode()
    lines = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}"
    async with hosted(tmp_path, TURN) as (host, _):
        reader, writer = await asyncio.open_unix_connection(host.path)
        writer.write(f"{lines}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"aiohttp" not in answer


async def test_a_body_that_is_too_long_is_refused(tmp_path: Path) -> None:
    record = {"record": {"body_limit_mb": 1}}
    async with hosted(tmp_path, settings=record) as (host, turns):
        status, _, body = await host.ask(CHAT, b" " * (1 << 20) + b"{}")
    assert status == 400
    assert "record.body_limit_mb" in json.loads(body)["error"]["message"]
    assert turns.asked == []
