"""The server that plays recorded answers, over real sockets in this process."""

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer

from driftgate.proxy.call import text_id
from driftgate.proxy.record import Chunk, Outcome, Recorded
from driftgate.replay.play import server
from driftgate.replay.play.chosen import Chosen
from driftgate.replay.play.kept import Kept
from driftgate.replay.play.library import Library, load
from driftgate.replay.play.match import Entry
from driftgate.replay.play.server import Player, Timing, start
from tests.replay.play.histories import Written, body, call
from tests.support.gate import fetch
from tests.support.recorded_calls import call_id
from tests.support.waiting import wait_until_async

CHAT = "/v1/chat/completions"
BIG = bytes(range(256)) * 8192  # 2 MB
JSON = [("Content-Type", "application/json")]


class Played:
    """A running player."""

    def __init__(self, library: Library, timing: Timing) -> None:
        self.library = library
        self.said: list[str] = []
        self.player = Player(library, timing, self.said.append)
        self.port = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def raw(self, text: str = "a", *, method: str = "POST", version: str = "1.1") -> bytes:
        """All bytes of an answer, as they come."""
        sent = body(text)
        head = (
            f"{method} {CHAT} HTTP/{version}\r\nHost: x\r\nConnection: close\r\n"
            f"Content-Length: {len(sent)}\r\n\r\n"
        )
        return await fetch(self.port, head.encode() + sent)


Playing = Callable[..., contextlib.AbstractAsyncContextManager[Played]]


@pytest.fixture
def playing(tmp_path: Path) -> Playing:
    """Plays these calls, in order of their numbers."""

    @contextlib.asynccontextmanager
    async def play(
        *calls: Recorded, timing: Timing = Timing.NONE, written: bool = False
    ) -> AsyncIterator[Played]:
        history = tmp_path / "h.duckdb"
        kept = Kept(history)
        if written:
            Written(history).add(*calls)
        for each in calls:  # at hand, so that nothing has to be read
            kept._keep(each)
        entries = [Entry(text_id(each.call_id), text_id(each.call_id)) for each in calls]
        played = Played(load(Chosen("calls", entries), kept), timing)
        bound = socket.create_server(("127.0.0.1", 0))
        played.port = bound.getsockname()[1]
        runner = await start(played.player, bound)
        try:
            yield played
        finally:
            await runner.cleanup()

    return play


async def test_a_stream_leaves_chunk_by_chunk_with_nothing_added_but_its_name(
    playing: Playing,
) -> None:
    pairs = [("X-B", "1"), ("content-type", "text/event-stream"), ("X-b", "2"), ("Date", "then")]
    recorded = call(0, "a", status=203, response_headers=pairs)
    async with playing(recorded) as played:
        answer = await played.raw()
    head, _, rest = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0].startswith("HTTP/1.1 203 ")
    assert sorted(lines[1:]) == sorted(
        [
            *(f"{name}: {value}" for name, value in pairs),
            f"x-driftgate-replay-of: {call_id(0)}",
            "Transfer-Encoding: chunked",
            "Connection: close",
        ]
    )
    framed = [b"%x\r\n%b\r\n" % (len(each.data), each.data) for each in recorded.chunks]
    assert rest == b"".join(framed) + b"0\r\n\r\n"


async def test_a_body_of_a_length_leaves_as_it_was_in_its_content_coding(playing: Playing) -> None:
    packed = gzip.compress(b'{"a": 1}')
    pairs = [*JSON, ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))]
    async with playing(call(0, "a", response_headers=pairs, chunks=[Chunk(1, packed)])) as played:
        head, _, rest = (await played.raw()).partition(b"\r\n\r\n")
    assert rest == packed
    assert b"Content-Encoding: gzip" in head
    assert b"Transfer-Encoding" not in head
    assert b"Server" not in head
    assert b"Date" not in head


async def test_an_old_client_gets_the_body_up_to_the_connections_end(playing: Playing) -> None:
    recorded = call(0, "a")
    async with playing(recorded) as played:
        head, _, rest = (await played.raw(version="1.0")).partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert rest == b"".join(each.data for each in recorded.chunks)


