"""Shadow traffic beside live calls: whose bytes, in which order, and what is dropped first."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy import shadow
from driftgate.proxy.call import CALL_ID, Call
from driftgate.proxy.record import Outcome, Recorded
from driftgate.proxy.shadow import Shadow
from driftgate.proxy.shadow_choice import Choice
from tests.support.gate import Gate, gate
from tests.support.processes import free_port
from tests.support.scripted import Exchange, Scripted, always, sized

LIVE, NEW = b'{"choices":[{"message":{"content":"live"}}]}', b'{"choices":[]}'
Settle = Callable[[], None]


def post(
    body: bytes = b'{"model":"m"}', *lines: bytes, target: str = "/v1/chat/completions"
) -> bytes:
    head = [b"POST %b HTTP/1.1" % target.encode(), b"Host: x", b"Connection: close", *lines]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


def chunked(body: bytes, *lines: bytes) -> bytes:
    head = [b"POST /v1/chat/completions HTTP/1.1", b"Host: x", b"Connection: close", *lines]
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return b"\r\n".join([*head, b"Transfer-Encoding: chunked"]) + b"\r\n\r\n" + framed


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other tests is no reason here to drop a copy."""
    monkeypatch.setattr(shadow, "LATE_S", 60.0)


@contextlib.asynccontextmanager
async def shadowed(
    root: Path, live: Scripted, candidate: str, **options: Any
) -> AsyncIterator[tuple[Gate, Shadow]]:
    """A gateway that shadows to the candidate, and stops as a worker does."""
    given = {"upstream": candidate, "share": 1, **options}
    more = given.pop("settings", {})
    async with live.running(), gate(root, live.url, settings={"shadow": given, **more}) as running:
        made = running.gateway.shadow
        assert made is not None
        try:
            yield running, made
        finally:
            running.gateway.stop()
            await made.ended()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.002)


def copies(calls: list[Recorded]) -> list[Recorded]:
    return [call for call in calls if call.replayed is not None]


async def test_the_copy_begins_when_the_client_has_its_answer(tmp_path: Path) -> None:
    order: list[str] = []

    async def slowly(exchange: Exchange) -> None:
        for piece in (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"o", b"k"):
            await exchange.send(piece)
            order.append("live")

    async def late(exchange: Exchange) -> None:
        order.append("copy")
        await exchange.send(sized(NEW))

    async with (
        Scripted(late).running() as candidate,
        shadowed(tmp_path, Scripted(slowly), candidate.url) as (running, _),
    ):
        answer = await running.fetch(post(b'{"model":"m"}', b"X-Odd:  kept "))
        calls = await running.ended(2)
    assert answer.endswith(b"\r\n\r\nok")
    assert order[:3] == ["live"] * 3
    assert order.count("copy") == 1
    assert candidate.seen[0].body == b'{"model":"m"}'
    assert b"X-Odd: kept\r\n" in candidate.seen[0].head
    [copy] = copies(calls)
    [live] = [call for call in calls if call.replayed is None]
    assert copy.replayed is not None
    assert (copy.replayed.arm, copy.replayed.of, copy.replayed.run_id) == (
        "shadow",
        live.call_id,
        bytes(16),
    )
    assert live.ended_ns is not None
    assert copy.started_ns >= live.started_ns + live.ended_ns
    assert (copy.upstream, copy.target, copy.request_body) == (
        "shadow",
        "/v1/chat/completions",
        b'{"model":"m"}',
    )
    assert (copy.status, copy.chunks[0].data, copy.outcome) == (200, NEW, Outcome.COMPLETED)


async def test_the_client_waits_for_no_candidate(tmp_path: Path) -> None:
    never = asyncio.Event()

    async def hangs(_exchange: Exchange) -> None:
        await never.wait()

    async with Scripted(hangs).running() as candidate:
        live = Scripted(always(sized(LIVE)))
        async with shadowed(tmp_path, live, candidate.url, queue=1) as (running, made):
            for _ in range(5):
                assert (await running.fetch(post())).endswith(LIVE)
            await until(lambda: made.status()["dropped"] == 3 and len(candidate.seen) == 1)
            assert made.status()["waiting"] == 1
            began = time.monotonic()
            running.gateway.stop()
            await made.ended()
            assert time.monotonic() - began < shadow.LAST_WORDS_S
            status = made.status()
            calls = await running.ended(6)
    assert status["dropped_by"] == {"queue": 3, "stop": 1}
    assert (status["sent"], status["failed"]) == (1, 1)
    assert [copy.outcome for copy in copies(calls)] == [Outcome.INTERRUPTED]
    assert running.recorder.unrecorded == 0
    assert running.gateway.health["default"].calls == 5


