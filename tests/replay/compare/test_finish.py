"""Why answers ended, whatever the words."""

import pytest

from driftgate.replay.compare.finish import finish
from tests.replay.compare.answers import features


@pytest.mark.parametrize(
    ("one", "other"), [("stop", "completed"), ("length", "max_output_tokens"), ("stop", "done")]
)
def test_words_of_two_dialects_for_one_reason_are_alike(one: str, other: str) -> None:
    found = finish(features(finish_reason=one), features(finish_reason=other))
    assert found is not None
    assert (found.distance, found.reason) == (0, "")


def test_a_cut_answer_is_apart_from_a_whole_one() -> None:
    found = finish(features(finish_reason="stop"), features(finish_reason="length"))
    assert found is not None
    assert (found.distance, found.reason) == (1, "ended with stop against length")


def test_an_answer_that_calls_tools_ends_with_them_in_every_dialect() -> None:
    call = ("t", "{}")
    found = finish(
        features("", call, finish_reason="tool_calls"),
        features("", call, finish_reason="completed"),
    )
    assert found is not None
    assert found.distance == 0


def test_nothing_is_said_where_neither_says() -> None:
    assert finish(features(), features()) is None
    found = finish(features(), features(finish_reason="stop"))
    assert found is not None
    assert found.reason == "ended with no reason against stop"
