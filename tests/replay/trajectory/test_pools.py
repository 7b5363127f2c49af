"""The Codex processes of a run."""

from pathlib import Path
from typing import Any

from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.arm import Arm
from driftgate.replay.trajectory.pools import Pools

PROGRAM = Program("/bin/codex", "0.169.0")


class Made:
    """A pool that starts nothing."""

    def __init__(self, *given: Any) -> None:
        self.given, self.closed = given, False

    async def close(self) -> None:
        self.closed = True


async def test_arms_share_no_process_and_models_of_one_arm_do(tmp_path: Path) -> None:
    pools = Pools(PROGRAM, tmp_path, 3, Made)  # type: ignore[arg-type]  # a stand-in
    codex = Codex(model="a", sandbox="read-only")

    def of(arm: Arm, wanted: Codex) -> Any:
        return pools.of(arm, wanted)

    one = of(Arm.BASELINE, codex)
    assert of(Arm.BASELINE, codex.model_copy(update={"model": "b"})) is one
    other = of(Arm.CANDIDATE, codex)
    written = of(Arm.BASELINE, codex.model_copy(update={"sandbox": "workspace-write"}))
    assert len({id(one), id(other), id(written)}) == 3
    narrow = codex.model_copy(update={"turns_at_once": 1, "waiting": 0})
    assert of(Arm.BASELINE, narrow) is one  # an agent's own limits are no reason to refuse one
    assert (one.given[1].turns_at_once, one.given[1].waiting) == (3, 3)
    homes = [each.given[2] for each in (one, other, written)]
    assert len(set(homes)) == 3
    assert all(home.parent == tmp_path for home in homes)
    await pools.close()
    assert all(each.closed for each in (one, other, written))
