"""Whether an answer came at all."""

import pytest

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features
from driftgate.replay.compare.transport import transport
from tests.replay.compare.answers import DEAD, features


def test_two_answers_and_two_failures_of_one_status_are_alike() -> None:
    assert transport(features("a"), features("b")) == Aspect(0.0)
    assert transport(features(**DEAD), features(**{**DEAD, "failure": "x"})) == Aspect(0.0)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (features("a"), "status 503: busy against answered"),
        (features(served=False, status=404), "status 503: busy against failed with status 404"),
    ],
)
def test_other_ways_are_apart(other: Features, reason: str) -> None:
    assert transport(features(**DEAD), other) == Aspect(1.0, reason)
