"""One selected call with the answers of all arms. A pure value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm


@dataclass(frozen=True, slots=True)
class Case:
    """What was asked once, and what came each time.

    call_id: of the recorded call. session: what cases are clustered by.
    slices: kind (contract, dialect, model, tool, depth, length) to the case's values of it; a case
        has one value of each kind, but any number of tools.
    prompt: the last user message, cut, for people.
    answers: arm to its answers in the order of their repetitions, failed ones too; an arm may be
        missing, or have fewer than k.
    """

    call_id: str
    session: str
    slices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prompt: str = ""
    answers: Mapping[Arm, Sequence[Answer]] = field(default_factory=dict)

    def of(self, arm: Arm) -> Sequence[Answer]:
        """The arm's answers; () where there are none."""
        return self.answers.get(arm, ())
