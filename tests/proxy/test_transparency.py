"""What passes through driftgate is what goes directly: status, headers and bytes, both ways."""

import gzip
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard

from tests.support.gate import fetch, gate
from tests.support.scripted import Scripted, always, sized

HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"upgrade", b"host"}
BODY = b'{"model":"m","messages":[{"role":"user","content":"h\xc3\xa4"}]}'
EVENTS = [b'data: {"a": %d}\n\n' % number for number in range(5)]


@dataclass(frozen=True)
class Case:
    """One exchange: the request's raw bytes, the answer's raw pieces."""

    name: str
    request: bytes
    answer: tuple[bytes, ...]


def _request(
    method: str, target: str, *lines: bytes, body: bytes | None = None, chunked: bool = False
) -> bytes:
    head = [
        f"{method} {target} HTTP/1.1".encode("latin-1"),
        b"Host: x",
        b"Connection: close",
        *lines,
    ]
    if chunked:
        assert body is not None
        head.append(b"Transfer-Encoding: chunked")
        half = (len(body) + 1) // 2
        parts = [part for part in (body[:half], body[half:]) if part]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    elif body is not None:
        head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(head) + b"\r\n\r\n" + (body or b"")


def _chunked(pieces: list[bytes], *lines: bytes, trailers: bytes = b"") -> tuple[bytes, ...]:
    head = b"".join(line + b"\r\n" for line in (b"Transfer-Encoding: chunked", *lines))
    chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    return (b"HTTP/1.1 200 OK\r\n" + head + b"\r\n", *chunks, b"0\r\n" + trailers + b"\r\n")


