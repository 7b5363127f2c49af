"""The front: the dashboard's requests pass to its process, and leave no trace among the calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy import admin, front
from driftgate.proxy.front import Front, page_of, told_of
from driftgate.proxy.running import DASHBOARD
from driftgate.proxy.server import Server, bind
from tests.support.gate import Gate, gate
from tests.support.scripted import Answer, Exchange, Scripted, always, sized
from tests.support.waiting import wait_until_async

UPSTREAM = sized(b"of the upstream")
PAGE = sized(b"of the dashboard")


@pytest.fixture(autouse=True)
def run_time_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unix socket's path must be short."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("long" * 20)))


class Fronted:
    """A front before a gateway, with both of what they call."""

    def __init__(self, made: Front, running: Gate, backend: Scripted, pages: Scripted) -> None:
        self.front, self.gate, self.backend, self.pages = made, running, backend, pages
        self.port = 0

    async def open(self, raw: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which this was sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        return reader, writer

    async def fetch(self, raw: bytes) -> bytes:
        """Sends raw bytes and reads until the connection ends."""
        reader, writer = await self.open(raw)
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        return answer


@contextlib.asynccontextmanager
async def fronted(
    tmp_path: Path, answer: Answer | None = None, *, up: bool = True, **settings: Any
) -> AsyncIterator[Fronted]:
    """up: whether the dashboard's process is there. settings: further ones of the whole."""
    history = tmp_path / "h.duckdb"
    path = admin.socket_path(history, DASHBOARD)
    admin.own_folder(path)
    backend, pages = Scripted(always(UPSTREAM)), Scripted(answer or always(PAGE))
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(backend.running())
        if up:
            await stack.enter_async_context(pages.running_at(path))
        values = {"history": history, **settings}
        running = await stack.enter_async_context(gate(tmp_path, backend.url, settings=values))
        made = Fronted(
            Front(running.settings, running.gateway, running.journal), running, backend, pages
        )
        server = Server(made.front, max_header_bytes=1 << 16)
        listening = bind("127.0.0.1", 0)
        made.port = listening.getsockname()[1]
        await server.start(listening)
        try:
            yield made
        finally:
            await server.close()


def get(target: str, *lines: bytes, method: str = "GET") -> bytes:
    head = [f"{method} {target} HTTP/1.1".encode(), b"Host: box:1", b"Connection: close", *lines]
    return b"\r\n".join(head) + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "ours"),
    [
        ("/_driftgate", True),
        ("/_driftgate?x=1", True),
        ("/_driftgate/", True),
        ("/_driftgate/calls/1?a=/v1", True),
        ("/metrics", True),
        ("/metrics?name[]=a", True),
        ("/metrics/x", False),
        ("/metricsx", False),
        ("/_driftgatex", False),
        ("/_Driftgate/", False),
        ("/%5Fdriftgate/", False),
        ("/v1/models?next=/_driftgate/", False),
        ("/u/default/metrics", False),
        ("/u/default/_driftgate/", False),
    ],
)
async def test_only_its_own_paths_are_the_dashboard_s(
    tmp_path: Path, target: str, ours: bool
) -> None:
    async with fronted(tmp_path) as made:
        answer = await made.fetch(get(target))
        assert answer.endswith(b"of the dashboard" if ours else b"of the upstream")
        assert len(made.pages.seen) == ours
        assert made.gate.gateway.started == (not ours)
        assert (b"x-driftgate-call-id" in answer.lower()) == (not ours)


async def test_a_proxy_that_others_reach_never_asks_a_dashboard_of_loopback(tmp_path: Path) -> None:
    async with fronted(tmp_path, listen="0.0.0.0:0") as made:
        assert b" 503 " in (await made.fetch(get("/_driftgate/"))).split(b"\r\n")[0]
        assert made.pages.seen == []


async def test_metrics_may_be_left_to_the_upstream(tmp_path: Path) -> None:
    async with fronted(tmp_path, dashboard={"metrics": False}) as made:
        assert (await made.fetch(get("/metrics"))).endswith(b"of the upstream")
        assert (await made.fetch(get("/_driftgate/metrics"))).endswith(b"of the dashboard")


