"""All agents of the settings behind one socket."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from driftgate.proxy.agent import failures
from driftgate.proxy.agent.answering import refused
from driftgate.proxy.agent.failures import AgentError
from driftgate.proxy.agent.origin import CALL_HEADER
from driftgate.proxy.agent.served import Served
from driftgate.proxy.agent.steps import TurnError
from driftgate.proxy.call import about
from driftgate.proxy.errors import Fault

log = logging.getLogger("driftgate")

LAST_WORDS_S = 2.0  # how long turns that are cut off may take to end
_STOPS = failures.interrupted("driftgate stops").error
_OWN_FAULT = TurnError(
    "internal_error",
    "the agent's host failed; the log of `driftgate serve` says how, and the fault is worth a report",
    Fault.DRIFTGATE,
    500,
)


class Agents:
    """Gives each request to its agent. open: requests that have not ended. stopping: no turn may begin."""

    def __init__(self, agents: Mapping[str, Served]) -> None:
        self.agents = agents
        self.open = 0
        self.stopping = False
        self._idle = asyncio.Event()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Takes one to its end: `/<agent>/<path>`."""
        name, _, rest = request.path.lstrip("/").partition("/")
        agent = self.agents.get(name)
        if agent is None:
            return refused(_unknown(name, self.agents))
        if self.stopping:
            return refused(_STOPS)
        self.open += 1
        try:
            return await agent.answer(request, f"/{rest}")
        except Exception as error:
            if not isinstance(error, ConnectionError):
                told = about(request.headers.get(CALL_HEADER, ""))
                log.exception("a request to agent '%s' failed inside driftgate", name, extra=told)
            if request.writer.output_size and request.transport is not None:
                request.transport.abort()  # nobody may take what was sent for a whole answer
            return refused(_OWN_FAULT)
        finally:
            self._ended()

    def _ended(self) -> None:
        self.open -= 1
        if self.stopping and not self.open:
            self._idle.set()

    async def finish(self, grace_s: float) -> None:
        """Lets the turns that run come to their end; cuts off those that are not there in time."""
        self.stopping = True
        if not self.open:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), grace_s)
            return
        cut = [flow for agent in self.agents.values() for flow in agent.running]
        log.warning("%d turns were still running and are cut off", len(cut))
        for flow in cut:
            flow.cut(_STOPS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), LAST_WORDS_S)

    async def warm(self) -> None:
        """Starts every agent, so that the first turn need not wait; says what is wrong with one."""
        for name, agent in self.agents.items():
            try:
                await agent.starter.ready()
            except AgentError as error:
                log.warning("agent '%s': %s", name, error)

    async def close(self) -> None:
        """Ends what the agents started."""
        await asyncio.gather(*(agent.starter.close() for agent in self.agents.values()))

    async def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """What commands ask over the admin socket."""
        if message.get("op") != "status":
            return {"error": f"unknown operation {message.get('op')!r}; known: status"}
        return {
            "pid": os.getpid(),
            "stopping": self.stopping,
            "open": self.open,
            "agents": {name: agent.status() for name, agent in self.agents.items()},
        }


def _unknown(name: str, known: Mapping[str, Served]) -> TurnError:
    what = f"there is no agent {name[:80]!r}; known are: {', '.join(known)}"
    return TurnError("not_found", what, Fault.CLIENT, 404)