def _cases() -> Iterator[Case]:
    ok = (sized(b'{"ok":true}', b"Content-Type: application/json"),)
    paths = [
        "/v1/responses", "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/models",
        "/api/chat", "/api/generate", "/api/tags", "/api/pull", "/", "/a//b/../c", "/%2e%2F%zz",
        "/x?a=1&a=2&b=%20+c", "/x?",  "/x?a|b{}<>^`", "/v1/models/g:1;p=2", "/*", "/u", "/favicon.ico",
    ]  # fmt: skip
    for method, target in itertools.product(("GET", "POST"), paths):
        body = BODY if method == "POST" else None
        yield Case(f"{method} {target}", _request(method, target, body=body), ok)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        body = None if method == "TRACE" else BODY
        yield Case(method, _request(method, "/m", body=body), ok)
    yield Case("HEAD", _request("HEAD", "/h"), (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",))
    yield from _answers()
    yield from _bodies(ok)
    yield from _headers(ok)
    yield from _streams()


def _answers() -> Iterator[Case]:
    statuses = (200, 201, 202, 203, 206, 300, 301, 302, 307, 400, 401, 402, 403, 404, 405, 408, 409,
                413, 415, 418, 422, 426, 429, 431, 500, 501, 502, 503, 504, 529, 599)  # fmt: skip
    for status in statuses:
        line = b"%d Some Reason" % status
        answer = sized(b"why", b"Retry-After: 3", b"Location: /else", status=line)
        yield Case(f"status {status}", _request("POST", "/s", body=BODY), (answer,))
    bare = b"HTTP/1.1 %b\r\nX-A: b\r\n\r\n"
    for line in (b"204 No Content", b"304 Not Modified", b"304 "):
        yield Case(f"status {line.decode()}", _request("GET", "/s"), (bare % line,))
    yield Case("304 with a length", _request("GET", "/s"),
               (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",))  # fmt: skip
    yield Case("empty body", _request("GET", "/s"), (sized(b""),))
    yield Case("no reason", _request("GET", "/s"), (sized(b"x", status=b"200 "),))
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
    yield Case("early hints", _request("GET", "/s"), (early, sized(b"x")))
    yield Case("two interim", _request("GET", "/s"), (early + early + sized(b"x"),))
    yield Case("102", _request("GET", "/s"), (b"HTTP/1.1 102 Processing\r\n\r\n", sized(b"x")))
    for size in (1, 1000, 65_536, 300_000, 3_000_000):
        body = bytes(range(256)) * (size // 256 + 1)
        yield Case(f"body of {size}", _request("GET", "/s"), (sized(body[:size]),))
    split = sized(b"0123456789", b"X-Y: z")
    for cut in (1, 9, 17, 30, len(split) - 3):
        yield Case(f"split at {cut}", _request("GET", "/s"), (split[:cut], split[cut:]))
    yield Case(
        "every byte alone",
        _request("GET", "/s"),
        tuple(split[i : i + 1] for i in range(len(split))),
    )


def _bodies(ok: tuple[bytes, ...]) -> Iterator[Case]:
    for size in (0, 1, 2000, 70_000, 1_048_576, 1_048_577, 3_000_000):
        body = b"x" * size
        yield Case(f"upload {size}", _request("POST", "/b", body=body), ok)
        if size:
            yield Case(
                f"upload {size} chunked", _request("POST", "/b", body=body, chunked=True), ok
            )
    gz, zs = gzip.compress(BODY, mtime=0), zstandard.compress(BODY)
    yield Case("gzip up", _request("POST", "/b", b"Content-Encoding: gzip", body=gz), ok)
    yield Case("zstd up", _request("POST", "/b", b"Content-Encoding: zstd", body=zs), ok)
    yield Case("broken gzip up", _request("POST", "/b", b"Content-Encoding: gzip", body=gz[:9]), ok)
    yield Case("gzip down", _request("GET", "/b"), (sized(gz, b"Content-Encoding: gzip"),))
    yield Case("zstd down", _request("GET", "/b"), (sized(zs, b"Content-Encoding: zstd"),))
    yield Case(
        "binary", _request("POST", "/b", body=bytes(range(256))), (sized(bytes(range(256))),)
    )


def _headers(ok: tuple[bytes, ...]) -> Iterator[Case]:
    lines = {
        "repeated": (b"X-R: 1", b"X-R: 2", b"x-r: 3"),
        "non-UTF-8": (b"X-Odd: \xff\xfe\xe4",),
        "UTF-8": (b"X-Odd: \xc3\xa4\xe2\x82\xac",),
        "large": (b"X-Large: " + b"v" * 60_000,),
        "many": tuple(b"X-%d: %d" % (number, number) for number in range(100)),
        "empty": (b"X-Empty:",),
        "codex": (b'x-codex-turn-metadata: {"a": "b"}', b"originator: codex_exec"),
        "secret": (b"Authorization: Bearer sk-1", b"Cookie: a=b", b"X-Api-Key: k"),
        "nominated": (b"X-Private: 1", b"X-Kept: 2"),
        "odd name": (b"X_under!#$%&'*+.^`|~: 1",),
        "accept": (b"Accept-Encoding: gzip, zstd", b"Accept: text/event-stream"),
        "te": (b"TE: trailers",),
    }
    for name, extra in lines.items():
        yield Case(f"header up: {name}", _request("POST", "/h", *extra, body=BODY), ok)
    down = {
        "repeated": (b"Set-Cookie: a=1", b"Set-Cookie: b=2"),
        "non-UTF-8": (b"X-Odd: \xff\xfe\xe4",),
        "large": (b"X-Large: " + b"v" * 100_000,),
        "spaces": (b"X-Spaces:    a   b   ",),
        "many": tuple(b"X-%d: %d" % (number, number) for number in range(200)),
        "server": (b"Server: llama.cpp", b"Date: Tue, 24 Nov 2026 00:00:00 GMT"),
        "openai": (b"openai-processing-ms: 3", b"x-request-id: 1"),
    }
    for name, extra in down.items():
        yield Case(f"header down: {name}", _request("GET", "/h"), (sized(b"x", *extra),))


def _streams() -> Iterator[Case]:
    post = _request("POST", "/v1/chat/completions", body=BODY)
    sse = b"Content-Type: text/event-stream"
    yield Case("stream", post, _chunked(EVENTS, sse))
    yield Case("stream in one write", post, (b"".join(_chunked(EVENTS, sse)),))
    whole = b"".join(_chunked(EVENTS, sse))
    for size in (1, 7, 37):
        pieces = tuple(whole[i : i + size] for i in range(0, len(whole), size))
        yield Case(f"stream in pieces of {size}", post, pieces)
    yield Case("trailers", post, _chunked(EVENTS, trailers=b"X-Sum: 1\r\nX-More: 2\r\n"))
    yield Case("big chunks", post, _chunked([b"y" * 200_000] * 3))
    extended = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n000\r\n\r\n"
    yield Case("chunk extensions", post, (extended,))
    yield Case("empty stream", post, _chunked([]))


CASES = list(_cases())


def _parts(raw: bytes) -> tuple[list[tuple[bytes, list[tuple[bytes, bytes]]]], bytes]:
    """Heads (interim ones too) without hop-by-hop fields, and the raw bytes behind them."""
    heads = []
    while True:
        head, _, raw = raw.partition(b"\r\n\r\n")
        line, *fields = head.split(b"\r\n")
        pairs = [
            (name, value.strip(b" \t")) for name, _, value in (f.partition(b":") for f in fields)
        ]
        kept = [(n, v) for n, v in pairs if n.lower() not in HOP_BY_HOP | {b"x-driftgate-call-id"}]
        heads.append((line, kept))
        if not line.startswith(b"HTTP/1.1 1"):
            return heads, raw


def _payload(raw: bytes, head: bytes) -> bytes:
    """A request's body without its chunked framing, which may change on the way up."""
    if b"transfer-encoding: chunked" not in head.lower():
        return raw
    body = b""
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        body, raw = body + raw[:length], raw[length + 2 :]
    return body


def test_there_are_some_hundred_varied_exchanges() -> None:
    assert len(CASES) > 100
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_an_exchange_is_the_same_through_driftgate(case: Case, tmp_path: Path) -> None:
    backend = Scripted(always(*case.answer))
    async with backend.running(), gate(tmp_path, backend.url) as running:
        direct = await fetch(backend.port, case.request)
        through = await fetch(running.port, case.request)
        assert _parts(through) == _parts(direct)
        one, two = backend.seen
        assert _parts(two.head + b"\r\n\r\n")[0] == _parts(one.head + b"\r\n\r\n")[0]
        assert _payload(two.body, two.head) == _payload(one.body, one.head)
        call = (await running.ended())[0]
        assert call.outcome == "completed"
        assert call.request_body == _payload(one.body, one.head)
        assert b"".join(chunk.data for chunk in call.chunks) == _answer_payload(direct)


def _answer_payload(raw: bytes) -> bytes:
    heads, body = _parts(raw)
    chunked = (
        b"transfer-encoding: chunked"
        in raw[: raw.rfind(b"\r\n\r\n", 0, len(raw) - len(body) + 1)].lower()
    )
    assert heads
    if not chunked:
        return body
    payload = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if length == 0:
            return payload
        payload, body = payload + body[:length], body[length + 2 :]
