"""One conversation inside an app server: turns in it as streams of steps.

A thread has a model provider, a directory and a history of its own. Its commands do not outlive it:
Codex leaves what runs in the background running when a turn ends or is interrupted.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, Self

from driftgate.proxy.agent.codex.app_server import AppServer
from driftgate.proxy.agent.codex.rpc import RpcError
from driftgate.proxy.agent.failures import AgentError, protocol
from driftgate.proxy.agent.steps import Step
from driftgate.proxy.agent.turns.bounds import line
from driftgate.proxy.agent.turns.surely import surely
from driftgate.proxy.agent.turns.turn import STOP_S, Turn, refused
from driftgate.proxy.dialects.lenient import filled, mapping
from driftgate.proxy.settings.codex import Codex

Json = dict[str, Any]

PROVIDER = "driftgate"  # the provider's name in Codex's configuration


class Thread:
    """An ephemeral thread; made by `open`, and to be closed."""

    def __init__(self, server: AppServer, codex: Codex, cwd: Path, thread_id: str) -> None:
        self.thread_id = thread_id
        self._server = server
        self._codex = codex
        self._cwd = str(cwd)
        self._notes = server.listen(thread_id)
        self._one = asyncio.Lock()
        self._busy = False  # whether commands may run
        self._closed = False

    @classmethod
    async def open(
        cls,
        server: AppServer,
        codex: Codex,
        cwd: Path,
        provider: Mapping[str, Any],
        *,
        instructions: str = "",
        history: Sequence[Json] = (),
    ) -> Self:
        """Begin a thread.

        Args:
            server: where it runs.
            codex: the agent's settings.
            cwd: the directory that its turns work in.
            provider: Codex's model provider, see `Origin.provider`.
            instructions: of the client, after the agent's own.
            history: what was said before, as items of the Responses API.

        Raises:
            AgentError: codex_protocol, codex_died; bad_request for a history that Codex does not take.
        """
        wanted = _thread(codex, cwd, provider, instructions)
        opening = asyncio.ensure_future(cls._begin(server, codex, cwd, wanted, history))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            await surely(_drop(opening))
            raise

    @classmethod
    async def _begin(
        cls, server: AppServer, codex: Codex, cwd: Path, wanted: Json, history: Sequence[Json]
    ) -> Self:
        try:
            told = await server.request("thread/start", wanted)
        except RpcError as error:
            raise protocol(server.version, f"thread/start: {line(error.message)}") from None
        thread_id = filled(mapping(told.get("thread")).get("id"))
        if thread_id is None:
            raise protocol(server.version, "thread/start gave no thread id")
        thread = cls(server, codex, cwd, thread_id)
        if history:
            await thread._inject(history)
        return thread

    async def run(self, prompt: Sequence[Json], schema: Any = None) -> AsyncGenerator[Step, None]:
        """One turn; the last step is Ended. Turns of a thread run one after the other.

        The caller closes this generator (`aclose`) when it leaves early: that interrupts the turn.

        Args:
            prompt: the user's message, as Codex takes it.
            schema: JSON Schema of the final answer.
        """
        async with self._one:
            turn = Turn(self._server, self._codex, self.thread_id, self._cwd, self._notes)
            try:
                async with aclosing(turn.steps(prompt, schema)) as steps:
                    async for step in steps:
                        yield step
            finally:
                self._busy = self._busy or turn.may_run
                if turn.runs:
                    await surely(turn.stop())

    async def close(self) -> None:
        """Stop what runs in the background, and forget the thread. Never raises."""
        if not self._closed:
            self._closed = True
            await surely(self._end())

    async def _end(self) -> None:
        ended = {"threadId": self.thread_id}
        with suppress(AgentError, RpcError):
            if self._busy and not self._server.suspect:
                await self._server.request("thread/backgroundTerminals/clean", ended, STOP_S)
            if not self._server.suspect:  # else it does not answer, and is replaced by its pool
                await self._server.request("thread/unsubscribe", ended, STOP_S)
        self._server.forget(self.thread_id)

    async def _inject(self, history: Sequence[Json]) -> None:
        try:
            wanted = {"threadId": self.thread_id, "items": list(history)}
            await self._server.request("thread/inject_items", wanted)
        except RpcError as error:
            await self.close()
            raise refused(self._server.version, "thread/inject_items", error) from None


def _thread(codex: Codex, cwd: Path, provider: Mapping[str, Any], instructions: str) -> Json:
    """What `thread/start` is asked for."""
    own = "\n\n".join(each for each in (codex.instructions, instructions) if each)
    config: Json = {f"model_providers.{PROVIDER}": dict(provider)}
    if codex.directory == "fresh":
        # else an AGENTS.md further up, of whatever repository the folder lies in, is read as well
        config["project_root_markers"] = []
    wanted = {
        "cwd": str(cwd),
        "ephemeral": True,
        "approvalPolicy": codex.approval_policy,
        # Codex trusts a folder that a thread may write to, and then runs what its `.codex/config.toml`
        # names, outside the sandbox; the turns' own sandbox comes with each of them
        "sandbox": "read-only",
        "model": codex.model,
        "modelProvider": PROVIDER,
        "config": config,
        "baseInstructions": codex.base_instructions,
        "developerInstructions": own or None,
        "experimentalRawEvents": True,  # each model call is told by itself
    }
    return {key: value for key, value in wanted.items() if value is not None}


async def _drop(opening: "asyncio.Task[Any]") -> None:
    """Close a thread that nobody waits for any more, once it is open."""
    with suppress(AgentError, RpcError):
        await (await opening).close()