async def test_an_answer_that_broke_off_breaks_off_at_the_same_byte(playing: Playing) -> None:
    fields: dict[str, Any] = {"outcome": Outcome.UPSTREAM_RESET, "chunks": [Chunk(1, BIG)]}
    async with playing(call(0, "a", **fields)) as played:
        _, _, rest = (await played.raw()).partition(b"\r\n\r\n")
    assert rest == b"%x\r\n%b\r\n" % (len(BIG), BIG)  # and no chunk of no bytes


async def test_a_head_is_the_answers_without_its_body(playing: Playing) -> None:
    target: dict[str, Any] = {
        "method": "GET",
        "target": "/v1/models",
        "request_body": b"",
        "chunks": [Chunk(1, b"[]")],
    }
    pairs = [*JSON, ("Content-Length", "2")]
    async with playing(call(0, "", response_headers=pairs, **target)) as played:
        answer = await fetch(
            played.port, b"HEAD /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"Content-Length: 2" in head
    assert rest == b""


async def test_recordings_of_one_request_follow_each_other(playing: Playing) -> None:
    calls = [call(n, "a", f"answer {n}", status=status) for n, status in enumerate((503, 200, 201))]
    async with playing(*calls) as played, ClientSession(played.url) as client:
        answers = [await client.post(CHAT, data=body("a", user=str(n))) for n in range(4)]
        assert [answer.status for answer in answers] == [503, 200, 201, 201]
        names = [answer.headers["x-driftgate-replay-of"] for answer in answers]
        assert names == [str(call_id(n)) for n in (0, 1, 2, 2)]


async def test_a_compressed_request_is_matched(playing: Playing) -> None:
    async with playing(call(0, "a")) as played, ClientSession(played.url) as client:
        packed = gzip.compress(body("a"))
        answer = await client.post(CHAT, data=packed, headers={"Content-Encoding": "gzip"})
        assert answer.status == 200


async def test_another_request_is_404_with_what_comes_near(playing: Playing) -> None:
    calls = [call(0, "a"), call(1, "b", request_body=body("b", seed=1))]
    async with playing(*calls) as played, ClientSession(played.url) as client:
        answer = await client.post(CHAT, data=body("b", seed=2))
        told = (await answer.json())["error"]
    assert answer.status == 404
    assert answer.headers["x-driftgate-replay-nearest"] == str(call_id(1))
    near = told["driftgate"]["nearest"]
    assert near[0]["call_id"] == str(call_id(1))
    assert near[0]["differences"] == [{"at": "/seed", "recorded": "1", "asked": "2"}]
    assert len(near) == 2
    assert played.said == [told["message"].removeprefix("driftgate: ")]


async def test_which_models_were_recorded_is_said_where_it_was_never_asked(
    playing: Playing,
) -> None:
    async with playing(call(0, "a")) as played, ClientSession(played.url) as client:
        models = await (await client.get("/v1/models")).json()
        tags = await (await client.get("/api/tags")).json()
    assert [each["id"] for each in models["data"]] == ["gemma4"]
    assert [each["name"] for each in tags["models"]] == ["gemma4"]


async def test_a_websocket_is_refused_so_that_codex_goes_on_over_http(playing: Playing) -> None:
    upgrade = (
        b"GET /v1/responses HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    async with playing(call(0, "a")) as played:
        reader, writer = await asyncio.open_connection("127.0.0.1", played.port)
        writer.write(upgrade)
        assert (await reader.readline()).startswith(b"HTTP/1.1 426 ")
        writer.close()


async def test_a_request_larger_than_any_recorded_is_413(
    playing: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_BYTES", 1000)
    async with playing(call(0, "a")) as played, ClientSession(played.url) as client:
        answer = await client.post(CHAT, data=body("x" * 1000))
        assert (answer.status, (await answer.json())["error"]["code"]) == (413, "too_large")


async def test_a_large_request_is_matched_and_a_large_answer_arrives_whole(
    playing: Playing,
) -> None:
    text = "x" * (server._BIG + 1)
    recorded = call(0, text, chunks=[Chunk(1, BIG), Chunk(2, BIG)])
    async with playing(recorded) as played, ClientSession(played.url) as client:
        answer = await client.post(CHAT, data=body(text))
        assert await answer.read() == BIG + BIG


async def test_clients_at_once_keep_apart(playing: Playing) -> None:
    calls = [call(n, f"ask {n}") for n in range(20)]
    async with (
        playing(*calls, written=True) as played,
        ClientSession(played.url) as client,
    ):

        async def one(number: int) -> bytes:
            answer = await client.post(CHAT, data=body(f"ask {number}"))
            return await answer.read()

        played.library.kept._calls.clear()  # all of them are read from the history
        answers = await asyncio.gather(*(one(number) for number in range(20)))
    assert answers == [b"".join(each.data for each in recorded.chunks) for recorded in calls]


async def test_a_client_that_leaves_leaves_the_others_alone(
    playing: Playing, caplog: pytest.LogCaptureFixture
) -> None:
    slow = [Chunk(0, b"first"), Chunk(3600 * 10**9, b"last")]
    calls = [call(0, "a", chunks=slow), call(1, "b")]
    async with playing(*calls, timing=Timing.RECORDED) as played:
        before = len(asyncio.all_tasks())
        reader, writer = await asyncio.open_connection("127.0.0.1", played.port)
        sent = body("a")
        head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(sent)}\r\n\r\n"
        writer.write(head.encode() + sent)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert b"first" in await reader.readuntil(b"first")
        writer.transport.abort()
        await wait_until_async(lambda: len(asyncio.all_tasks()) <= before)
        assert b"answer 1" in await played.raw("b")
    assert caplog.records == []


async def test_chunks_leave_when_they_did_if_asked_for(
    playing: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    slept = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await slept(0)

    chunks = [Chunk(5 * 10**9, b"a"), Chunk(9 * 10**9, b"b")]
    empty = call(1, "b", chunks=[], ended_ns=7 * 10**9, response_headers=[("Content-Length", "0")])
    for timing, expected in ((Timing.RECORDED, [5, 5, 9, 7]), (Timing.NONE, [])):
        async with playing(call(0, "a", chunks=chunks), empty, timing=timing) as played:
            monkeypatch.setattr(asyncio, "sleep", sleep)
            waited.clear()
            await played.raw("a")
            await played.raw("b")
            monkeypatch.undo()
        assert [pytest.approx(each, abs=0.9) for each in expected] == waited


async def test_a_history_that_is_gone_is_said_in_the_clients_error(playing: Playing) -> None:
    async with playing(call(0, "a")) as played, ClientSession(played.url) as client:
        played.library.kept._calls.clear()
        answer = await client.post(CHAT, data=body("a"))
        told = (await answer.json())["error"]
    assert (answer.status, told["code"]) == (503, "history_unavailable")
    assert "no history there" in told["message"]


async def test_what_is_strange_is_refused_without_a_traceback(
    playing: Playing, caplog: pytest.LogCaptureFixture
) -> None:
    async with playing(call(0, "a")) as played:
        async with TestClient(TestServer(played.player.application())) as client:
            for path in ("/", "//", "/%00", "/a%2Fb?x=%ff"):
                assert (await client.get(path)).status == 404
        for raw in (b"GET no-path HTTP/1.1\r\n\r\n", b"\x16\x03\x01\r\n\r\n"):
            assert b" 400 " in await fetch(played.port, raw)
    assert caplog.records == []


async def test_a_fault_of_its_own_is_one_line_to_both_sides_and_logged(
    playing: Playing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(Library, "ask", broken)
    async with playing(call(0, "a")) as played, ClientSession(played.url) as client:
        answer = await client.post(CHAT, data=body("a"))
        told = (await answer.json())["error"]
    assert answer.status == 500
    assert played.said == [told["message"]]
    assert "ValueError" in told["message"]
    assert len(caplog.records) == 1
