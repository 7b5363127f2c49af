"""One `codex app-server` process: requests and answers over its pipes, and what it says by thread."""

import asyncio
import contextlib
import itertools
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any, Self

from driftgate import __version__
from driftgate.proxy.agent.codex import rpc
from driftgate.proxy.agent.codex.notes import Notes
from driftgate.proxy.agent.codex.process import Process
from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.agent.codex.rpc import Json, RpcError
from driftgate.proxy.agent.failures import AgentError, died, not_started, protocol, silent

log = logging.getLogger("driftgate")

CLIENT = "driftgate"  # the originator of Codex's model calls too
START_S = 30.0  # a cold start under load
_READ = 64 << 10
_UNHEARD = 512  # threads that have said something and that nobody listens to, or did once
# told often and needed by nobody; the thread's own start comes as the answer to a request
_UNWANTED = (
    *("account/rateLimits/updated", "remoteControl/status/changed", "skills/changed"),
    *("thread/started", "thread/status/changed", "turn/diff/updated", "app/list/updated"),
)


class AppServer:
    """A running process; made by `start`, and to be closed.

    version: of Codex, as it says itself. begun: turns that it was asked to begin.
    suspect: whether it has left a request without an answer; it is to be replaced then.
    """

    def __init__(self, process: Process, version: str) -> None:
        self.version = version
        self.begun = 0
        self.suspect = False
        self._process = process
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Json]] = {}
        self._heard: dict[str, Notes] = {}
        # None: forgotten, late messages are dropped
        self._unheard: OrderedDict[str, Notes | None] = OrderedDict()
        self._gone = False
        self._background: set[asyncio.Future[Any]] = set()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls, program: Program, home: Path, environment: Mapping[str, str], limit_s: float = START_S
    ) -> Self:
        """Starts a process, which is ready then.

        Args:
            program: the Codex to be run.
            home: its CODEX_HOME, prepared.
            environment: what it sees besides.
            limit_s: seconds until it must be ready.

        Raises:
            AgentError: it does not start, or speaks another protocol.
        """
        words = [program.path, "app-server"]
        try:
            process = await Process.start(words, {**environment, "CODEX_HOME": str(home)}, home)
        except OSError as error:
            raise not_started(program.version, str(error)) from None
        server = cls(process, program.version)
        try:
            await server._greet(limit_s)
        except BaseException:
            await server.close(0)
            raise
        return server

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._gone

    @property
    def pid(self) -> int:
        """The process that driftgate has started: the guardian, where there is one."""
        return self._process.pid

    def memory_bytes(self) -> int:
        """Its memory, in bytes; 0 where the system does not tell."""
        return self._process.memory_bytes()

    async def request(self, method: str, params: Mapping[str, Any], timeout_s: float = 30) -> Json:
        """Asks, and waits for the answer.

        Args:
            method: of the protocol.
            params: its parameters.
            timeout_s: seconds until the answer must be there.

        Raises:
            RpcError: it refuses.
            AgentError: codex_died: it has ended, or gives no answer in time.
        """
        number = next(self._numbers)
        try:
            line = rpc.request(number, method, params)
        except (RecursionError, ValueError) as error:
            raise RpcError(-32600, f"this cannot be sent: {error}") from None
        if self._gone:
            raise self._died()
        self.begun += method == "turn/start"
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            async with asyncio.timeout(timeout_s):
                await self._process.write(line)
                return await answer
        except TimeoutError:
            self.suspect = True
            raise silent(self.version, method, timeout_s) from None
        finally:
            self._asked.pop(number, None)

    def listen(self, thread_id: str) -> "asyncio.Queue[Json | None]":
        """What the process says about a thread, from its first message on; None: the process is gone.

        Notifications, and requests of Codex's own (with an `id`), as they come; pieces of one text
        that have waited are one piece.
        """
        notes = self._heard.get(thread_id) or self._unheard.pop(thread_id, None) or Notes()
        self._heard[thread_id] = notes
        if self._gone:
            notes.end()
        return notes

    def forget(self, thread_id: str) -> None:
        """Nobody listens to the thread any more; what it still asks is refused."""
        notes = self._heard.pop(thread_id, None) or self._unheard.get(thread_id)
        self._keep_unheard(thread_id, None)
        for message in notes.rest() if notes is not None else ():
            self._refuse_unheard(message)

    async def respond(self, request_id: Any, result: Mapping[str, Any]) -> None:
        """Answers a request of Codex's. One that is gone is told nothing."""
        await self._process.write(rpc.result(request_id, result))

    async def refuse(self, request_id: Any, message: str) -> None:
        """Refuses a request of Codex's."""
        await self._process.write(rpc.refusal(request_id, message))

    async def close(self, limit_s: float = 5) -> None:
        """Ends the process: by the end of its input, and after the limit by force. Never raises."""
        await self._process.close(limit_s)
        # what it has said last is read; a child of its own that keeps the pipe open is not waited for
        await asyncio.wait({self._reading}, timeout=2)
        self._reading.cancel()
        self._end()

    async def _greet(self, limit_s: float) -> None:
        client = {"name": CLIENT, "title": CLIENT, "version": __version__}
        able = {"experimentalApi": True, "optOutNotificationMethods": list(_UNWANTED)}
        wanted = {"clientInfo": client, "capabilities": able}
        try:
            told = await self.request("initialize", wanted, limit_s)
        except RpcError as error:
            said = " ".join(error.message.split())[:300]
            raise protocol(self.version, f"it refuses `initialize`: {said}") from None
        except AgentError as error:
            if self._gone:
                raise not_started(self.version, self._process.how()) from None
            raise protocol(self.version, f"no answer to `initialize` ({error})") from None
        self.version = _version(told.get("userAgent")) or self.version
        await self._process.write(rpc.notification("initialized"))

    async def _read(self) -> None:
        lines = rpc.Lines()
        try:
            while data := await self._process.read(_READ):
                for line in lines.feed(data):
                    self._take(line)
        except rpc.LineTooLongError as error:
            log.warning("Codex %s sends %s and is stopped", self.version, error)
            self._process.kill()
        finally:
            await self._process.wait_briefly()
            self._end()

    def _take(self, line: bytes) -> None:
        message = rpc.read(line)
        if message is None:
            log.debug("Codex %s sends what is no message: %r", self.version, line[:200])
        elif isinstance(message, rpc.Reply):
            self._answered(message)
        else:
            self._told(message, len(line))

    def _answered(self, reply: rpc.Reply) -> None:
        waiting = self._asked.pop(reply.request, None)
        if waiting is None or waiting.done():
            return
        if reply.error is None:
            waiting.set_result(reply.result)
        else:
            waiting.set_exception(reply.error)

    def _told(self, told: rpc.Told, size: int) -> None:
        thread_id = told.thread
        if thread_id is None:
            self._refuse_unheard(told.message)
            return
        notes = self._heard.get(thread_id)
        if notes is None:
            if thread_id not in self._unheard:
                self._keep_unheard(thread_id, Notes())
            notes = self._unheard[thread_id]
        if notes is None or notes.over:
            self._refuse_unheard(told.message)
        elif not notes.tell(told.message, size):
            self._refuse_unheard(told.message)
            self._interrupt(told.message["params"])

    def _keep_unheard(self, thread_id: str, notes: Notes | None) -> None:
        self._unheard.pop(thread_id, None)
        self._unheard[thread_id] = notes
        while len(self._unheard) > _UNHEARD:
            _, oldest = self._unheard.popitem(last=False)
            for message in oldest.rest() if oldest is not None else ():
                self._refuse_unheard(message)

    def _refuse_unheard(self, message: Json) -> None:
        if "id" in message:
            self._spawn(self.refuse(message["id"], "driftgate does not answer this"))

    def _interrupt(self, params: Json) -> None:
        """A turn whose reader has been told its end must not run on."""
        turn = params.get("turnId")
        if isinstance(turn, str):
            wanted = {"threadId": params.get("threadId"), "turnId": turn}
            self._spawn(self._quietly(self.request("turn/interrupt", wanted)))

    async def _quietly(self, work: Awaitable[Any]) -> None:
        with contextlib.suppress(RpcError, AgentError):
            await work

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _died(self) -> AgentError:
        return died(self.version, self._process.how())

    def _end(self) -> None:
        if self._gone:
            return
        self._gone = True
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(self._died())
        for notes in self._heard.values():
            notes.end()


def _version(agent: Any) -> str | None:
    """`driftgate/0.169.0 (Debian ...)`: the version in it."""
    if not isinstance(agent, str):
        return None
    return agent.partition("/")[2].partition(" ")[0] or None
