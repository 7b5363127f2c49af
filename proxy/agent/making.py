"""How an agent is set up from its settings: its Codex, its home, its processes, and what runs turns on them."""

import asyncio
from pathlib import Path

from driftgate.proxy.agent.codex import program
from driftgate.proxy.agent.codex.pool import AgentPool
from driftgate.proxy.agent.engine import Engine
from driftgate.proxy.agent.turns.runner import Runner
from driftgate.proxy.routing import PREFIX
from driftgate.proxy.settings.codex import Codex


async def make(name: str, codex: Codex, url: str, folder: Path) -> Engine:
    """An agent, ready for turns.

    Args:
        name: of the upstream.
        codex: its settings.
        url: the proxy's own address, at which Codex finds its model.
        folder: what belongs to agents: `<name>` is this one's CODEX_HOME, `<name>.work` has the
            directories that its turns work in.

    Raises:
        AgentError: there is no Codex that can be used, or it does not start.
    """
    found = await asyncio.to_thread(program.find, codex)
    pool = AgentPool(name, codex, folder / name, found)
    if codex.isolation == "pool":
        try:
            await pool.warm()
        except BaseException:
            await pool.close()  # a process may be on its way nevertheless
            raise
    base_url = f"{url}{PREFIX}{codex.model_upstream}/v1"
    runner = Runner(codex, pool, base_url, folder / f"{name}.work")

    async def close() -> None:
        await pool.close()
        await runner.close()

    return Engine(runner, found.version, pool.status, close)
