"""In which order the answers of a run are asked for. Pure and seeded.

Arms and repetitions are shuffled within blocks of cases, so that load and the time of day fall on
both alike: randomised blocks (G. Box, J. Hunter, W. Hunter, "Statistics for Experimenters", 2nd ed.,
chapter 4). A block is also what has to be read of the history at one time.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from driftgate.replay.arm import Arm

BLOCK = 32  # cases


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to ask for. call_id: of the recorded call; repetition: from 1."""

    call_id: str
    arm: Arm
    repetition: int


def blocks(
    call_ids: Sequence[str],
    k: int,
    seed: int,
    *,
    arms: Sequence[Arm] = (Arm.BASELINE, Arm.CANDIDATE),
    done: Collection[Job] = (),
) -> Iterator[list[Job]]:
    """All jobs, block by block; those in `done` are left out, and the others keep their order."""
    finished = frozenset(done)
    for start in range(0, len(call_ids), BLOCK):
        jobs = [
            Job(call_id, arm, repetition)
            for call_id in call_ids[start : start + BLOCK]
            for arm in arms
            for repetition in range(1, k + 1)
        ]
        Random(f"{seed} {start}").shuffle(jobs)  # noqa: S311 - chance that can be repeated
        left = [job for job in jobs if job not in finished]
        if left:
            yield left
