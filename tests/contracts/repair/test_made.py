"""Ids of tool calls that had none."""

import re

from driftgate.contracts.repair.made import Made, call_id


def test_the_same_call_at_the_same_place_has_the_same_id() -> None:
    first = call_id("look", '{"at": 1}', 0)
    assert first == call_id("look", '{"at": 1}', 0)
    assert re.fullmatch(r"call_[0-9a-f]{24}", first)


def test_name_arguments_and_place_tell_calls_apart() -> None:
    calls = [("look", "{}", 0), ("look", "{}", 1), ("look", "{ }", 0), ("see", "{}", 0)]
    assert len({call_id(*each) for each in calls}) == 4


def test_half_a_surrogate_pair_has_an_id_too() -> None:
    assert call_id("look", '{"a": "\ud800"}', 0).startswith("call_")


def test_a_call_is_made_without_id_and_namespace() -> None:
    assert Made("look", "{}") == Made("look", "{}", None, None)
