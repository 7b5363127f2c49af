"""One request and its answer: every framing, every way to break, and what happens to the connection."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from driftgate.proxy.errors import CallError
from driftgate.proxy.record import Outcome
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.upstream.connection import Address, Pool
from driftgate.proxy.upstream.exchange import Reply, send
from driftgate.proxy.upstream.wire import Pair
from tests.support.processes import free_port
from tests.support.scripted import Exchange, Scripted, always, sized
from tests.support.waiting import wait_until_async

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n"


class Client:
    """Sends requests to one address."""

    def __init__(self, url: str, **limits: Any) -> None:
        self.upstream = Upstream(url=url, **limits)
        self.pool = Pool(Address.of(url), self.upstream.connect_timeout_s)
        self.clock = itertools.count(1)

    async def send(self, body: bytes = b"{}", pairs: Sequence[Pair] = ()) -> Reply:
        return await send(
            self.pool,
            self.upstream,
            "up",
            "POST",
            "/v1/x?q=1",
            pairs,
            body,
            now_ns=lambda: next(self.clock),
        )

    async def whole(self) -> bytes:
        return await read(await self.send())

    async def fails(self) -> CallError:
        with pytest.raises(CallError) as caught:
            await self.whole()
        return caught.value


async def read(reply: Reply) -> bytes:
    return b"".join([piece async for piece, _ in reply.pieces()])


async def answered(*pieces: bytes) -> tuple[Reply, bytes]:
    """What is made of these bytes, and the trailers."""
    async with Scripted(always(*pieces)).running() as backend:
        reply = await Client(backend.url).send()
        return reply, await read(reply)


async def test_the_request_goes_up_with_our_framing_and_without_hop_by_hop_fields() -> None:
    pairs = [
        (b"Host", b"client-side"),
        (b"Content-Length", b"99"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Expect", b"100-continue"),
        (b"Connection", b"keep-alive, x-hop"),
        (b"X-Hop", b"1"),
        (b"Authorization", b"Bearer k"),
    ]
    async with Scripted(always(sized(b"ok"))).running() as backend:
        reply = await Client(f"{backend.url}/base/").send(b"abc", pairs)
        assert await read(reply) == b"ok"
    seen = backend.seen[0]
    assert seen.body == b"abc"
    assert seen.head == (
        b"POST /base/v1/x?q=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer k\r\n"
        b"Content-Length: 3\r\n\r\n" % backend.port
    )


async def test_a_reply_tells_what_its_connection_took() -> None:
    async with Scripted(always(sized(b"ok"))).running() as backend:
        client = Client(backend.url)
        new, kept = await client.send(), None
        await read(new)
        kept = await client.send()
        await read(kept)
    assert (new.connect_ns, kept.connect_ns) == (1, 0)


async def test_a_sized_answer_comes_with_its_head() -> None:
    reply, body = await answered(sized(b"hello", b"X-A: 1", b"Connection: x-b", b"X-B: 2"))
    assert (reply.status, reply.reason, body) == (200, b"OK", b"hello")
    assert reply.pairs == [(b"X-A", b"1"), (b"Content-Length", b"5")]


async def test_a_chunked_answer_loses_its_framing_and_keeps_its_trailers() -> None:
    raw = CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: v\r\n\r\n"
    reply, body = await answered(raw)
    assert (body, reply.trailers) == (b"abcde", [(b"X-T", b"v")])
    assert reply.pairs == [(b"X-A", b"1")]


async def test_any_split_of_an_answer_reads_the_same() -> None:
    raw = b"HTTP/1.1 102 P\r\n\r\n" + CHUNKED + b"3\r\nabc\r\n0\r\nX-T: v\r\n\r\n"
    reply, body = await answered(*[raw[at : at + 1] for at in range(len(raw))])
    assert (reply.status, body, reply.trailers) == (200, b"abc", [(b"X-T", b"v")])


async def test_interim_answers_are_skipped() -> None:
    reply, body = await answered(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n" + sized(b"x")
    )
    assert (reply.status, body) == (200, b"x")


async def test_pieces_come_as_they_came_with_their_times() -> None:
    go = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await exchange.send(CHUNKED, b"1\r\na\r\n")
        await go.wait()
        await exchange.send(b"1\r\nb\r\n0\r\n\r\n")

    async with Scripted(answer).running() as backend:
        reply = await Client(backend.url).send()
        pieces = reply.pieces()
        first = await anext(pieces)
        go.set()
        rest = [piece async for piece in pieces]
    assert [payload for payload, _ in [first, *rest]] == [b"a", b"b"]
    assert reply.head_ns <= first[1] < rest[0][1]


async def until_close(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\n\r\nall of", b" it")
    exchange.writer.close()


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async with Scripted(until_close).running() as backend:
        assert await Client(backend.url).whole() == b"all of it"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        CHUNKED,
        CHUNKED + b"3\r\nab",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["nothing", "half a head", "a head", "half a chunk", "no length"],
)
async def test_a_reset_is_one_wherever_it_happens(head: bytes) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(head)
        exchange.reset()

    async with Scripted(answer).running() as backend:
        error = await Client(backend.url).fails()
    assert error.outcome == Outcome.UPSTREAM_RESET
    where = "in the middle" if head.endswith((b"\r\n\r\n", b"ab")) else "before it answered"
    assert where in error.message


async def test_what_came_before_a_reset_is_given_first() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(CHUNKED, b"3\r\nabc\r\n")
        exchange.writer.close()

    got = []
    async with Scripted(answer).running() as backend:
        reply = await Client(backend.url).send()
        pieces = reply.pieces()
        got.append((await anext(pieces))[0])
        with pytest.raises(CallError):
            await anext(pieces)
    assert got == [b"abc"]


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 101 Up\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * (300 << 10),
        CHUNKED + b"zz\r\n",
    ],
    ids=["other", "unasked upgrade", "coding", "huge head", "chunk size"],
)
async def test_what_is_no_http_is_refused(raw: bytes) -> None:
    async with Scripted(always(raw)).running() as backend:
        error = await Client(backend.url).fails()
    assert error.outcome == Outcome.UPSTREAM_INVALID


async def test_nobody_there_is_a_refusal() -> None:
    error = await Client(f"http://127.0.0.1:{free_port()}").fails()
    assert (error.outcome, error.code) == (Outcome.UPSTREAM_REFUSED, "upstream_refused")


async def test_a_connection_that_does_not_stand_in_time_says_which_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(_: Pool) -> None:
        raise TimeoutError

    monkeypatch.setattr(Pool, "connect", never)
    assert "connect_timeout_s" in (await Client("http://127.0.0.1:1").fails()).message


async def late_body(exchange: Exchange) -> None:
    await exchange.send(CHUNKED)
    await exchange.reader.read()


async def stands_still(exchange: Exchange) -> None:
    await exchange.send(CHUNKED + b"1\r\na\r\n")
    await exchange.reader.read()


async def no_head(exchange: Exchange) -> None:
    await exchange.reader.read()


@pytest.mark.parametrize(
    ("answer", "limit"),
    [
        (no_head, "first_byte_timeout_s"),
        (late_body, "first_byte_timeout_s"),
        (stands_still, "idle_timeout_s"),
    ],
)
async def test_silence_has_its_limits(answer: Any, limit: str) -> None:
    async with Scripted(answer).running() as backend:
        error = await Client(backend.url, **{limit: 0.05}).fails()
        async with asyncio.timeout(5):
            await backend.seen[0].closed.wait()  # the upstream is told to stop
    assert error.outcome == Outcome.UPSTREAM_TIMEOUT
    assert limit in error.message


async def test_a_whole_answer_gives_its_connection_back() -> None:
    async with Scripted(always(sized(b"ok"))).running() as backend:
        client = Client(backend.url)
        assert [await client.whole() for _ in range(3)] == [b"ok"] * 3
    assert backend.connections == 1


@pytest.mark.parametrize(
    "raw",
    [sized(b"ok", b"Connection: close"), sized(b"ok") + b"rest"],
    ids=["close", "bytes behind the end"],
)
async def test_a_connection_that_is_not_clean_is_not_used_again(raw: bytes) -> None:
    async with Scripted(always(raw)).running() as backend:
        client = Client(backend.url)
        assert [await client.whole() for _ in range(2)] == [b"ok"] * 2
    assert backend.connections == 2


async def test_an_answer_before_the_request_was_taken_ends_the_connection() -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sized(b"too large", status=b"413 Content Too Large"))

    server = await asyncio.start_server(early, "127.0.0.1", 0, limit=1 << 16)
    port = server.sockets[0].getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}")
    reply = await client.send(bytes(64 << 20))
    assert (reply.status, await read(reply)) == (413, b"too large")
    assert client.pool.take("POST") is None
    server.close()


async def test_behind_a_stream_a_connection_rests_since_servers_close_it_late() -> None:
    async with Scripted(always(CHUNKED + b"0\r\n\r\n")).running() as backend:
        client = Client(backend.url)
        await client.whole()
        assert client.pool.take("POST") is None
        async with asyncio.timeout(5):
            while (rested := client.pool.take("POST")) is None:
                await asyncio.sleep(0.001)
        rested.abort()


async def test_a_kept_connection_that_is_dead_is_a_reset_and_not_tried_again() -> None:
    async def once(exchange: Exchange) -> None:
        if len(backend.seen) == 1:
            await exchange.send(sized(b"ok"))
        else:
            exchange.reset()

    backend = Scripted(once)
    async with backend.running():
        client = Client(backend.url)
        assert await client.whole() == b"ok"
        error = await client.fails()
    assert error.outcome == Outcome.UPSTREAM_RESET
    assert (backend.connections, len(backend.seen)) == (1, 2)


async def flood(exchange: Exchange) -> None:
    await exchange.send(CHUNKED)
    while not exchange.writer.is_closing():
        await exchange.send(b"1000\r\n" + bytes(4096) + b"\r\n")


async def test_an_abort_stops_a_flood_at_once() -> None:
    async with Scripted(flood).running() as backend:
        reply = await Client(backend.url).send()
        await anext(aiter(reply.pieces()))
        reply.abort()
        reply.abort()
        async with asyncio.timeout(5):
            await backend.seen[0].closed.wait()


async def test_an_abort_behind_the_end_leaves_the_kept_connection_alone() -> None:
    async with Scripted(always(sized(b"ok"))).running() as backend:
        client = Client(backend.url)
        reply = await client.send()
        await read(reply)
        reply.abort()
        assert await client.whole() == b"ok"
    assert backend.connections == 1


async def test_leaving_the_pieces_stops_the_upstream() -> None:
    async with Scripted(flood).running() as backend:
        reply = await Client(backend.url).send()
        pieces = reply.pieces()
        await anext(pieces)
        await pieces.aclose()
        async with asyncio.timeout(5):
            await backend.seen[0].closed.wait()


@pytest.mark.parametrize("answer", [no_head, stands_still])
async def test_a_cancelled_caller_stops_the_upstream(answer: Any) -> None:
    async with Scripted(answer).running() as backend:
        asking = asyncio.create_task(Client(backend.url).whole())
        while not backend.begun:
            await asyncio.sleep(0.001)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(5):
            await backend.seen[0].closed.wait()


async def test_an_upstream_waits_for_a_slow_reader_and_is_not_called_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = 40 << 20
    written, watches = asyncio.Event(), 0
    watch = Reply._watch

    def counted(reply: Reply) -> None:
        nonlocal watches
        watches += 1
        watch(reply)

    async def answer(exchange: Exchange) -> None:
        exchange.writer.write(sized(bytes(size)))
        await exchange.writer.drain()
        written.set()

    monkeypatch.setattr(Reply, "_watch", counted)
    async with Scripted(answer).running() as backend:
        reply = await Client(backend.url, idle_timeout_s=0.02).send()
        await wait_until_async(lambda: watches >= 3)  # the idle limit has passed several times
        assert not written.is_set()
        total = sum([len(piece) async for piece, _ in reply.pieces()])
    assert total == size
