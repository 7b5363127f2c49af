"""Which two answers are shown beside each other."""

import pytest

from driftgate.proxy.errors import NotFoundError
from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.compare.first_difference import first_difference


def case(baseline: str, candidate: str) -> Case:
    """A letter is the text of an answer."""
    return Case(
        "c",
        "s",
        answers={
            arm: [Answer(f"{arm.value}{n}", arm, text=text) for n, text in enumerate(texts)]
            for arm, texts in ((Arm.BASELINE, baseline), (Arm.CANDIDATE, candidate))
        },
    )


@pytest.mark.parametrize(
    ("baseline", "candidate", "chosen"),
    [
        ("xy", "x", ("baseline1", "candidate0")),
        ("xx", "xz", ("baseline0", "candidate1")),
        ("xx", "xx", ("baseline0", "candidate0")),
    ],
)
def test_the_first_that_differ_are_chosen_else_the_first(
    baseline: str, candidate: str, chosen: tuple[str, str]
) -> None:
    left, right = first_difference(case(baseline, candidate), Arm.BASELINE)
    assert (left.call_id, right.call_id) == chosen


def test_an_arm_without_an_answer_is_named() -> None:
    with pytest.raises(NotFoundError, match="the candidate has no answer to call c"):
        first_difference(case("x", ""), Arm.BASELINE)
