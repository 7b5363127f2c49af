"""What is warned about before a run."""

import asyncio
import json
from pathlib import Path

from driftgate.proxy.settings.model import Settings, Upstream
from driftgate.proxy.upstream.connection import Pool
from driftgate.replay.arm import Arm
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.run.targets import side
from driftgate.replay.run.warned import LOOKED_AT, acting, warned
from tests.replay.run.made import Made, asked
from tests.support.scripted import Exchange, Scripted, always, sized


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


async def test_an_agents_model_is_no_other_servers(tmp_path: Path) -> None:
    made = Made(tmp_path)
    ids = [made.call(asked(1), upstream="agent")]
    made.drain()

    async def listing(exchange: Exchange) -> None:
        model = "m" if exchange.target.startswith("/u/agent/") else "other"
        await exchange.send(sized(json.dumps({"data": [{"id": model}]}).encode()))

    async with Scripted(listing).running() as server:
        given = Configuration(upstream=server.url)
        asks = side(Arm.CANDIDATE, given, agents("read-only"), {}, proxy=server.url)
        lines = await asyncio.to_thread(warned, made.path, ids, {Arm.CANDIDATE: asks}, k=2)
        assert server.seen
    made.journal.close()
    assert lines == []


def agents(sandbox: str, **more: str) -> dict[str, Upstream]:
    codex = {"model": "m", "model_upstream": "default", "sandbox": sandbox, **more}
    told = {"agent": {"kind": "codex", "codex": codex}, "default": {"url": "http://127.0.0.1:1"}}
    return Settings.model_validate({"upstreams": told}).upstreams


def test_turns_that_may_change_what_is_kept_are_said(tmp_path: Path) -> None:
    named = {"directory": "named", "path": str(tmp_path)}
    (line,) = acting(agents("workspace-write", **named))
    assert line.endswith(f"at the same time, and change {tmp_path}")
    (line,) = acting(agents("danger-full-access"))
    assert "without a sandbox" in line
    assert acting(agents("read-only", **named)) == acting(agents("workspace-write")) == []
