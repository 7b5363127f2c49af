"""The servers of a run, where agents are among those that answered."""

import json
from pathlib import Path

from driftgate.proxy.history.reader import open_history
from driftgate.proxy.settings.model import Settings
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.servers import Servers
from tests.replay.run.made import Made, asked
from tests.support.scripted import Scripted, always, sized


async def test_an_arm_is_looked_at_while_nothing_asks_its_agents(tmp_path: Path) -> None:
    made = Made(tmp_path, configured=False)
    async with Scripted(
        always(sized(json.dumps({"data": [{"id": "m"}]}).encode()))
    ).running() as server:
        agent = {"kind": "codex", "codex": {"model": "m", "program": "/no/codex"}}
        told = {"default": {"url": server.url}, "agent": agent}
        settings = Settings.model_validate({"history": made.path, "upstreams": told})
        made.journal.config(json.dumps(settings.effective()))
        ids = [made.call(asked(1), upstream="agent")]
        made.drain()
        with open_history(made.path, drain=False) as reader:
            found = Servers.read(reader, ids, {Arm.CANDIDATE: Configuration()}, settings)
        assert found.agents
        assert set(found.sides()[Arm.CANDIDATE].targets) == {"default"}
        seen = await found.look(Arm.CANDIDATE)
        assert seen["agent m"] == {}
        assert seen["default m"]
    made.journal.close()
