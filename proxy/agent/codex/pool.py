"""The app servers of one agent: leased for a turn each, kept alive, replaced before they grow."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from driftgate.proxy.agent.codex.app_server import AppServer
from driftgate.proxy.agent.codex.environment import environment
from driftgate.proxy.agent.codex.home import prepare
from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.agent.failures import AgentError, busy, interrupted
from driftgate.proxy.settings.codex import Codex

log = logging.getLogger("driftgate")

CLOSE_S = 5.0  # for a process to end by itself
_STOPPING = "driftgate is stopping"
_TRIES = 3  # a process may end in the moment in which it is given to a turn


class _Member:
    """A process of the pool.

    turns: that hold it now. worn: whether another one is being started in its place. old: whether
    that one is there, so that this one is given to no more turns.
    """

    def __init__(self, server: AppServer) -> None:
        self.server = server
        self.turns = 0
        self.worn = False
        self.old = False


class AgentPool:
    """Processes that are started when they are needed.

    name: of the agent. codex: its settings. home: its CODEX_HOME. program: its Codex.
    environment: what its processes see, without CODEX_HOME.
    """

    def __init__(self, name: str, codex: Codex, home: Path, program: Program) -> None:
        self.name = name
        self.codex = codex
        self.home = home
        self.program = program
        self.environment = environment()
        self._members: list[_Member] = []
        self._running = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._starting: asyncio.Task[None] | None = None
        self._chores: set[asyncio.Task[None]] = set()
        self._closed = False
        self._counts = {"started": 0, "replaced": 0, "died": 0, "turns": 0, "refused": 0}

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """The right to run one turn; waits while as many run as may.

        Raises:
            AgentError: agent_busy: too many wait; turn_interrupted: the pool is closed.
        """
        await self._enter()
        self._counts["turns"] += 1
        try:
            yield
        finally:
            self._leave()

    @contextlib.asynccontextmanager
    async def server(self) -> AsyncIterator[AppServer]:
        """A process for one turn: the one with the fewest; waits while as many turns run as may.

        Raises:
            AgentError: agent_busy: too many wait; codex_died, codex_protocol: none can be started;
                turn_interrupted: the pool is closed.
        """
        async with self.slot():
            member = await self._member()
            member.turns += 1
            try:
                yield member.server
            finally:
                member.turns -= 1
                self._given_back(member)

    async def warm(self) -> None:
        """Starts a process, so that the first turn need not wait for it.

        Raises:
            AgentError: see `server`.
        """
        if not self._usable():
            await self._start()

    def status(self) -> dict[str, Any]:
        """What it does now, as JSON values."""
        processes = [
            {
                "pid": each.server.pid,
                "version": each.server.version,
                "turns": each.turns,
                "turns_begun": each.server.begun,
                "memory_mb": round(each.server.memory_bytes() / 1e6, 1),
                "draining": each.old,
            }
            for each in self._members
            if each.server.alive
        ]
        waiting = sum(not each.done() for each in self._queue)
        now = {"running": self._running, "waiting": waiting, **self._counts}
        return {"agent": self.name, **now, "processes": processes}

    async def close(self) -> None:
        """Ends all processes; turns that still run lose theirs, those that wait are refused."""
        self._closed = True
        for each in self._queue:
            if not each.done():
                each.set_exception(interrupted(_STOPPING))
        if self._starting is not None:
            await asyncio.wait({self._starting})
        members, self._members = self._members, []
        await asyncio.gather(*(each.server.close(CLOSE_S) for each in members))
        if self._chores:
            await asyncio.wait(self._chores)

    async def _enter(self) -> None:
        if self._closed:
            raise interrupted(_STOPPING)
        if self._running < self.codex.turns_at_once:
            self._running += 1
            return
        waiting = sum(not each.done() for each in self._queue)
        if waiting >= self.codex.waiting:
            self._counts["refused"] += 1
            raise busy(self._running, waiting)
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._leave()  # it was let in, and cancelled before it could know
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._queue.remove(turn)

    def _leave(self) -> None:
        """Lets the next one in, in this one's place."""
        while self._queue:
            following = self._queue.popleft()
            if not following.done():
                following.set_result(None)
                return
        self._running -= 1

    async def _member(self) -> _Member:
        for _ in range(_TRIES):
            if usable := self._usable():
                break
            await self._start()
        else:
            raise interrupted("its process ended at once")
        best = min(usable, key=lambda each: each.turns)
        if best.turns and len(usable) < self.codex.processes:
            self._behind(
                self._start_quietly()
            )  # this turn need not wait for it, later ones have it
        return best

    def _usable(self) -> list[_Member]:
        for each in [each for each in self._members if not each.server.alive]:
            self._members.remove(each)
            self._counts["died"] += 1
            log.warning("agent %s: a Codex process ended and is replaced", self.name)
            self._behind(each.server.close(0))
        return [each for each in self._members if not each.old and not each.server.suspect]

    async def _start(self) -> None:
        """Starts a process; who comes while one is being started waits for that one."""
        if self._closed:
            raise interrupted(_STOPPING)
        if self._starting is None:
            self._starting = asyncio.create_task(self._add())
            self._starting.add_done_callback(self._started)
        await asyncio.shield(self._starting)

    def _started(self, start: "asyncio.Task[None]") -> None:
        self._starting = None
        if not start.cancelled():
            start.exception()  # nobody may wait for it any more

    async def _add(self) -> None:
        await asyncio.to_thread(prepare, self.codex, self.home)
        server = await AppServer.start(self.program, self.home, self.environment)
        self._counts["started"] += 1
        if self._closed:
            await server.close(0)
        else:
            self._members.append(_Member(server))

    async def _start_quietly(self) -> bool:
        try:
            if not self._closed:
                await self._start()
        except AgentError as error:  # the turn that cannot do without says it too
            log.warning("agent %s: %s", self.name, error)
            return False
        return True

    def _given_back(self, member: _Member) -> None:
        if self._worn(member) and not member.worn:
            member.worn = True
            self._behind(self._replace(member))
        self._retire(member)

    def _worn(self, member: _Member) -> bool:
        server = member.server
        if server.suspect or server.begun >= self.codex.turns_per_process:
            return True
        return server.memory_bytes() >= self.codex.process_memory_mb * 1_000_000

    async def _replace(self, member: _Member) -> None:
        """Starts another one beside it; until that is there, turns still come to this one."""
        member.old = await self._start_quietly()
        member.worn = member.old  # else it is tried again behind the next turn
        self._counts["replaced"] += member.old
        self._retire(member)

    def _retire(self, member: _Member) -> None:
        if member.old and not member.turns and member in self._members:
            self._members.remove(member)
            self._behind(member.server.close(CLOSE_S))

    def _behind(self, work: Any) -> None:
        chore = asyncio.ensure_future(work)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)
