"""Where the calls of `shown` are made: a gateway, three model servers as scripted, an agent, ways to ask."""

import asyncio
import contextlib
import json
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from driftgate.contracts.load import load
from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.origin import CALL_HEADER, Origin
from driftgate.proxy.agent.steps import Step
from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.dialects.writing.write import Written, content_type, write_body, write_stream
from driftgate.proxy.journal.writer import JournalWriter
from driftgate.proxy.settings.model import journal_root
from tests.support import gate as gates
from tests.support.agents import AGENT, Turn, hosted
from tests.support.enforced import post
from tests.support.gate import Gate, gate
from tests.support.processes import free_port
from tests.support.scripted import Exchange, Scripted, sized
from tests.support.waiting import wait_until_async

PATHS = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "completions": "/v1/completions",
    "ollama_chat": "/api/chat",
    "ollama_generate": "/api/generate",
}
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n\r\n"
CREATED = 1_795_900_000
_ID = re.compile(CALL_HEADER.encode() + rb": ([0-9a-f-]{36})", re.IGNORECASE)
_CONTRACTS = {
    "orders.toml": """\
name = "orders"
version = "3"
description = "An order as JSON."
[applies]
tags = { task = "order" }
[parameters]
range = { temperature = [0.0, 1.0] }
[output]
schema = "orders.schema.json"
forbid = ['(?i)as an ai', '@[a-z]+\\.example']
max_chars = 4000
""",
    "strict.toml": """\
name = "strict"
version = "1"
description = "An order as JSON, tried for until it is one."
mode = "enforce"
[output]
schema = "orders.schema.json"
[retry]
attempts = 3
backoff_s = 0.001
backoff_limit_s = 0.002
[[fallback]]
upstream = "second"
model = "qwen3:8b"
""",
}
_SCHEMA = {
    "type": "object",
    "properties": {
        "customer": {"type": "string", "minLength": 1},
        "total": {"type": "integer", "minimum": 0},
        "items": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["customer", "total", "items"],
    "additionalProperties": False,
}


class Past(JournalWriter):
    """A journal whose time is the past. ago_ns: how long ago, nanoseconds."""

    ago_ns = 0

    def now_ns(self) -> int:
        """As it does, but then."""
        return super().now_ns() - self.ago_ns


class Stage:
    """A gateway in front of the servers `local`, `second`, `candidate` and `agent`, while it runs.

    gate: the gateway. servers: by the name of their upstream.
    """

    def __init__(self, running: Gate, servers: dict[str, Scripted]) -> None:
        self.gate = running
        self.servers = servers
        self._turns: list[Turn] = []

    async def ask(
        self,
        dialect: str,
        body: dict[str, Any],
        answer: Answer | bytes | Sequence[Answer | bytes],
        *headers: str,
        upstream: str = "local",
    ) -> str:
        """Asks and waits for the end; the call's id. Several answers are for one attempt after the other."""
        given = [answer] if isinstance(answer, Answer | bytes) else answer
        self.script(upstream, [_wire(dialect, each, body) for each in given])
        where = "" if upstream == "local" else f"/u/{upstream}"
        return id_of(await self.gate.fetch(post(where + PATHS[dialect], body, *headers)))

    async def at(self, hours_ago: float) -> None:
        """Moves the time to when it was so many hours ago; behind the end of all calls."""
        await wait_until_async(lambda: not self.gate.gateway.open)
        journal = self.gate.journal
        assert isinstance(journal, Past)
        journal.ago_ns = int(hours_ago * 3600e9)

    def begin(self, version: str) -> None:
        """A driftgate of this version starts."""
        journal, settings = self.gate.journal, self.gate.settings
        journal.config(json.dumps({"driftgate": version, **settings.effective()}))
        journal.contracts(load(settings.contracts).as_json())
        journal.note("started", json.dumps({"pid": 1, "version": version}))

    def script(self, upstream: str, answers: list[list[bytes]]) -> None:
        """What a server answers next: the pieces of each answer."""
        if upstream in self.servers:
            self.servers[upstream].answer = _playing(answers)

    async def turn(self, asked: Asked, origin: Origin) -> AsyncIterator[Step]:
        """What the agent does: the turn that is at hand."""
        async with contextlib.aclosing(self._turns.pop(0)(asked, origin)) as told:
            async for step in told:
                yield step

    async def ask_agent(self, body: dict[str, Any], turn: Turn, *headers: str) -> str:
        """A call whose answer is an agent's turn; its id."""
        self._turns.append(turn)
        return id_of(await self.gate.fetch(post(f"/u/agent{PATHS['responses']}", body, *headers)))


def id_of(raw: bytes) -> str:
    """The call's id, out of the head of its answer."""
    found = _ID.search(raw)
    assert found is not None, raw[:500]
    return found[1].decode()


def _wire(dialect: str, answer: Answer | bytes, body: dict[str, Any]) -> list[bytes]:
    """The answer as a server writes it: whole, or event by event. Bytes go as they are."""
    if isinstance(answer, bytes):
        return [answer]
    stream = bool(body.get("stream", dialect.startswith("ollama")))
    told = Written(body.get("model"), CREATED, "resp_1", include_usage=True, request=body)
    kind = content_type(dialect, stream).encode()
    if not stream:
        return [sized(write_body(dialect, answer, told), b"Content-Type: " + kind)]
    return [CHUNKED % kind, *map(chunk, write_stream(dialect, answer, told)), b"0\r\n\r\n"]


def chunk(data: bytes) -> bytes:
    """A piece of a body of unknown length."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _playing(answers: list[list[bytes]]) -> Any:
    left = list(answers)

    async def answer(exchange: Exchange) -> None:
        if exchange.head.startswith(b"GET"):  # a probe
            await exchange.send(sized(b"{}", status=b"404 Not Found"))
            return
        for piece in left.pop(0) if len(left) > 1 else left[0]:
            await exchange.send(piece)
            await asyncio.sleep(0.001)  # so that each is a part of its own

    return answer


@contextlib.asynccontextmanager
async def staged(history: Path, **settings: Any) -> AsyncIterator[Stage]:
    """All of it, with the journals where those of this history belong."""
    root = journal_root(history)
    root.mkdir(exist_ok=True)
    servers = {
        name: Scripted(_playing([[sized(b"{}")]])) for name in ("local", "second", "candidate")
    }
    contracts = _contracts(history.with_name("contracts"))
    home = history.with_name("agent")
    home.mkdir()
    stage: Stage

    async def turn(asked: Asked, origin: Origin) -> Any:
        async for step in stage.turn(asked, origin):
            yield step

    async with contextlib.AsyncExitStack() as stack:
        for server in servers.values():
            await stack.enter_async_context(server.running())
        agent, _ = await stack.enter_async_context(hosted(home, turn))
        upstreams = {
            **{name: {"url": server.url} for name, server in servers.items()},
            "gone": {"url": f"http://127.0.0.1:{free_port()}"},
            "slow": {"url": servers["second"].url, "first_byte_timeout_s": 0.05},
            "agent": AGENT,
        }
        more = {"upstreams": upstreams, "history": history, "contracts": contracts, **settings}
        stack.enter_context(mock.patch.object(gates, "JournalWriter", Past))
        running = await stack.enter_async_context(
            gate(root, contracts=load(contracts), settings=more, agents=agent.path)
        )
        stage = Stage(running, servers)
        yield stage
        for pool in running.gateway._pools.values():
            pool.close()
    shutil.move(home / "journal" / "host", root / "host")


def _contracts(folder: Path) -> Path:
    folder.mkdir()
    for name, text in _CONTRACTS.items():
        (folder / name).write_text(text)
    (folder / "orders.schema.json").write_text(json.dumps(_SCHEMA))
    return folder
