"""A model server that costs as little as Python can: canned answers over raw asyncio.

It answers 1.5 KB of JSON. With `x-bench-json: 1` the answer's text is an order as JSON, which fits
the contract of bench.toml every second time; with `x-bench-stream: DELTAS:MICROSECONDS` it is that
many events at that pace; with `x-bench-bytes` as many bytes.
"""

import asyncio
import json
import sys
from itertools import cycle

JSON = b'{"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"%b"}}],"usage":{"prompt_tokens":500,"completion_tokens":300}}'
ANSWER = JSON % (b"word " * 270)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
WHOLE = HEAD % len(ANSWER) + ANSWER
ITEMS = [
    {"name": f"part {number}", "amount": number, "unit": "kg", "note": "wrap it well " * 11}
    for number in range(8)
]
ORDERS = [json.dumps({"title": "Order", "total": total, "items": ITEMS}) for total in (8, "many")]
ORDER_ANSWERS = [JSON % json.dumps(text)[1:-1].encode() for text in ORDERS]
WHOLE_ORDERS = cycle([HEAD % len(answer) + answer for answer in ORDER_ANSWERS])
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":%b}}]}\n\n'
LAST = b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _deltas(text: str, count: int) -> list[bytes]:
    """The text as so many events."""
    size = -(-len(text) // count)
    pieces = [text[start : start + size] for start in range(0, size * count, size)]
    return [_chunk(EVENT % json.dumps(piece).encode()) for piece in pieces]


WORD = _chunk(EVENT % b'" word"')
PIECE = bytes(65_536)


class Upstream(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._need = -1
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._need < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head = bytes(self._buffer[:end]).lower()
            self._need = end + 4 + _number(self._head, b"content-length: ")
        if len(self._buffer) >= self._need:
            del self._buffer[: self._need]
            self._need = -1
            self._answer()

    def _answer(self) -> None:
        write = self.transport.write  # type: ignore[attr-defined]  # a stream transport
        if b"x-bench-stream: " in self._head:
            deltas, _, pause = _value(self._head, b"x-bench-stream: ").partition(b":")
            is_json = b"x-bench-json: " in self._head
            chunks = _deltas(ORDERS[0], int(deltas)) if is_json else [WORD] * int(deltas)
            self._task = asyncio.ensure_future(self._stream(chunks, int(pause) / 1e6))
        elif b"x-bench-bytes: " in self._head:
            self._task = asyncio.ensure_future(self._big(_number(self._head, b"x-bench-bytes: ")))
        else:
            write(next(WHOLE_ORDERS) if b"x-bench-json: " in self._head else WHOLE)

    async def _stream(self, chunks: list[bytes], pause_s: float) -> None:
        write = self.transport.write  # type: ignore[attr-defined]  # a stream transport
        write(STREAM)
        for chunk in chunks:
            await asyncio.sleep(pause_s)
            write(chunk)
        write(_chunk(LAST))
        write(b"0\r\n\r\n")

    async def _big(self, size: int) -> None:
        write = self.transport.write  # type: ignore[attr-defined]  # a stream transport
        write(HEAD % size)
        for _ in range(size // len(PIECE)):
            await self._writable.wait()
            write(PIECE)
        write(PIECE[: size % len(PIECE)])


def _value(head: bytes, name: bytes) -> bytes:
    return head.partition(name)[2].partition(b"\r\n")[0]


def _number(head: bytes, name: bytes) -> int:
    return int(_value(head, name) or 0)


async def main() -> None:
    """Serves on the port that is given, until it is killed."""
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    from driftgate.proxy.loop import run_loop

    run_loop(main())
