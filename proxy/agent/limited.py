"""The steps of a turn kept within the agent's limits, for turns that have no thread to ask."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from driftgate.proxy.agent.clock import Clock
from driftgate.proxy.agent.guard import Guard
from driftgate.proxy.agent.steps import Ended, ModelCall, Step, TurnError, Usage
from driftgate.proxy.settings.codex import Codex


async def limited(steps: AsyncGenerator[Step, None], codex: Codex) -> AsyncGenerator[Step, None]:
    """The same steps, ended early where a limit has passed; `steps` is closed then.

    Each step counts as a sign of life.
    """
    loop = asyncio.get_running_loop()
    clock, guard, used = Clock(codex, loop.time()), Guard(codex), Usage()
    failure: TurnError | None = None
    async with aclosing(steps):
        while failure is None:
            try:
                async with asyncio.timeout_at(clock.until()):
                    step = await anext(steps, None)
            except TimeoutError:
                failure = clock.late(max(clock.until(), loop.time()))
                break
            if step is None:
                return
            clock.sign(loop.time())
            used += step.usage if isinstance(step, ModelCall) else Usage()
            yield step
            failure = guard.see(step)
    yield Ended("failed", failure, used, guard.model_calls, clock.elapsed_ms(loop.time()))
