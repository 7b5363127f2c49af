"""The gateway: routing, refusals and exactly one terminal outcome, whatever happens."""

import asyncio
import gzip
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.held import Held
from driftgate.proxy.journal import writer as journal_writer
from driftgate.proxy.record import Outcome
from driftgate.proxy.relay import Relay
from driftgate.proxy.upload import Upload
from tests.support.gate import fetch, gate
from tests.support.processes import free_port
from tests.support.scripted import Exchange, Scripted, always, sized

OK = always(sized(b"ok"))


def _post(target: str, body: bytes = b"{}", *lines: bytes) -> bytes:
    head = [b"POST %b HTTP/1.1" % target.encode(), b"Host: x", b"Connection: close", *lines]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


def _answer(raw: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), json.loads(body)


async def test_a_refused_upstream_is_named_in_the_dialect_s_own_shape(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with gate(tmp_path, url) as running:
        openai = _answer(await running.fetch(_post("/v1/chat/completions")))
        ollama = _answer(await running.fetch(_post("/api/chat")))
        codex = _answer(
            await running.fetch(_post("/v1/responses", b"{}", b"x-codex-window-id: a:0"))
        )
        calls = await running.ended(3)
    message = f"cannot reach upstream 'default' at {url}"
    assert openai[0] == ollama[0] == 502
    assert message in openai[1]["error"]["message"]
    assert openai[1]["error"]["driftgate"]["fault"] == "upstream"
    assert message in ollama[1]["error"]
    assert codex[0] == 400  # final for Codex, which would send a 502 thirty times
    assert {call.outcome for call in calls} == {Outcome.UPSTREAM_REFUSED}
    assert all(call.request_body == b"{}" for call in calls)
    assert running.gateway.health["default"].errors == 3


async def test_an_unknown_host_is_refused_with_that_reason(tmp_path: Path) -> None:
    async with gate(tmp_path, "http://no-such-host.invalid") as running:
        status, body = _answer(await running.fetch(_post("/v1/x")))
    assert status == 502
    assert "host name is unknown" in body["error"]["message"]


async def test_the_path_prefix_chooses_the_upstream(tmp_path: Path) -> None:
    one, two = Scripted(OK), Scripted(OK)
    async with one.running(), two.running(), gate(tmp_path, one.url, two.url) as running:
        await running.fetch(_post("/u/u1/v1/x?a=1"))
        await running.fetch(_post("/v1/y"))
        status, body = _answer(await running.fetch(_post("/u/nope/v1/x")))
        calls = await running.ended(3)
    assert [seen.target for seen in two.seen] == ["/v1/x?a=1"]
    assert [seen.target for seen in one.seen] == ["/v1/y"]
    assert (status, body["error"]["code"]) == (404, "no_upstream")
    assert "known are: default, u1" in body["error"]["message"]
    assert [(call.upstream, call.target) for call in calls] == [
        ("u1", "/u/u1/v1/x?a=1"),
        ("default", "/v1/y"),
        ("", "/u/nope/v1/x"),
    ]


async def test_the_model_chooses_the_upstream(tmp_path: Path) -> None:
    one, two = Scripted(OK), Scripted(OK)
    async with one.running(), two.running(), gate(tmp_path, one.url, two.url) as running:
        upstreams = running.settings.upstreams
        changed = {**upstreams, "u1": upstreams["u1"].model_copy(update={"models": ["gemma*"]})}
        settings = running.settings.model_copy(update={"upstreams": changed})
        running.gateway.__init__(settings, running.recorder)  # type: ignore[misc]  # anew, in place
        packed = gzip.compress(b'{"model":"gemma4"}', mtime=0)
        await running.fetch(_post("/v1/x", packed, b"Content-Encoding: gzip"))
        for body in (b'{"model":"Gemma4:12b"}', b'{"model":"llama"}', b'{"a":1}', b"no json"):
            await running.fetch(_post("/v1/x", body))
        await running.fetch(b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert [seen.body for seen in two.seen] == [packed, b'{"model":"Gemma4:12b"}']
    assert len(one.seen) == 4


async def test_a_path_prefix_of_the_upstream_goes_before_each_path(tmp_path: Path) -> None:
    backend = Scripted(OK)
    async with backend.running(), gate(tmp_path, f"{backend.url}/base") as running:
        await running.fetch(_post("/v1/x"))
        await running.fetch(_post("http://other.example/v1/y"))
    assert [seen.target for seen in backend.seen] == ["/base/v1/x", "/base/v1/y"]


async def test_secrets_pass_but_are_not_recorded(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"ok", b"Set-Cookie: s=sesame-cookie")))
    rules = {"patterns": ["hunter[0-9]"]}
    async with backend.running(), gate(tmp_path, backend.url, redact=rules) as running:
        await running.fetch(
            _post("/v1/x?key=sesame-query", b'{"p":"hunter2"}', b"Authorization: Bearer sesame-1")
        )
        await running.ended()
        written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    seen = backend.seen[0]
    assert b"Bearer sesame-1" in seen.head
    assert b"key=sesame-query" in seen.head
    assert b"hunter2" in seen.body
    assert b"sesame" not in written
    assert b"hunter2" not in written
    assert b"Bearer redacted:" in written


