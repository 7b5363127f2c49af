"""One turn in a `codex exec` of its own: isolation = "process". Costs three times the CPU of the pool's.

What it cannot do: stream pieces of a message, ask for approval, tell single model calls.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.codex.exec_events import ExecEvents
from driftgate.proxy.agent.codex.exec_files import Files, prompt
from driftgate.proxy.agent.codex.home import prepare
from driftgate.proxy.agent.codex.process import Process
from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.agent.codex.rpc import Lines, LineTooLongError
from driftgate.proxy.agent.failures import AgentError, died, not_started, protocol
from driftgate.proxy.agent.steps import Step
from driftgate.proxy.agent.turns.clock import Clock
from driftgate.proxy.agent.turns.guard import Guard
from driftgate.proxy.agent.turns.surely import surely
from driftgate.proxy.settings.codex import Codex

_READ = 64 << 10


async def exec_turn(
    program: Program,
    codex: Codex,
    home: Path,
    *,
    environment: Mapping[str, str],
    cwd: Path,
    provider: Mapping[str, Any],
    asked: Asked,
) -> AsyncGenerator[Step, None]:
    """The steps of the turn; the last is Ended, and a turn that fails raises nothing.

    The caller closes this generator (`aclose`) when the client leaves: that kills the run.

    Args:
        program: the Codex to be run.
        codex: the agent's settings.
        home: its CODEX_HOME.
        environment: what Codex sees besides.
        cwd: the turn's directory.
        provider: Codex's model provider, see `Origin.provider`.
        asked: what the client asks.
    """
    events, guard = ExecEvents(str(cwd)), Guard(codex)
    run = _Run(program, codex, {**environment, "CODEX_HOME": str(home)}, cwd)
    try:
        await asyncio.to_thread(prepare, codex, home)
        # not in a thread: a client that leaves meanwhile would leave its key behind
        files = Files.make(home, codex, provider, asked)
        async with aclosing(run.lines(files, prompt(asked))) as lines:
            async for line in lines:
                for step in events.feed(line):
                    yield step
                    if error := guard.see(step):
                        raise AgentError(error)  # noqa: TRY301 - all ends of a turn are told in one place
                if events.ended:
                    return
    except AgentError as failure:
        for step in events.finish(failure.error):
            yield step


class _Run:
    """One run. environment: all that Codex sees. cwd: the turn's directory."""

    def __init__(
        self, program: Program, codex: Codex, environment: Mapping[str, str], cwd: Path
    ) -> None:
        self._program = program
        self._codex = codex
        self._environment = environment
        self._cwd = cwd

    async def lines(self, files: Files, text: str) -> AsyncGenerator[bytes, None]:
        """Its lines, as they come; closing this ends it. The files are gone behind it.

        Raises:
            AgentError: it does not start, takes too long, or ends; which it does behind its last line.
        """
        try:
            process = await self._start(files)
            writing = asyncio.create_task(process.write(text.encode("utf-8", "replace"), last=True))
            try:
                async with aclosing(self._within_limits(process)) as lines:
                    async for line in lines:
                        await asyncio.to_thread(files.forget)
                        yield line
                await process.wait_briefly()
                raise died(self._program.version, process.how())
            finally:
                writing.cancel()
                await surely(process.close(0))
        except LineTooLongError as error:
            raise protocol(self._program.version, str(error)) from None
        finally:
            await surely(asyncio.to_thread(files.remove))

    async def _start(self, files: Files) -> Process:
        words = [self._program.path, *files.words(self._codex, self._cwd)]
        try:
            return await Process.start(words, self._environment, self._cwd)
        except OSError as error:
            raise not_started(self._program.version, str(error)) from None

    async def _within_limits(self, process: Process) -> AsyncGenerator[bytes, None]:
        now = asyncio.get_running_loop().time
        clock, lines = Clock(self._codex, now()), Lines()
        while True:
            until = clock.until()
            try:
                async with asyncio.timeout_at(until):
                    data = await process.read(_READ)
            except TimeoutError:
                late = clock.late(max(until, now()))
                assert late is not None  # the limit itself has passed
                raise AgentError(late) from None
            if not data:
                return
            clock.sign(now())
            for line in lines.feed(data):
                yield line
