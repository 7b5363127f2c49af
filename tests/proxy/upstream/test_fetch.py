"""Probes' requests: bounded in time and size, and never an exception."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from driftgate.proxy.upstream.fetch import Fetched, fetch


async def _echo(request: web.Request) -> web.Response:
    return web.Response(status=201, body=request.method.encode() + await request.read())


async def _large(request: web.Request) -> web.Response:
    return web.Response(body=b"x" * int(request.query["size"]))


async def _headers(request: web.Request) -> web.Response:
    return web.json_response({name.lower(): value for name, value in request.headers.items()})


async def _silent(request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


async def _away(request: web.Request) -> web.Response:
    raise web.HTTPFound("/echo")


@pytest.fixture
async def base() -> AsyncIterator[str]:
    app = web.Application()
    for path, answer in (
        ("echo", _echo),
        ("headers", _headers),
        ("large", _large),
        ("silent", _silent),
        ("away", _away),
    ):
        app.router.add_route("*", f"/{path}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_it_gives_status_and_body(base: str) -> None:
    assert await fetch("GET", f"{base}/echo") == Fetched(201, b"GET")
    assert await fetch("POST", f"{base}/echo", b"{}") == Fetched(201, b"POST{}")


async def test_an_answer_longer_than_the_limit_has_no_body(base: str) -> None:
    assert await fetch("GET", f"{base}/large?size=1001", limit=1000) == Fetched(200, None)
    assert await fetch("GET", f"{base}/large?size=1000", limit=1000) == Fetched(200, b"x" * 1000)


async def test_further_headers_are_sent_beside_its_own(base: str) -> None:
    answer = await fetch("POST", f"{base}/headers", b"{}", headers={"authorization": "Bearer k"})
    assert answer is not None
    told = json.loads(answer.body or b"")
    assert told["authorization"] == "Bearer k"
    assert (told["user-agent"], told["content-type"]) == ("driftgate", "application/json")


async def test_redirects_are_not_followed(base: str) -> None:
    answer = await fetch("GET", f"{base}/away")
    assert answer is not None
    assert answer.status == 302


async def test_no_answer_is_none(base: str) -> None:
    assert await fetch("GET", f"{base}/silent", timeout_s=0.05) is None
    assert await fetch("GET", "http://host.invalid/") is None
    assert await fetch("GET", "http://127.0.0.1:99999/") is None
    assert await fetch("GET", "no address") is None
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert await fetch("GET", f"http://127.0.0.1:{port}/") is None


async def test_what_is_not_http_is_none() -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"\xff\xfe nonsense\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(nonsense, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await fetch("GET", f"http://127.0.0.1:{port}/") is None


async def test_a_server_behind_a_unix_socket_is_asked(tmp_path: Path) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=request.path.encode())

    path = tmp_path / "s"
    assert await fetch("GET", "http://localhost/x", unix=str(path)) is None
    server = await asyncio.get_running_loop().create_unix_server(web.Server(answer), path)
    assert await fetch("GET", "http://localhost/x", unix=str(path)) == Fetched(200, b"/x")
    server.close()
