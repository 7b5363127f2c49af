"""A planned answer onto the socket: paced token by token, and broken where a fault says so."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web

from driftgate.sim.faults import Fault

JSON_TYPE = "application/json; charset=utf-8"
SSE_TYPE = "text/event-stream"
NDJSON_TYPE = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream, framed. terminal: it belongs to the end."""

    data: bytes
    tokens: int = 0
    terminal: bool = False


@dataclass(slots=True)
class Plan:
    """An answer before it is sent: either `body` or `events`.

    body: bytes, or what makes them once the time they take has passed.
    tokens: what a body took to make.
    """

    status: int = 200
    content_type: str = JSON_TYPE
    body: bytes | Callable[[], bytes] = b""
    events: Iterable[Event] | None = None
    tokens: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, *, status: int = 200) -> "Plan":
        """A JSON body."""
        return cls(status, body=dumps(value))

    def payload(self) -> bytes:
        """The whole body, made now."""
        if self.events is not None:
            return b"".join(event.data for event in self.events)
        return self.body if isinstance(self.body, bytes) else self.body()


@dataclass(frozen=True, slots=True)
class Pace:
    """tokens_per_second: 0 is as fast as possible. prefill_s: before the first token."""

    tokens_per_second: float = 0.0
    prefill_s: float = 0.0

    @property
    def token_s(self) -> float:
        """Seconds for one token."""
        return 1.0 / self.tokens_per_second if self.tokens_per_second > 0 else 0.0


class BrokenOffError(Exception):
    """A fault has ended the connection; nothing more can be sent."""


def dumps(value: Any) -> bytes:
    """Compact JSON; lone surrogates are escaped, so that it is always UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def sse(value: Any, name: str | None = None) -> bytes:
    """One SSE event, as https://html.spec.whatwg.org/multipage/server-sent-events.html frames it."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + dumps(value) + b"\n\n"


def line(value: Any) -> bytes:
    """One line of NDJSON."""
    return dumps(value) + b"\n"


async def send(
    request: web.BaseRequest, plan: Plan, pace: Pace, fault: Fault | None
) -> web.StreamResponse:
    """Send a plan. A fault that ends the connection gives a response that nobody receives."""
    try:
        await _before_head(request, plan, fault)
        if plan.events is None:
            return await _send_body(request, plan, pace, fault)
        return await _send_events(request, plan, pace, fault)
    except BrokenOffError:
        return web.Response()


async def _before_head(request: web.BaseRequest, plan: Plan, fault: Fault | None) -> None:
    if fault is None:
        return
    if fault.name in ("reset", "close") and fault.after == 0:
        break_off(request, reset=fault.name == "reset")
    if fault.name == "stall" and fault.after == 0:
        await asyncio.sleep(fault.seconds)
    if fault.name == "not_http":
        _write(request, b"\x16\x03\x01 driftgate-sim: this is not HTTP\r\n\r\n")
        break_off(request, reset=False)
    if fault.name == "huge_header":
        plan.headers["x-driftgate-sim-huge"] = "h" * fault.count
    if fault.name in ("slow_head", "wrong_content_length"):
        await _send_raw(request, plan, fault)


def break_off(request: web.BaseRequest, *, reset: bool) -> None:
    """End the connection, with RST or FIN.

    Raises:
        BrokenOffError: always.
    """
    transport = request.transport
    if transport is not None and not reset:
        transport.close()
    elif transport is not None:
        connection = transport.get_extra_info("socket")
        # Linger for zero seconds: close() sends RST (socket(7)).
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    raise BrokenOffError


def _write(request: web.BaseRequest, data: bytes) -> None:
    if request.transport is None or request.transport.is_closing():
        raise BrokenOffError
    request.transport.write(data)


async def _send_raw(request: web.BaseRequest, plan: Plan, fault: Fault) -> None:
    """A head of our own making, then the whole body, then the end of the connection."""
    body = plan.payload()
    length = len(body) + (fault.count if fault.name == "wrong_content_length" else 0)
    head = (
        f"HTTP/1.1 {plan.status} {HTTPStatus(plan.status).phrase}\r\nServer: driftgate-sim\r\n"
        f"Content-Type: {plan.content_type}\r\nContent-Length: {length}\r\n"
        "Connection: close\r\n\r\n"
    ).encode()
    pause = fault.seconds / len(head) if fault.name == "slow_head" else 0.0
    for byte in head:
        _write(request, bytes((byte,)))
        if pause:
            await asyncio.sleep(pause)
    _write(request, body)
    break_off(request, reset=False)


async def _send_body(
    request: web.BaseRequest, plan: Plan, pace: Pace, fault: Fault | None
) -> web.StreamResponse:
    if delay := pace.prefill_s * bool(plan.tokens) + plan.tokens * pace.token_s:
        await asyncio.sleep(delay)
    body = plan.payload()
    name = fault.name if fault else ""
    if name in ("invalid_json", "malformed_sse"):
        body = body[: len(body) // 2]
    headers = {"Content-Type": plan.content_type, **plan.headers}
    if fault is None or name not in ("reset", "close", "stall") or fault.after == 0:
        return web.Response(status=plan.status, body=body, headers=headers)
    response = web.StreamResponse(status=plan.status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if name != "stall":
        break_off(request, reset=name == "reset")
    await asyncio.sleep(fault.seconds)
    await response.write(body[len(body) // 2 :])
    return response


async def _send_events(
    request: web.BaseRequest, plan: Plan, pace: Pace, fault: Fault | None
) -> web.StreamResponse:
    if pace.prefill_s:
        await asyncio.sleep(pace.prefill_s)
    response = web.StreamResponse(
        status=plan.status, headers={"Content-Type": plan.content_type, **plan.headers}
    )
    response.enable_chunked_encoding()
    await response.prepare(request)
    async for data in broken(plan.events or (), pace, fault):
        if data is None:
            break_off(request, reset=fault is not None and fault.name == "reset")
        else:
            await response.write(data)
    await response.write_eof()
    return response


async def broken(
    events: Iterable[Event], pace: Pace, fault: Fault | None
) -> AsyncIterator[bytes | None]:
    """The stream's bytes, paced, as the fault leaves them; None: the connection ends here."""
    clock = asyncio.get_running_loop().time
    due, tokens, last = clock(), 0, list[bytes]()
    waiting = fault if fault and fault.name in _AT_EVENT else None
    for seen, event in enumerate(events):
        if event.tokens and pace.token_s:
            due += event.tokens * pace.token_s
            await asyncio.sleep(max(0.0, due - clock()))
        data = event.data
        passed = tokens if waiting and waiting.name == "stall" else seen
        if waiting and (passed >= waiting.after or event.terminal):
            if waiting.name in ("reset", "close"):
                yield None
                return
            data = await _hurt(data, waiting)
            waiting = None
        if event.terminal:
            last.append(data)
        if not (event.terminal and fault and fault.name == "no_terminal"):
            yield data
        tokens += event.tokens
    if fault and fault.name == "duplicate_terminal":
        for data in last:
            yield data


async def _hurt(data: bytes, fault: Fault) -> bytes:
    if fault.name == "stall":
        await asyncio.sleep(fault.seconds)
        return data
    if fault.name == "invalid_json":
        end = b"\n\n" if data.endswith(b"\n\n") else b"\n"
        return data[: len(data) // 2] + end
    return b'!! no field of SSE\nevent\ndata: {"type":"response.output_te\n\n' + data


_AT_EVENT = ("reset", "close", "stall", "invalid_json", "malformed_sse")
