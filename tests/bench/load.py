"""A closed-loop client: so many connections, each sending its next call when the last has ended."""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field

from driftgate.proxy.loop import run_loop


@dataclass(frozen=True)
class Plan:
    """What is sent: to Chat Completions, or as a stream to Responses.

    lines: further header lines. size: the body's in bytes. pause_s: what each connection waits before
    its next call.
    """

    connections: int
    calls: int
    size: int
    lines: tuple[str, ...] = ()
    responses: bool = False
    pause_s: float = 0.0

    def request(self, number: int) -> bytes:
        """One call; each has a prompt of its own, so that nothing is recorded for nothing."""
        texts = [
            f"{number} {part} " + "the quick brown fox " * 60 for part in range(self.size // 1200)
        ]
        messages = [{"role": "user", "content": text} for text in texts or [f"{number} hello"]]
        asked = {"input": messages, "stream": True} if self.responses else {"messages": messages}
        path = "/v1/responses" if self.responses else "/v1/chat/completions"
        body = json.dumps({"model": "bench", "temperature": 0.2, **asked})
        body = body[:-1] + f',"pad":"{"x" * max(0, self.size - len(body) - 9)}"}}'
        extra = "".join(f"{line}\r\n" for line in self.lines)
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        return f"{head}{extra}Content-Length: {len(body)}\r\n\r\n{body}".encode()


@dataclass(frozen=True)
class Times:
    """Of each call: seconds to the first byte of the answer's body, and to its last."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: list[bytes], times: Times, pause_s: float) -> None:
        self._requests, self._times, self._pause_s = requests, times, pause_s
        self._buffer = b""
        self._left = -1
        self._waits = True
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("closed within a call"))

    def _next(self) -> None:
        if not self._requests:
            self.done.set_result(None)
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(self._requests.pop())  # type: ignore[attr-defined]  # a stream transport

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head, data, self._buffer = self._buffer[:end].lower(), self._buffer[end + 4 :], b""
            assert head.startswith(b"http/1.1 200"), head
            length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._left = int(length) if length else 1 << 62
            self._waits = True
        if data and self._waits:
            self._waits = False
            self._times.first.append(time.perf_counter() - self._began)
        self._left -= len(data)
        if self._left == 0 or (self._left > 1 << 61 and data.endswith(b"0\r\n\r\n")):
            self._left = -1
            self._times.whole.append(time.perf_counter() - self._began)
            if self._pause_s:
                asyncio.get_running_loop().call_later(self._pause_s, self._next)
            else:
                self._next()


async def run(port: int, plan: Plan) -> Times:
    """Sends all calls of the plan."""
    loop = asyncio.get_running_loop()
    # made before anything is measured; shared by all connections
    requests = [plan.request(number) for number in range(plan.calls)]
    times = Times()
    clients = []
    for _ in range(plan.connections):
        _, client = await loop.create_connection(
            lambda: Client(requests, times, plan.pause_s), "127.0.0.1", port
        )
        clients.append(client.done)
    await asyncio.gather(*clients)
    return times


if __name__ == "__main__":
    values = json.loads(sys.argv[2])
    values["lines"] = tuple(values["lines"])
    sys.stdout.write(json.dumps(asdict(run_loop(run(int(sys.argv[1]), Plan(**values))))))