async def test_line_and_header_pass_unchanged_but_for_this_connection_s_own(tmp_path: Path) -> None:
    sent = get("/_driftgate/a%2Fb?c=%20", b"COOKIE: a=b", b"X-Odd:  two ", b"Keep-Alive: 5")
    async with fronted(tmp_path) as made:
        await made.fetch(sent)
        (seen,) = made.pages.seen
    assert seen.head.splitlines()[:-1] == [
        b"GET /_driftgate/a%2Fb?c=%20 HTTP/1.1",
        b"Host: box:1",
        b"COOKIE: a=b",
        b"X-Odd: two",
    ]


async def test_an_upgrade_is_asked_for_in_vain(tmp_path: Path) -> None:
    upgrade = b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"
    raw = b"\r\n".join([b"GET /_driftgate/ HTTP/1.1", b"Host: a", *upgrade]) + b"\r\n\r\n"
    async with fronted(tmp_path) as made:
        reader, writer = await made.open(raw + get("/_driftgate/2"))
        assert (await reader.read()).count(b"of the dashboard") == 2
        writer.close()
        assert b"upgrade" not in made.pages.seen[0].head.lower().replace(b"upgrade-", b"")


async def test_nothing_of_it_is_recorded_or_counted(tmp_path: Path) -> None:
    async with fronted(tmp_path, redact={"patterns": ["x+"]}) as made:
        body = b"xyz" * 10
        length = b"Content-Length: %d" % len(body)
        for _ in range(3):
            await made.fetch(get("/_driftgate/sql", length, method="POST") + body)
        await made.fetch(get("/v1/models"))
        calls = await made.gate.ended(1)
        assert [seen.body for seen in made.pages.seen] == [body] * 3
        assert [call.target for call in calls] == ["/v1/models"]
        assert made.gate.gateway.started == 1
        assert made.gate.recorder.unrecorded == 0
        assert not made.gate.gateway.open


async def test_a_full_disk_refuses_calls_but_not_the_dashboard(tmp_path: Path) -> None:
    async with fronted(tmp_path) as made:
        made.gate.journal.full = "no space left"
        assert b"disk_full" in await made.fetch(get("/v1/models"))
        assert (await made.fetch(get("/_driftgate/"))).endswith(b"of the dashboard")
        made.gate.recorder.passing = True
        assert (await made.fetch(get("/_driftgate/"))).endswith(b"of the dashboard")
        assert made.gate.recorder.unrecorded == 0


async def test_events_pass_one_by_one_and_a_client_that_leaves_ends_the_stream(
    tmp_path: Path,
) -> None:
    go: asyncio.Queue[bytes] = asyncio.Queue()

    async def events(exchange: Exchange) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        await exchange.send(head + b"Transfer-Encoding: chunked\r\n\r\n")
        sending = asyncio.ensure_future(_feed(exchange, go))
        await exchange.reader.read()  # until the proxy leaves
        sending.cancel()

    async with fronted(tmp_path, events) as made:
        reader, writer = await made.open(get("/_driftgate/live/events"))
        head = await reader.readuntil(b"\r\n\r\n")  # there before any event is
        assert b"text/event-stream" in head
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            go.put_nowait(event)
            assert await reader.readuntil(event + b"\r\n") == b"9\r\n" + event + b"\r\n"
        writer.close()
        await asyncio.wait_for(made.pages.seen[0].closed.wait(), 10)


async def _feed(exchange: Exchange, events: asyncio.Queue[bytes]) -> None:
    while event := await events.get():
        await exchange.send(b"%x\r\n%b\r\n" % (len(event), event))


async def test_a_quiet_stream_outlasts_every_limit_of_upstreams(tmp_path: Path) -> None:
    async with fronted(tmp_path) as made:
        limits = made.front._upstream
    assert min(limits.first_byte_timeout_s, limits.idle_timeout_s) > 7 * 86_400


async def test_a_large_upload_is_passed_on_as_it_comes(tmp_path: Path) -> None:
    body = b"0123456789abcdef" * (1 << 17)
    async with fronted(tmp_path) as made:
        length = b"Content-Length: %d" % len(body)
        await made.fetch(get("/_driftgate/sql", length, method="POST") + body)
        chunk = b"400\r\n" + body[:1024] + b"\r\n"
        chunked = get("/_driftgate/sql", b"Transfer-Encoding: chunked", method="POST")
        await made.fetch(chunked + chunk * 2 + b"0\r\n\r\n")
        plain, pieces = made.pages.seen
    assert plain.body == body
    assert pieces.body.count(body[:1024]) == 2


