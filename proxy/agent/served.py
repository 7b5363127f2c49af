"""One agent as a server of HTTP: what the proxy asks of it, and what it says of itself.

POST .../chat/completions, .../responses    a turn
GET  .../models                             the names that it is asked for by
GET  /agent                                 what it is, for fingerprints
"""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import web

from driftgate.proxy.agent import failures
from driftgate.proxy.agent.answering import OURS, Answering, Patience, refused
from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.ask import read
from driftgate.proxy.agent.dialects.ask_responses import Earlier
from driftgate.proxy.agent.dialects.remembered import Remembered
from driftgate.proxy.agent.dialects.write import Writer, writer
from driftgate.proxy.agent.engine import Engine, Start, Starter
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.agent.flow import Flow
from driftgate.proxy.agent.origin import ATTEMPT_HEADER, CALL_HEADER, REPLAYED_HEADER, Origin
from driftgate.proxy.agent.recording import TurnRecord
from driftgate.proxy.agent.steps import Ended, TurnError
from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.dialects import dialect_of
from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.errors import Fault
from driftgate.proxy.journal.writer import JournalWriter
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.telemetry.context import HEADER

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_DIALECTS = ("chat", "responses")
_HASH_BYTES, _LONGEST_NUMBER = 8, 6
# settings that shape no answer: where Codex is, how many turns run, and until when
_UNSHAPED = {"program", "processes", "turns_at_once", "waiting", "turns_per_process"} | {
    "process_memory_mb",
    "turn_timeout_s",
    "silence_timeout_s",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What all agents of a host share."""

    settings: Settings
    journal: JournalWriter
    redactor: Redactor


class Served:
    """One agent. running: its turns that have not ended.

    start: finds Codex and sets up what runs turns.
    """

    def __init__(self, name: str, start: Start, desk: Desk) -> None:
        upstream = desk.settings.upstreams[name]
        assert upstream.codex is not None
        self.codex = upstream.codex
        self.name, self.starter = name, Starter(start)
        self.running: set[Flow] = set()
        self._models, self._desk = upstream.models, desk
        self._remembered = Remembered()
        self._turns = self._failed = 0

    async def answer(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """Takes one request to its end. path: below the agent's own, without a query."""
        dialect = dialect_of(path)
        if request.method == "POST" and dialect in _DIALECTS:
            return await self._asked(request, dialect)
        if request.method == "GET" and dialect == "models":
            return web.json_response(self._listed(), headers=OURS)
        if request.method == "GET" and path == "/agent":
            return await self._told()
        what = (
            f"agent '{self.name}' has no {request.method} {path[:200]!r}; it answers "
            "POST /v1/chat/completions and /v1/responses, and GET /v1/models"
        )
        return refused(TurnError("not_found", what, Fault.CLIENT, 404))

    async def _asked(self, request: web.BaseRequest, dialect: str) -> web.StreamResponse:
        origin = origin_of(request, traced=self._desk.settings.otel.endpoint is not None)
        try:
            earlier = partial(self._remembered.get, owner=origin.authorization)
            body = await self._body(request)
            asked = read(dialect, body, earlier)
        except AgentError as error:
            return refused(error.error)
        told = self._without_secrets(asked, body, earlier)
        record = TurnRecord(self._desk.journal, self._desk.redactor, origin)
        try:
            engine = await self.starter.ready()
        except AgentError as error:
            self._begin(record, told, "")
            record.step(Ended("failed", error.error))
            self._failed += 1
            return refused(error.error)
        self._begin(record, told, engine.version)
        return await self._turn(request, engine, origin, asked, record)

    async def _body(self, request: web.BaseRequest) -> bytes:
        """The request's body, without its content coding."""
        if request.headers.get("expect", "").lower() == "100-continue" and request.transport:
            request.transport.write(CONTINUE)
        settings = self._desk.settings.record
        data, limit = bytearray(), max(1, settings.body_limit_mb) << 20
        while part := await request.content.readany():
            data += part
            if len(data) > limit:
                raise failures.bad_request(
                    f"its body is longer than {limit} bytes (setting record.body_limit_mb)"
                )
        coding = request.headers.get("content-encoding")
        plain, sound = decode(bytes(data), coding, settings.decode_limit_mb << 20)
        if not sound:
            raise failures.bad_request(f"its content coding ({coding!r}) is not what it says")
        return plain

    def _without_secrets(self, asked: Asked, body: bytes, earlier: Earlier) -> Asked:
        """What is asked as it may be recorded: rules name places in the body, not in the prompt."""
        redactor = self._desk.redactor
        if not redactor.has_body_rules:
            return asked
        clean = redactor.request_body(body, None)
        try:
            return read(asked.dialect, clean, earlier)
        except AgentError:
            return replace(asked, input=[{"type": "text", "text": redactor.mask(body)}])

    def _begin(self, record: TurnRecord, asked: Asked, version: str) -> None:
        self._turns += 1
        record.begin(agent=self.name, codex=self.codex, version=version, asked=asked)

    async def _turn(
        self,
        request: web.BaseRequest,
        engine: Engine,
        origin: Origin,
        asked: Asked,
        record: TurnRecord,
    ) -> web.StreamResponse:
        writing = writer(asked, UUID(origin.call_id).hex, time.time())
        settings = self._desk.settings
        patience = Patience(settings.hold_head_s, settings.keep_alive_s, self.codex.turn_timeout_s)
        done = partial(self._keep, origin)
        answering = Answering(request, asked, writing, record, patience=patience, done=done)
        flow = Flow(engine.runs.run(asked, origin), origin.call_id)
        self.running.add(flow)
        try:
            return await answering.run(flow)
        finally:
            self._failed += writing.ended is None or writing.error is not None
            try:
                await flow.close()
            finally:
                self.running.discard(flow)
                record.close()

    def _keep(self, origin: Origin, writing: Writer) -> None:
        added, owner = writing.history(), origin.authorization
        self._remembered.keep(writing.answer_id, writing.asked, added, owner)

    def _listed(self) -> dict[str, Any]:
        """OpenAI's list of models: the names that are no patterns, else the agent's own."""
        names = [name for name in self._models if not set(name) & set("*?[")] or [self.name]
        return {
            "object": "list",
            "data": [
                {"id": name, "object": "model", "created": 0, "owned_by": "driftgate"}
                for name in names
            ],
        }

    async def _told(self) -> web.Response:
        try:
            engine = await self.starter.ready()
        except AgentError as error:
            return refused(error.error)
        return web.json_response(facts_of(self.name, self.codex, engine.version), headers=OURS)

    def status(self) -> dict[str, Any]:
        """What `driftgate status` shows of it."""
        engine, error = self.starter.engine, self.starter.error
        return {
            "model": self.codex.model,
            "model_upstream": self.codex.model_upstream,
            "codex_version": engine.version if engine is not None else None,
            "error": error.message if error is not None else None,
            "turns": self._turns,
            "failed": self._failed,
            "running": len(self.running),
            "pool": engine.status() if engine is not None else None,
        }


def facts_of(name: str, codex: Codex, version: str) -> dict[str, Any]:
    """What shapes an agent's turns: the same facts, the same agent. version: of Codex."""
    shaping = codex.model_dump(mode="json", exclude=_UNSHAPED)
    text = json.dumps(shaping, sort_keys=True).encode()
    return {
        "agent": name,
        "codex_version": version,
        "model": codex.model,
        "model_upstream": codex.model_upstream,
        "sandbox": codex.sandbox,
        "isolation": codex.isolation,
        "settings": hashlib.blake2b(text, digest_size=_HASH_BYTES).hexdigest(),
    }


def origin_of(request: web.BaseRequest, *, traced: bool = False) -> Origin:
    """The outer call, as the proxy names it; one that did not come through a proxy gets an id here.

    traced: the proxy says in its traceparent which span the turn is.
    """
    fields = request.headers
    live = traced and REPLAYED_HEADER not in fields
    number = fields.get(ATTEMPT_HEADER, "")
    known = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    return Origin(
        _call_id(fields.get(CALL_HEADER, "")),
        attempt=max(1, int(number)) if known else 1,
        authorization=fields.get("authorization"),
        replayed=fields.get(REPLAYED_HEADER),
        traceparent=fields.get(HEADER) if live else None,
    )


def _call_id(told: str) -> str:
    try:
        return str(UUID(told))
    except ValueError:
        return text_id(new_id(time.time_ns()))
