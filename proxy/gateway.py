"""The gateway drives one call: exactly one terminal outcome, always.

It routes, records, forwards and waits; the relay moves the answer. Whatever goes wrong becomes a
CallError, which the client gets in its dialect's own shape if nothing was sent yet, and as a
broken connection otherwise (after the first byte no other answer is possible).
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from driftgate.contracts.contract_set import ContractSet, Reach
from driftgate.proxy import failures
from driftgate.proxy.agent.calling import address_of, host_socket
from driftgate.proxy.agent.origin import PARENT_HEADER
from driftgate.proxy.agent.replays import note_replay
from driftgate.proxy.call import Call, about, new_id, text_id
from driftgate.proxy.downstream import Downstream
from driftgate.proxy.enforce.door import Door
from driftgate.proxy.enforce.gear import Gear
from driftgate.proxy.errors import CallError, DiskFullError, Fault
from driftgate.proxy.forward import forward
from driftgate.proxy.health import Health
from driftgate.proxy.record import Outcome
from driftgate.proxy.refusal import refusal
from driftgate.proxy.routing import Route, Router, named_model
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.shadow import Shadow
from driftgate.proxy.tee import Recorder, Tee
from driftgate.proxy.upload import WHOLE_LIMIT, Upload
from driftgate.proxy.upstream.connection import Pool

log = logging.getLogger("driftgate")


class Gateway:
    """All calls of one worker.

    refusing: no new call of a client is taken. stopping: none at all. idle: set when the last one
        has ended after that.
    door: where calls that contracts or upstreams ask more of leave the transparent path.
    shadow: takes over calls that were answered, to send some to a candidate; None: to nobody.
    """

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        contracts: ContractSet | None = None,
        *,
        agents: Path | None = None,
        replays: bool = False,
    ) -> None:
        """Nothing is connected yet.

        Args:
            settings: of the whole.
            recorder: shared with nobody else.
            contracts: in force; None: none.
            agents: socket of their host; None: that of this history.
            replays: what comes is a replay's: see `driftgate.proxy.agent.replays`.
        """
        self._replays = replays
        self._traces = settings.otel.endpoint is not None and not replays
        self.refusing = self.stopping = False
        self.idle = asyncio.Event()
        self.open: set[Call] = set()
        self.started = 0
        self.health = {name: Health() for name in settings.upstreams}
        self._upstreams = dict(settings.upstreams)
        self._router = Router(settings.upstreams)
        self._recorder = recorder
        self._body_limit = max(WHOLE_LIMIT, settings.record.body_limit_mb << 20)
        host = agents or host_socket(settings.history)
        self._pools = {
            name: Pool(address_of(name, upstream, host), upstream.connect_timeout_s)
            for name, upstream in settings.upstreams.items()
        }
        self.shadow = Shadow(settings, recorder) if settings.shadow.on else None
        self.door = Door(Gear(settings, self._pools, self._note_health), contracts or ContractSet())

    def refuse_clients(self) -> None:
        """Takes no new call but those that belong to agents' turns, which must come to their end."""
        self.refusing = True

    def stop(self) -> None:
        """Takes no new call from now on."""
        self.refusing = self.stopping = True
        if self.shadow is not None:
            self.shadow.stop()
        if not self.open:
            self.idle.set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Takes one request to its end."""
        started_ns = self._recorder.journal.now_ns()
        call = Call(new_id(started_ns), started_ns, request.method, traced=self._traces)
        client = Downstream(request)
        tee = Tee(self._recorder, call)
        self.started += 1
        self.open.add(call)
        try:
            await self._drive(call, tee, client)
        except CallError as error:
            self._answer(call, tee, client, error)
        except (asyncio.CancelledError, ConnectionError):
            self._end_gone(call, tee, client)
            raise
        except DiskFullError as error:
            self._answer(call, tee, client, failures.disk_full(str(error)))
        except Exception as error:
            log.exception("call %s failed inside driftgate", text_id(call.id), extra=about(call.id))
            self._answer(call, tee, client, failures.own_fault(error))
        finally:
            self.open.discard(call)
            if call.copy is not None and self.shadow is not None:
                self.shadow.offer(call, request.raw_headers)
            if self.stopping and not self.open:
                self.idle.set()
        return client.ended

    async def _drive(self, call: Call, tee: Tee, client: Downstream) -> None:
        request = client.request
        if self._replays:
            note_replay(call, tee, request)
        if self.refusing and (self.stopping or PARENT_HEADER not in request.headers):
            client.keep_alive = False
            raise failures.stopping()
        if not self._recorder.admits():
            raise failures.disk_full(self._recorder.journal.full or "disk full")
        upload, route = await self._routed(call, client)
        upstream = self._upstreams[route.upstream]
        agent = upstream.codex is not None
        if agent and self._replays:
            tee.recording = False  # by who sends it
        elif agent:
            upload.call = call.id
        reach = Reach.NO if self._replays else self.door.reach(call, upload)
        managed = reach is not Reach.NO and await self.door.read(reach, upload, client)
        if self.shadow is not None:
            self.shadow.begin(call, upload)
        tee.request(
            upload.pairs,
            upload.whole or b"",
            client=client.peer,
            target=request.raw_path,
            url=upstream.url,
        )
        if upload.whole is not None:
            await tee.request_end()
        await tee.synced()
        if managed and await self.door.enter(call, tee, client, upload):
            return
        pool = self._pools[route.upstream]
        await forward(tee, client, upload, upstream, pool)
        self.health[route.upstream].note(None)

    async def _routed(self, call: Call, client: Downstream) -> tuple[Upload, Route]:
        """Where the call goes; reads the body as far as that needs it."""
        target = client.request.raw_path
        if call.method == "CONNECT":
            client.keep_alive = False  # what follows would be the tunnel's
            raise failures.client_invalid("it is no tunnel (CONNECT)")
        route = self._router.by_path(target) or self._router.by_model(target, None)
        upload = Upload(client.request, self._pools[route.upstream].address, route.target)
        if not self._router.needs_model or route.target != target:
            await upload.read_whole()
        else:
            await upload.read_whole(self._body_limit)
            coding = client.request.headers.get("content-encoding")
            model = named_model(upload.whole or b"", coding, self._body_limit)
            route = self._router.by_model(target, model)
            upload.readdress(self._pools[route.upstream].address, route.target)
        call.upstream, call.target = route.upstream, route.target
        return upload, route

    def _end_gone(self, call: Call, tee: Tee, client: Downstream) -> None:
        """The client left, or driftgate stops before the call's end."""
        with _loud(call):
            if not tee.begun:
                self._note(tee, client)
            if self.stopping:
                tee.end(Outcome.INTERRUPTED, "driftgate stopped while the call ran")
            else:
                tee.end(Outcome.CLIENT_GONE)

    def _answer(self, call: Call, tee: Tee, client: Downstream, error: CallError) -> None:
        """Ends the record with the error, and tells the client if it can still be told."""
        managed = call.attempts > 0  # each of its attempts was noted
        if call.upstream and error.fault is Fault.UPSTREAM and not managed:
            # a websocket refused is an answer, as any client without one would get it
            answered = error.code == failures.UPGRADE_REFUSED
            self.health[call.upstream].note(None if answered else error.message)
        noted = tee.noted(error)
        if call.answered:
            with _loud(call):
                tee.end(Outcome(error.outcome), noted.message)
            client.break_off()
            return
        answer = refusal(client, error, call)
        body = answer.body if noted is error else refusal(client, noted, call).body
        with _loud(call):
            if not tee.begun:
                self._note(tee, client)
            now = tee.now_ns()
            tee.response(answer.status, answer.reason, answer.pairs, now)
            tee.chunk(answer.body, now, body)
            tee.end(Outcome(error.outcome), noted.message)
        call.answered = True
        client.write(answer.wire)

    def _note_health(self, upstream: str, error: str | None) -> None:
        self.health[upstream].note(error)

    def _note(self, tee: Tee, client: Downstream) -> None:
        """The record of a request that went nowhere."""
        pairs, target = client.request.raw_headers, client.request.raw_path
        tee.request(pairs, b"", client=client.peer, target=target, url="")


@contextlib.contextmanager
def _loud(call: Call) -> Iterator[None]:
    """What cannot be recorded is at least said."""
    try:
        yield
    except DiskFullError as error:
        log.error("call %s: %s", text_id(call.id), error, extra=about(call.id))  # noqa: TRY400 - the line says it all