async def test_stopping_refuses_new_calls_and_lets_running_ones_end(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await go.wait()
        await exchange.send(sized(b"ok"))

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        first = asyncio.create_task(running.fetch(_post("/v1/x")))
        while not backend.seen:
            await asyncio.sleep(0.005)
        running.gateway.stop()
        status, body = _answer(await running.fetch(_post("/v1/x")))
        assert (status, body["error"]["code"]) == (503, "stopping")
        assert not running.gateway.idle.is_set()
        go.set()
        assert (await first).endswith(b"ok")
        await asyncio.wait_for(running.gateway.idle.wait(), 5)
        outcomes = sorted(call.outcome for call in await running.ended(2))
    assert outcomes == [Outcome.COMPLETED, Outcome.REFUSED]


async def test_calls_cut_off_by_a_stop_are_interrupted(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.reader.read()

    backend = Scripted(answer)
    async with backend.running():
        async with gate(tmp_path, backend.url) as running:
            first = asyncio.create_task(running.fetch(_post("/v1/x")))
            while not backend.seen:
                await asyncio.sleep(0.005)
            running.gateway.stop()
        await asyncio.gather(first, return_exceptions=True)
        assert [call.outcome for call in running.calls()] == [Outcome.INTERRUPTED]


async def test_a_full_disk_refuses_before_forwarding(tmp_path: Path) -> None:
    backend = Scripted(OK)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        running.journal.full = "disk: 0 MB free"
        status, body = _answer(await running.fetch(_post("/v1/x")))
    assert (status, body["error"]["code"]) == (503, "disk_full")
    assert backend.seen == []


async def test_a_full_disk_may_let_calls_pass_and_counts_them(tmp_path: Path) -> None:
    backend = Scripted(OK)
    async with backend.running(), gate(tmp_path, backend.url, passing=True) as running:
        running.journal.full = "disk: 0 MB free"
        assert (await running.fetch(_post("/v1/x"))).endswith(b"ok")
        assert running.recorder.unrecorded == 1
        assert running.calls() == []


@pytest.mark.parametrize("passing", [False, True])
async def test_a_disk_that_fills_during_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, passing: bool
) -> None:
    def broken(_fd: int, _buffers: list[bytes]) -> int:
        raise OSError(28, "No space left on device")

    async def answer(exchange: Exchange) -> None:
        monkeypatch.setattr(journal_writer, "write_all", broken)
        await exchange.send(sized(b"ok"))

    backend = Scripted(answer)
    async with backend.running(), gate(tmp_path, backend.url, passing=passing) as running:
        raw = await running.fetch(_post("/v1/x"))
        monkeypatch.undo()
        if passing:
            assert raw.endswith(b"ok")
            assert running.recorder.unrecorded == 1
        else:  # the client must not see finished what the history does not have
            assert _answer(raw)[1]["error"]["code"] == "disk_full"


async def test_a_fault_of_our_own_is_a_500_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(Relay, "own", broken)
    backend = Scripted(OK)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        status, body = _answer(await running.fetch(_post("/v1/x")))
        call = (await running.ended())[0]
    assert status == 500
    assert body["error"]["driftgate"]["fault"] == "driftgate"
    assert call.outcome is Outcome.FAILED


async def test_connect_is_refused(tmp_path: Path) -> None:
    backend = Scripted(OK)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        raw = await fetch(running.port, b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 400 ")


async def test_what_the_client_sends_broken_is_its_own_fault(tmp_path: Path) -> None:
    backend = Scripted(OK)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        raw = await running.fetch(b"GARBAGE\r\n\r\n")
        status, body = _answer(raw)
        broken = b"POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        await running.fetch(broken)
    assert status == 400
    assert body["error"]["driftgate"]["fault"] == "client"
    assert "no valid HTTP" in body["error"]["message"]


async def test_a_client_that_leaves_within_its_request_is_recorded_with_what_it_asked(
    tmp_path: Path,
) -> None:
    backend = Scripted(OK)
    async with backend.running(), gate(tmp_path, backend.url) as running:
        _, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(_post("/v1/x", bytes(100))[:-1])
        async with asyncio.timeout(5):
            while not running.gateway.open:
                await asyncio.sleep(0.005)
        writer.close()
        call = (await running.ended())[0]
    assert (call.method, call.target, call.outcome) == ("POST", "/v1/x", Outcome.CLIENT_GONE)


async def test_a_fault_of_ours_in_the_upload_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("bug")

    async def answer(exchange: Exchange) -> None:
        await exchange.reader.read()  # the connection must end

    monkeypatch.setattr(Upload, "stream", broken)
    backend = Scripted(answer)
    request = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    async with backend.running(), gate(tmp_path, backend.url) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(request)
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 500 ")
        async with asyncio.timeout(5):
            while not (backend.connections and _upstreams_closed(backend)):
                await asyncio.sleep(0.005)
        writer.close()


def _upstreams_closed(backend: Scripted) -> bool:
    return all(exchange.closed.is_set() for exchange in backend.seen)


async def test_a_refused_websocket_is_no_fault_of_the_upstream(tmp_path: Path) -> None:
    backend = Scripted(always(sized(b"no", status=b"404 Not Found")))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        upgrade = b"Connection: Upgrade, close\r\nUpgrade: websocket"
        raw = await running.fetch(
            b"GET /v1/responses HTTP/1.1\r\nHost: x\r\n" + upgrade + b"\r\n\r\n"
        )
        assert raw.startswith(b"HTTP/1.1 426 ")
        health = running.gateway.health["default"]
        assert (health.errors, health.last_error) == (0, None)
        assert health.last_ok_at is not None


async def test_rules_that_take_long_hold_up_their_own_call_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    real = Held.redact_answer

    def slow(held: Held) -> list[tuple[int, bytes]]:
        if any(b"slow" in data for _, data in held.answer):
            go.wait(20)
        return real(held)

    async def answer(exchange: Exchange) -> None:
        await exchange.send(sized(exchange.target.encode()))

    monkeypatch.setattr(Held, "redact_answer", slow)
    backend, rules = Scripted(answer), {"patterns": ["secret"]}
    async with backend.running(), gate(tmp_path, backend.url, redact=rules) as running:
        first = asyncio.create_task(running.fetch(_post("/slow")))
        while not backend.seen:
            await asyncio.sleep(0.005)
        assert (await running.fetch(_post("/fast"))).endswith(b"/fast")
        assert not first.done()  # its last bytes wait for its record
        go.set()
        assert (await first).endswith(b"/slow")
        assert len(await running.ended(2)) == 2
