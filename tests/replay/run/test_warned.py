"""What is warned about before a run."""

import asyncio
import json
from pathlib import Path

from driftgate.proxy.settings.codex import Codex
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.targets import side
from driftgate.replay.run.warned import LOOKED_AT, warned
from tests.replay.run.made import Made, asked
from tests.support.scripted import Scripted, always, sized


async def test_both_arms_are_checked_on_some_calls_and_against_what_their_server_lists(
    tmp_path: Path,
) -> None:
    made = Made(tmp_path)
    ids = [made.call(asked(number)) for number in range(LOOKED_AT + 10)]
    made.drain()
    listing = sized(json.dumps({"data": [{"id": "other"}]}).encode())
    async with Scripted(always(listing)).running() as server:
        pools = dict[str, Pool]()
        given = {
            Arm.BASELINE: Configuration(upstream=server.url, model="other"),
            Arm.CANDIDATE: Configuration(
                upstream=server.url, set={"seed": 1}, unset=("stop",), k=1
            ),
        }
        sides = {arm: side(arm, each, {}, pools) for arm, each in given.items()}
        lines = await asyncio.to_thread(warned, made.path, ids, sides, k=2)
    made.journal.close()
    assert [line.partition(" makes")[0].partition(" (")[0] for line in lines] == [
        "candidate: set.seed = 1",
        "candidate: model 'm' is not among those that the upstream lists",
        "candidate: `unset` changes nothing in any of 30 selected calls",
    ]


async def test_what_an_agent_is_called_is_not_looked_for_among_a_servers_models(
    tmp_path: Path,
) -> None:
    made = Made(tmp_path)
    ids = [made.call(asked(0), upstream="agent"), made.call(asked(1))]
    made.drain()
    codex = Codex(model="gemma4", model_upstream="default")
    agent = Upstream(kind="codex", url="codex://agent", codex=codex)
    listing = sized(json.dumps({"data": [{"id": "other"}]}).encode())
    async with Scripted(always(listing)).running() as server:
        given = Configuration(upstream=server.url)
        recorded = {"agent": agent}
        both = {Arm.CANDIDATE: side(Arm.CANDIDATE, given, recorded, {}, proxy=server.url)}
        lines = await asyncio.to_thread(warned, made.path, ids, both, k=2)
        only = await asyncio.to_thread(warned, made.path, ids[:1], both, k=2)
    made.journal.close()
    assert [line.partition(" is not")[0] for line in lines] == ["candidate: model 'm'"]
    assert only == []