async def test_whole_sessions_are_in_or_out(tmp_path: Path) -> None:
    choice = Choice(0.5, 3)
    sessions = [f"session-{number}" for number in range(16)]
    chosen = {each for each in sessions if choice.takes(each.encode())}
    assert 0 < len(chosen) < 16
    async with Scripted(always(sized(NEW))).running() as candidate:
        live = Scripted(always(sized(LIVE)))
        options = {"share": 0.5, "seed": 3, "concurrency": 64}
        async with shadowed(tmp_path, live, candidate.url, **options) as (running, made):
            for each in sessions:
                await running.fetch(post(b"{}", b"x-driftgate-session: " + each.encode()))
                body = json.dumps({"metadata": {"session_id": each}}).encode()
                await running.fetch(post(body))
                await running.fetch(chunked(body))
            calls = await running.ended(3 * 16 + len(chosen) * 2)
            await until(lambda: not made.status()["running"])
            calls = running.calls()
    seen: dict[str, int] = {}
    for copy in copies(calls):
        told = json.loads(copy.request_body).get("metadata", {}).get("session_id")
        session = told or dict(copy.request_headers)["x-driftgate-session"]
        seen[session] = seen.get(session, 0) + 1
    assert seen.keys() == chosen
    assert set(seen.values()) <= {2, 3}  # of what streams past, the call itself must be chosen too
    assert made.status()["dropped"] == 0


async def test_a_body_that_streams_past_is_kept_whole_where_it_is_chosen(tmp_path: Path) -> None:
    body = json.dumps({"model": "m", "messages": "x" * 200_000}).encode()
    async with Scripted(always(sized(NEW))).running() as candidate:
        live = Scripted(always(sized(LIVE)))
        async with shadowed(tmp_path, live, candidate.url) as (running, _):
            await running.fetch(chunked(body))
            await running.fetch(chunked(body, b"x-driftgate-session: s"))
            calls = await running.ended(4)
    assert [each.body for each in candidate.seen] == [body, body]
    assert all(b"Content-Length: %d" % len(body) in each.head for each in candidate.seen)
    assert all(b"chunked" not in each.head for each in candidate.seen)
    assert len(copies(calls)) == 2


