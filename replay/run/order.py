"""In which order the answers of a run are asked for. Pure and seeded.

Repetitions are shuffled within blocks of cases, and each is asked of all arms one behind the other,
the first of them drawn by lot: so load and the time of day fall on the arms alike, and each server
meets the same prompts in the same order, which its prompt cache makes faster or slower. Paired
comparison in randomised blocks (G. Box, J. Hunter, W. Hunter, "Statistics for Experimenters", 2nd
ed., chapters 3 and 4). A block is also what has to be read of the history at one time.
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
        chance = Random(f"{seed} {start}")  # noqa: S311 - chance that can be repeated
        asked = [
            (call_id, repetition)
            for call_id in call_ids[start : start + BLOCK]
            for repetition in range(1, k + 1)
        ]
        chance.shuffle(asked)
        jobs = [
            Job(call_id, arm, repetition)
            for call_id, repetition in asked
            for arm in chance.sample(arms, len(arms))
        ]
        left = [job for job in jobs if job not in finished]
        if left:
            yield left
