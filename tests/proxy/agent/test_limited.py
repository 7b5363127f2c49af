"""Steps of a turn without a thread, kept within limits."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from driftgate.proxy.agent.limited import limited
from driftgate.proxy.agent.steps import Ended, ModelCall, Step, Text, Usage
from driftgate.proxy.settings.codex import Codex

CALL = ModelCall(Usage(1, 0, 1, 0))


class Scripted:
    """A turn with these steps, which then hangs or ends. left: whether it was closed or has ended."""

    def __init__(self, steps: Sequence[Step], *, hangs: bool = False) -> None:
        self._steps = steps
        self._hangs = hangs
        self.left = False

    async def run(self) -> AsyncGenerator[Step, None]:
        try:
            for step in self._steps:
                yield step
            if self._hangs:
                await asyncio.Event().wait()
        finally:
            self.left = True


async def run(turn: Scripted, **settings: Any) -> list[Step]:
    codex = Codex(model="m", **settings)
    return [step async for step in limited(turn.run(), codex)]


async def test_a_turn_within_its_limits_is_as_it_is() -> None:
    steps: list[Step] = [Text("m", "hello"), CALL, Ended("completed")]
    assert await run(Scripted(steps)) == steps


@pytest.mark.parametrize("setting", ["silence_timeout_s", "turn_timeout_s"])
async def test_a_turn_that_hangs_is_ended_with_what_it_has_used(setting: str) -> None:
    turn = Scripted([CALL, CALL], hangs=True)
    *_, end = await run(turn, **{setting: 0.02})
    assert isinstance(end, Ended)
    assert (end.status, end.model_calls, end.usage) == ("failed", 2, Usage(2, 0, 2, 0))
    assert end.error is not None
    assert setting in end.error.message
    assert turn.left


async def test_a_loop_is_ended() -> None:
    turn = Scripted([CALL] * 9, hangs=True)
    steps = await run(turn, max_model_calls=3)
    assert steps[:-1] == [CALL] * 4
    assert isinstance(steps[-1], Ended)
    assert turn.left


async def test_who_leaves_early_closes_the_turn() -> None:
    turn = Scripted([CALL], hangs=True)
    steps = limited(turn.run(), Codex(model="m"))
    assert await anext(steps) == CALL
    await steps.aclose()
    assert turn.left
