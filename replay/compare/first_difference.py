"""Which two answers to a call to show beside each other: the first that differ."""

from driftgate.proxy.errors import NotFoundError
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.compare.readable import shown


def first_difference(case: Case, against: Arm) -> tuple[Answer, Answer]:
    """The first answers of an arm and of the candidate whose texts differ, else the first two.

    Raises:
        NotFoundError: one of them has none.
    """
    ours, theirs = case.of(against), case.of(Arm.CANDIDATE)
    for arm, answers in ((against, ours), (Arm.CANDIDATE, theirs)):
        if not answers:
            raise NotFoundError(f"the {arm.value} has no answer to call {case.call_id} in this run")
    texts = {id(answer): shown(answer) for answer in (*ours, *theirs)}
    pairs = [(left, right) for left in ours for right in theirs]
    differing = (each for each in pairs if texts[id(each[0])] != texts[id(each[1])])
    return next(differing, pairs[0])
