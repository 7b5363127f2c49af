"""Tool calls without ids, and repeated ones."""

from driftgate.contracts.repair.calls import collapsed, with_ids
from driftgate.contracts.repair.made import Made

LOOK = Made("look", '{"at": 1, "n": 2}', "a")


def test_a_call_without_id_gets_one_and_the_others_keep_theirs() -> None:
    calls = with_ids([LOOK, Made("look", "{}", None, "space"), Made("look", "{}", "")])
    assert calls is not None
    assert calls[0].call_id == "a"
    assert calls[1].namespace == "space"
    assert len({call.call_id for call in calls}) == 3
    assert with_ids(calls) is None


def test_where_every_call_has_an_id_nothing_is_done() -> None:
    assert with_ids([LOOK]) is None
    assert with_ids([]) is None


def test_an_id_that_was_used_already_is_replaced() -> None:
    calls = with_ids([LOOK, Made("run", "{}", "a")])
    assert calls is not None
    assert calls[0] is LOOK
    assert calls[1].call_id not in {"a", None}


def test_the_same_call_three_times_becomes_one() -> None:
    again = Made("look", '{"n":2,"at":1}', "b")
    assert collapsed([LOOK, again, Made("run", "{}", "c"), LOOK]) == (LOOK, Made("run", "{}", "c"))


def test_twice_may_be_meant_and_different_calls_are_no_loop() -> None:
    assert collapsed([LOOK, LOOK]) is None
    assert collapsed([Made("look", f"[{n}]") for n in range(9)]) is None
    assert collapsed([Made("look", "{}", None, str(n)) for n in range(9)]) is None
    assert collapsed([]) is None


def test_a_pair_stays_where_another_call_is_a_loop() -> None:
    dice = Made("roll", "{}")
    assert collapsed([dice, dice, LOOK, LOOK, LOOK]) == (dice, dice, LOOK)


def test_arguments_that_are_no_json_are_compared_as_text() -> None:
    assert collapsed([Made("look", "{")] * 3) == (Made("look", "{"),)
