"""The Codex processes of a run: a pool for each arm and each way in which Codex is configured."""

from collections.abc import Callable
from pathlib import Path

from driftgate.proxy.agent.codex.pool import AgentPool
from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.arm import Arm

# said by each thread for itself; and how many wait, which the run says
_BESIDE = {"model", "model_upstream", "turns_at_once", "waiting"}
Make = Callable[[str, Codex, Path, Program], AgentPool]


class Pools:
    """Made as they are needed; `close` ends them all. at_once: trajectories of an arm, at most."""

    def __init__(
        self, program: Program, folder: Path, at_once: int, make: Make = AgentPool
    ) -> None:
        self._program, self._folder, self._make = program, folder, make
        self._wide = {
            "turns_at_once": at_once,
            "waiting": at_once,
        }  # none is refused as one too many
        self._pools: dict[str, AgentPool] = {}

    def of(self, arm: Arm, codex: Codex) -> AgentPool:
        """The arm's pool for this Codex."""
        key = f"{arm.value} {codex.model_dump_json(exclude=_BESIDE)}"
        pool = self._pools.get(key)
        if pool is None:
            name = f"{arm.value}-{len(self._pools)}"
            wide = codex.model_copy(update=self._wide)
            pool = self._make(name, wide, self._folder / f"home-{name}", self._program)
            self._pools[key] = pool
        return pool

    async def close(self) -> None:
        """Ends the processes."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.close()
