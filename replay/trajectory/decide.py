"""From cases whose answers are trajectories to a verdict, by the statistics of every gate. Pure."""

from collections.abc import Sequence

from driftgate.replay.case import Case
from driftgate.replay.decide.decide import decide
from driftgate.replay.decide.decision import Decision
from driftgate.replay.decide.metrics import OF_TRAJECTORIES
from driftgate.replay.decide.policy import Policy
from driftgate.replay.trajectory.compare import compare


def decided(
    cases: Sequence[Case],
    policy: Policy,
    *,
    k: int,
    seed: int,
    moved: Sequence[str] = (),
    stopped: str | None = None,
) -> Decision:
    """Pass, drift, inconclusive or could not check; see `driftgate.replay.decide.decide.decide`.

    Trajectories of one session are one cluster, as calls are.
    """
    return decide(
        cases,
        policy,
        compare=compare,
        k=k,
        seed=seed,
        moved=moved,
        stopped=stopped,
        measured=OF_TRAJECTORIES,
    )
