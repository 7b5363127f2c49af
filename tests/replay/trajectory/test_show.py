"""Trajectories as text."""

from dataclasses import replace

from driftgate.replay.trajectory.show import LINES, shown
from driftgate.replay.trajectory.trajectory import Change, Trajectory
from tests.replay.trajectory.made import change, trajectory, turn


def test_it_is_told_in_its_order() -> None:
    ran = turn("ls", "!make all", message="I tried.\nIn vain.", edits=("a", "a"))
    made = trajectory(ran, changes=[change("a", "x")], passes=False)
    assert shown(made).splitlines() == [
        *("$ ls", "$ make all", "  exit 1", "  said so", "[edits a]", "I tried.", "In vain."),
        *("[add a]", "--- a", "+++ b", "@@", "+x", "[check fails, exit 1]", "  1 failed"),
    ]


def test_prompts_are_told_where_there_are_several_and_why_a_turn_failed() -> None:
    failed = turn(
        status="failed",
        code="turn_loop",
        error="stopped",
        message="",
        others=("compaction completed",),
    )
    made = trajectory(turn(), failed)
    assert shown(made).splitlines() == [
        *("> do it", "done", "> do it", "[compaction completed]", "[turn 2 failed: stopped]")
    ]
    assert shown(Trajectory(1, failure="no Codex")) == "[failed: no Codex]"


def test_what_is_long_is_cut_and_what_is_odd_is_harmless() -> None:
    long = Change("a", "update", "d", "\n".join(["+x"] * 100))
    lines = shown(trajectory(changes=[long])).splitlines()
    assert lines[-1] == f"[{100 - LINES} more lines]"
    many = trajectory(turn(*["ls"] * 200), changes=[replace(long, diff="")] * 60)
    assert "[and 100 more commands]" in shown(many)
    assert "[and 10 more files]" in shown(many)
    assert "\x1b" not in shown(trajectory(turn("\x1b[31mred", message="\x1b]0;x")))