@pytest.mark.parametrize("is_stale", [False, True])
async def test_without_its_process_the_answer_is_one_plain_line(
    tmp_path: Path, is_stale: bool
) -> None:
    async with fronted(tmp_path, up=False) as made:
        if is_stale:  # as a process that was killed leaves it
            path = admin.socket_path(made.gate.settings.history, DASHBOARD)
            (await asyncio.start_unix_server(lambda *_: None, path)).close()
        answer = await made.fetch(get("/_driftgate/"))
        only_head = await made.fetch(get("/metrics", method="HEAD"))
        assert (await made.fetch(get("/v1/models"))).endswith(b"of the upstream")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 503 " in head.splitlines()[0]
    assert b"text/plain" in head
    assert b"Retry-After: 1" in head
    assert body == front.DOWN.encode() + b"\n"
    assert b" 503 " in only_head.splitlines()[0]
    assert only_head.endswith(b"\r\n\r\n")


async def test_a_process_that_dies_is_told_before_the_answer_and_seen_within_it(
    tmp_path: Path,
) -> None:
    async def dies(exchange: Exchange) -> None:
        if exchange.target.endswith("/late"):
            await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        exchange.reset()

    async with fronted(tmp_path, dies) as made:
        early = await made.fetch(get("/_driftgate/early"))
        late = await made.fetch(get("/_driftgate/late"))
    assert b" 503 " in early.splitlines()[0]
    assert late.endswith(b"\r\n\r\nhalf")


async def test_a_kept_connection_that_turned_out_dead_is_made_anew(tmp_path: Path) -> None:
    async def once(exchange: Exchange) -> None:
        if made.pages.connections == 1 and len(made.pages.seen) == 2:
            exchange.reset()
            return
        await exchange.send(PAGE)

    async with fronted(tmp_path, once) as made:
        for _ in range(2):
            assert (await made.fetch(get("/_driftgate/"))).endswith(b"of the dashboard")
        assert (made.pages.connections, len(made.pages.seen)) == (2, 3)


async def test_the_end_cuts_streams_at_once_and_takes_no_more(tmp_path: Path) -> None:
    async def hangs(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await exchange.reader.read()

    async with fronted(tmp_path, hangs) as made:
        reader, writer = await made.open(get("/_driftgate/live/events"))
        await reader.readuntil(b"\r\n\r\n")
        made.front.stop()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await asyncio.wait_for(made.pages.seen[0].closed.wait(), 10)
        answer = await made.fetch(get("/_driftgate/").replace(b"Connection: close\r\n", b""))
        await wait_until_async(lambda: not made.front._open)
        calls = await made.fetch(get("/v1/models"))
    assert b" 503 " in answer.splitlines()[0]
    assert answer.endswith(b"\r\n\r\n" + front.STOPPING.encode() + b"\n")
    assert calls.endswith(b"of the upstream")  # which stop for reasons of their own


async def test_what_cannot_be_passed_on_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: Any) -> None:
        raise ZeroDivisionError

    async with fronted(tmp_path) as made:
        coded = await made.fetch(
            get("/_driftgate/", b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"
        )
        monkeypatch.setattr(front, "forward", broken)
        failed = await made.fetch(get("/_driftgate/"))
    assert b" 400 " in coded.splitlines()[0]
    assert b"transfer coding" in coded.lower()
    assert b" 500 " in failed.splitlines()[0]
    assert b"ZeroDivisionError" in failed


async def test_a_tunnel_is_none_of_its_business(tmp_path: Path) -> None:
    async with fronted(tmp_path) as made:
        await made.fetch(get("/_driftgate/", method="CONNECT"))
        assert made.pages.seen == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:{port}/_driftgate/"),
        ("::1", "http://[::1]:{port}/_driftgate/"),
        (
            "0.0.0.0",
            "http://127.0.0.1:{port}/_driftgate/ (`driftgate dashboard` prints the link with its token)",
        ),
    ],
)
def test_people_are_told_where_it_is_and_how_they_get_a_token(host: str, expected: str) -> None:
    with bind(host, 0) as bound:
        port = bound.getsockname()[1]
        assert told_of(bound) == expected.format(port=port)
        assert page_of(bound) == expected.format(port=port).partition(" ")[0]
