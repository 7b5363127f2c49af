"""One turn of a thread under way: begun, read, answered, kept within its limits, stopped."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Any

from driftgate.proxy.agent.codex.app_server import AppServer
from driftgate.proxy.agent.codex.rpc import RpcError
from driftgate.proxy.agent.failures import AgentError, bad_request, died, protocol
from driftgate.proxy.agent.steps import Step
from driftgate.proxy.agent.turns.approvals import answer
from driftgate.proxy.agent.turns.bounds import line
from driftgate.proxy.agent.turns.clock import Clock
from driftgate.proxy.agent.turns.events import Events
from driftgate.proxy.agent.turns.guard import Guard
from driftgate.proxy.dialects.lenient import filled, mapping
from driftgate.proxy.settings.codex import Codex

Json = dict[str, Any]
Notes = asyncio.Queue[Json | None]

STOP_S = 5.0  # a healthy Codex interrupts a turn within milliseconds
_REST_S = 2.0  # until the notifications of a stopped turn have come
# how Codex begins when it does not know a method or a field, or has lost the thread
_NOT_UNDERSTOOD = ("Invalid request", "thread not found")

# of the settings, in the protocol's words
_POLICIES = {
    "read-only": "readOnly",
    "workspace-write": "workspaceWrite",
    "danger-full-access": "dangerFullAccess",
}


class Turn:
    """One turn.

    runs: whether Codex works on it, so that it must be told to stop.
    """

    def __init__(
        self, server: AppServer, codex: Codex, thread_id: str, cwd: str, notes: Notes
    ) -> None:
        self.runs = False
        self._server = server
        self._codex = codex
        self._thread_id = thread_id
        self._notes = notes
        self._events = Events(cwd=cwd)
        self._guard = Guard(codex)
        self._clock = Clock(codex, _now())
        self._starting: asyncio.Future[Json] | None = None
        self._stopped = False

    @property
    def may_run(self) -> bool:
        """Whether commands that it began may still run."""
        return self._events.commands > 0 or self.runs or self._stopped

    async def steps(self, prompt: Sequence[Json], schema: Any) -> AsyncGenerator[Step, None]:
        """All steps, in order; the last is Ended.

        Args:
            prompt: the user's message, as Codex takes it.
            schema: JSON Schema of the final answer, or None.
        """
        try:
            await self._start(prompt, schema)
            while not self._events.ended:
                for step in await self._read(await self._next()):
                    yield step
                    if error := self._guard.see(step):
                        raise AgentError(error)  # noqa: TRY301 - all ends of a turn are told in one place
        except AgentError as failure:
            self._events.failure = failure.error
            for step in await self._rest():
                yield step

    async def stop(self) -> None:
        """Tell Codex to stop. A process that does not answer is replaced by its pool."""
        self.runs, self._stopped = False, True
        with suppress(RpcError, AgentError):  # the turn has ended meanwhile, or the process is gone
            wanted = {"threadId": self._thread_id, "turnId": await self._turn_id()}
            await self._server.request("turn/interrupt", wanted, STOP_S)

    async def _start(self, prompt: Sequence[Json], schema: Any) -> None:
        policy = {"type": _POLICIES[self._codex.sandbox]}
        wanted: Json = {
            "threadId": self._thread_id,
            "input": list(prompt),
            "sandboxPolicy": policy,
        }
        if schema is not None:
            wanted["outputSchema"] = schema
        # even if nobody waits any more, the turn begins and must be stopped: its id is needed
        self._starting = asyncio.ensure_future(self._server.request("turn/start", wanted))
        self.runs = True
        try:
            self._events.turn_id = await self._turn_id()
        except RpcError as error:
            self.runs = False
            raise refused(self._server.version, "turn/start", error) from None
        except AgentError:
            self.runs = False  # without its id it cannot be stopped
            raise

    async def _turn_id(self) -> str:
        if self._starting is None:
            return ""
        told = await asyncio.shield(self._starting)
        return filled(mapping(told.get("turn")).get("id")) or ""

    async def _next(self) -> Json:
        """The next notification or request, if it comes in time."""
        self._clock.sign(_now())  # what a slow client took is not Codex's silence
        if late := self._clock.late(_now()):
            raise AgentError(late)
        note = await self._before(self._clock.until())
        if note is None:
            self.runs = False
            raise died(self._server.version, "its process is gone")
        return note

    async def _before(self, then: float) -> Json | None:
        if not self._notes.empty():
            return self._notes.get_nowait()
        try:
            async with asyncio.timeout_at(then):
                return await self._notes.get()
        except TimeoutError:
            late = self._clock.late(max(then, _now()))
            assert late is not None  # `then` is the limit itself
            raise AgentError(late) from None

    async def _read(self, note: Json) -> list[Step]:
        if "id" in note:
            return [await self._answer(note)]
        steps = self._events.feed(note)
        self.runs = self.runs and not self._events.ended
        return steps

    async def _answer(self, request: Json) -> Step:
        """Answer a server request: one that nobody answers stands in the turn's way."""
        accept = self._codex.approvals == "accept"
        told = answer(request, accept=accept, now_s=int(time.time()))
        if told.result is None:
            await self._server.refuse(request["id"], told.refusal)
        else:
            await self._server.respond(request["id"], told.result)
        return told.item

    async def _rest(self) -> list[Step]:
        """The turn has failed: stop it, and tell what it has done until then."""
        steps: list[Step] = []
        if self.runs:
            await self.stop()
            if not self._server.suspect:
                steps = await self._last_notes()
        return [*steps, *self._events.finish("failed", None, self._clock.elapsed_ms(_now()))]

    async def _last_notes(self) -> list[Step]:
        steps: list[Step] = []
        try:
            async with asyncio.timeout(_REST_S):
                while not self._events.ended:
                    note = await self._notes.get()
                    if note is None:
                        break
                    steps += await self._read(note)
        except (TimeoutError, AgentError):
            pass  # what has come is told
        return steps


def refused(version: str, method: str, error: RpcError) -> AgentError:
    """Codex's refusal of a request: it does not know it, or not take what the client said."""
    said = line(error.message, 600)
    if said.startswith(_NOT_UNDERSTOOD):
        return protocol(version, f"{method}: {said}")
    return bad_request(f"Codex does not take this: {said}")


def _now() -> float:
    return asyncio.get_running_loop().time()