async def test_what_is_too_long_or_no_question_to_a_model_is_not_copied(tmp_path: Path) -> None:
    long = b'{"a":"' + b"x" * (1 << 20) + b'"}'
    async with Scripted(always(sized(NEW))).running() as candidate:
        live = Scripted(always(sized(LIVE)))
        async with shadowed(tmp_path, live, candidate.url, max_body_mb=1) as (running, made):
            await running.fetch(chunked(long))
            await running.fetch(post(long))
            await running.fetch(post(target="/v1/embeddings"))
            await running.fetch(post(target="/v1/else"))
            await running.fetch(b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await running.fetch(post(b'{"previous_response_id":"r"}', target="/v1/responses"))
            await until(lambda: made.status()["dropped_by"] == {"unfit": 1})
            assert made.status()["sent"] == 0
    assert candidate.seen == []


async def test_a_call_that_was_not_served_is_not_copied(tmp_path: Path) -> None:
    async def breaks(exchange: Exchange) -> None:
        exchange.reset()

    async with (
        Scripted(always(sized(NEW))).running() as candidate,
        shadowed(tmp_path, Scripted(breaks), candidate.url) as (running, made),
    ):
        await running.fetch(post())
        await running.ended(1)
        assert made.status() | {"sent": 0, "dropped": 0, "running": 0} == made.status()


async def test_a_client_that_leaves_with_the_last_event_was_served(tmp_path: Path) -> None:
    """As the Codex CLI does."""
    never = asyncio.Event()

    async def streams(exchange: Exchange) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        await exchange.send(head, b"data: [DONE]\n\n")
        await never.wait()

    async with (
        Scripted(always(sized(NEW))).running() as candidate,
        shadowed(tmp_path, Scripted(streams), candidate.url) as (running, _),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(post())
        await reader.readuntil(b"[DONE]\n\n")
        writer.close()
        calls = await running.ended(2)
    assert len(copies(calls)) == 1


async def test_a_managed_call_is_copied_as_its_client_sent_it(tmp_path: Path) -> None:
    body = b'{ "model":"m", "messages":[{"role":"user","content":"hi"}] }'
    async with Scripted(always(sized(NEW))).running() as candidate:
        live = Scripted(always(sized(LIVE, b"Content-Type: application/json")))
        more = {"settings": {"announce_verdict": True}}
        async with shadowed(tmp_path, live, candidate.url, **more) as (running, _):
            answer = await running.fetch(post(body))
            calls = await running.ended(2)
    assert b"x-driftgate-verdict" in answer.lower()
    assert [each.body for each in candidate.seen] == [body]
    assert [copy.attempts for copy in copies(calls)] == [[]]


async def test_a_dead_candidate_is_left_alone_and_harms_nobody(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    live = Scripted(always(sized(LIVE)))
    async with shadowed(tmp_path, live, url, concurrency=1, queue=100) as (running, made):
        for _ in range(12):
            assert (await running.fetch(post())).endswith(LIVE)
        await until(lambda: made.status()["sent"] + made.status()["dropped"] == 12)
        status, calls = made.status(), await running.ended(12 + 5)
    assert (status["failed"], status["dropped_by"]) == (5, {"down": 7})
    assert "cannot reach upstream 'shadow'" in status["last_error"]
    assert {copy.outcome for copy in copies(calls)} == {Outcome.UPSTREAM_REFUSED}
    assert running.gateway.health["default"].errors == 0


async def test_a_candidate_that_is_killed_in_the_middle_costs_its_own_copy(tmp_path: Path) -> None:
    async def breaks(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf")
        exchange.reset()

    async with Scripted(breaks).running() as candidate:
        live = Scripted(always(sized(LIVE)))
        async with shadowed(tmp_path, live, candidate.url) as (running, made):
            assert (await running.fetch(post())).endswith(LIVE)
            calls = await running.ended(2)
            candidate.answer = always(sized(NEW))
            assert (await running.fetch(post())).endswith(LIVE)
            calls = await running.ended(4)
    assert [copy.outcome for copy in copies(calls)] == [Outcome.UPSTREAM_RESET, Outcome.COMPLETED]
    assert (made.status()["sent"], made.status()["failed"]) == (2, 1)
    assert len(candidate.seen) == 2  # none was tried again


async def test_a_loop_that_is_late_has_live_calls_to_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted(always(sized(NEW))).running() as candidate:
        live = Scripted(always(sized(LIVE)))
        async with shadowed(tmp_path, live, candidate.url) as (running, made):
            assert (await running.fetch(post())).endswith(LIVE)
            while not made.status()["running"]:
                await asyncio.sleep(0)
            monkeypatch.setattr(shadow, "LATE_S", 0.05)
            time.sleep(shadow.PAUSE_S + 0.1)  # noqa: ASYNC251 - holds up the loop
            await until(lambda: made.status()["dropped_by"] == {"busy": 1})
            assert made.status()["sent"] == 0
            monkeypatch.setattr(shadow, "LATE_S", 60.0)
            assert (await running.fetch(post())).endswith(LIVE)
            await until(lambda: made.status()["sent"] == 1)


async def test_nothing_is_sent_that_cannot_be_recorded(tmp_path: Path) -> None:
    live = Scripted(always(sized(LIVE)))
    recorder = {"settings": {"journal": {"disk_full": "pass"}}}
    async with shadowed(tmp_path, live, "http://127.0.0.1:9", **recorder) as (running, made):
        running.recorder.passing, running.journal.full = True, "full"
        assert (await running.fetch(post())).endswith(LIVE)
        running.journal.full = "full"
        await until(lambda: made.status()["dropped"] == 1)
        assert made.status()["dropped_by"] == {"disk": 1}
        assert running.recorder.unrecorded == 1  # the live call alone


async def test_without_a_candidate_nothing_is_kept(tmp_path: Path) -> None:
    live = Scripted(always(sized(LIVE)))
    async with live.running(), gate(tmp_path, live.url) as running:
        assert running.gateway.shadow is None
        await running.fetch(post())
        await running.ended(1)


async def test_a_fault_of_ours_reaches_no_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with Scripted(always(sized(NEW))).running() as candidate:
        live = Scripted(always(sized(LIVE)))
        async with shadowed(tmp_path, live, candidate.url) as (running, made):
            monkeypatch.setattr(shadow, "prepared", broken)
            assert (await running.fetch(post())).endswith(LIVE)
            await until(lambda: "failed inside driftgate" in caplog.text)
            monkeypatch.setattr(made, "_take", broken)
            assert (await running.fetch(post())).endswith(LIVE)
            await running.ended(2)
            assert not made.status()["running"]
    told = [record for record in caplog.records if record.message == shadow.FAILED]
    assert len({getattr(record, CALL_ID) for record in told}) == len(told) == 2


def test_a_call_keeps_no_copy_of_itself() -> None:
    assert Call(bytes(16), 0, "POST").copy is None
