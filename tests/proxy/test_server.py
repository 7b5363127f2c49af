"""The server: raw bodies, large heads, broken requests, and the parts of aiohttp relied on."""

import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol

from driftgate.proxy.server import bind, own_url, url_of
from tests.support.gate import gate
from tests.support.scripted import Scripted, always, sized


def test_what_we_rely_on_in_aiohttp_is_there() -> None:
    for name in ("raw_headers", "raw_path", "protocol", "writer", "content", "keep_alive"):
        assert hasattr(web.BaseRequest, name)
    assert "writing_paused" in vars(BaseProtocol)
    assert callable(web.RequestHandler.set_parser)
    assert callable(web.RequestHandler.handle_error)


async def test_a_head_over_the_limit_is_refused_in_json(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok")))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        large = b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"v" * 300_000 + b"\r\n\r\n"
        raw = await running.fetch(large)
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"400"
    assert json.loads(body)["error"]["code"] == "client_invalid"
    assert backend.seen == []


async def test_pipelined_requests_are_answered_in_order(tmp_path: Path) -> None:
    async def answer(exchange: object) -> None:
        await always(sized(exchange.target.encode()))(exchange)  # type: ignore[attr-defined, arg-type]  # an Exchange

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        one = b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
        two = b"GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        raw = await running.fetch(one + two)
    assert raw.index(b"/1") < raw.index(b"/2")


def test_a_bound_port_is_told_as_an_address() -> None:
    with bind("127.0.0.1", 0) as bound:
        assert url_of(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_ipv6_addresses_stand_in_brackets() -> None:
    try:
        bound = bind("::1", 0)
    except OSError:
        pytest.skip("platform: no IPv6 here")
    with bound:
        assert url_of(bound) == f"http://[::1]:{bound.getsockname()[1]}"


def test_a_shared_port_can_be_bound_again() -> None:
    with bind("127.0.0.1", 0, shared=True) as first:
        port = first.getsockname()[1]
        with bind("127.0.0.1", port, shared=True) as second:
            assert second.getsockname()[1] == port
    with bind("127.0.0.1", 0) as alone:
        alone.listen()
        port = alone.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            bind("127.0.0.1", port)


async def test_ipv6_calls_pass(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok")))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        assert await running.fetch(b"GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    ("listen", "expected"),
    [("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://127.0.0.1:"), ("::", "http://[::1]:")],
)
def test_its_own_programs_reach_it_over_loopback_wherever_it_listens(
    listen: str, expected: str
) -> None:
    with bind(listen, 0) as bound:
        port = bound.getsockname()[1]
        assert own_url(bound) == f"{expected}{port}"
