"""Two trajectories, aspect by aspect; and as answers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.arm import Arm
from driftgate.replay.compare.comparison import Comparison
from driftgate.replay.trajectory.compare import compare
from driftgate.replay.trajectory.trajectory import Trajectory
from tests.replay.trajectory.made import answer, change, trajectory, turn

LOOPED = turn("ls", status="failed", code="turn_loop")


def compared(one: Trajectory, other: Trajectory) -> Comparison:
    return compare(answer(one), answer(other, Arm.CANDIDATE))


def test_a_trajectory_agrees_with_itself_in_everything() -> None:
    made = trajectory(turn("ls", "cat a", edits=("a",)), changes=[change("a")], passes=True)
    found = compared(made, made)
    assert found.distance == 0
    assert {name: each.distance for name, each in found.aspects.items()} == dict.fromkeys(
        ("tools", "commands", "files", "message", "verdict", "transport"), 0.0
    )
    assert found.reasons == []


def test_aspects_say_what_differs() -> None:
    one = trajectory(
        turn("ls", "cat a", message="all is well"), changes=[change("a", "1\n2\n3\n4")]
    )
    other = trajectory(
        turn("ls", "python3 x.py", message="all is lost"), changes=[change("a", "1\n2\n3\n5")]
    )
    found = compared(one, other)
    told = {name: (round(each.distance, 3), each.reason) for name, each in found.aspects.items()}
    assert told["tools"] == (0.667, "tools: no cat; also python3")
    assert told["commands"] == (0.5, "commands: `cat a` against `python3 x.py`")
    assert told["files"] == (0.25, "1 changed file not alike: a")
    assert told["message"][0] == pytest.approx(1 / 3, abs=0.001)
    assert found.distance == pytest.approx((3 * 0.25 + 2 * 0.5 + 2 / 3 + 1 / 3) / 7)
    assert found.reasons[0].startswith("tools")


def test_files_that_only_one_has_changed_have_nothing_in_common() -> None:
    one = trajectory(changes=[change("a"), change("b")])
    assert compared(one, trajectory(changes=[change("a")])).aspects["files"].distance == 0.5
    other = trajectory(changes=[change("a"), change("b", kind="delete")])
    assert compared(one, other).aspects["files"].distance == 0.5
    assert compared(one, trajectory(changes=())).aspects["files"].distance == 1


def test_files_whose_cut_diffs_are_alike_are_not_alike() -> None:
    one = change("a")
    other = replace(one, digest="x of another mode, or of what was cut")
    found = compared(trajectory(changes=[one]), trajectory(changes=[other]))
    assert 0 < found.aspects["files"].distance < 1


def test_what_neither_did_is_no_aspect() -> None:
    nothing = trajectory(turn(message=""), changes=None)
    found = compared(nothing, nothing)
    assert set(found.aspects) == {"transport"}
    assert found.distance == 0


def test_a_check_that_passes_no_more_and_an_end_in_circles_are_told() -> None:
    found = compared(trajectory(passes=True), trajectory(LOOPED, passes=False))
    assert found.aspects["verdict"].reason == "the check passes against fails"
    assert found.aspects["transport"].reason == "completed against turn_loop"


def test_where_one_did_not_come_they_are_as_far_apart_as_can_be() -> None:
    gone, came = Trajectory(1, failure="no Codex"), trajectory()
    assert compared(gone, came).distance == 1
    assert compared(gone, came).reasons == ["no Codex against it ran"]
    assert compared(gone, gone).distance == 0


def test_as_an_answer_it_says_how_the_check_went_and_what_it_took() -> None:
    made = answer(trajectory(turn("ls"), passes=False))
    assert (made.served, made.verdict, made.contract) == (True, "fail", "check")
    assert (made.input_tokens, made.output_tokens, made.total_ms) == (100, 20, 1000)
    assert (made.finish_reason, made.status) == ("completed", None)
    assert "$ ls" in made.text
    gone = answer(Trajectory(1, failure="no Codex"))
    assert (gone.served, gone.failure, gone.verdict) == (False, "no Codex", None)


names = st.sampled_from(["ls", "cat a", "make", "!make", "x && y"])
turns = st.builds(
    lambda ran, text: turn(*ran, message=text), st.lists(names, max_size=5), st.text(max_size=20)
)
changes = st.dictionaries(st.sampled_from("abc"), st.text(max_size=9), max_size=3).map(
    lambda found: [change(path, text) for path, text in found.items()]
)
many = st.builds(lambda one, left: trajectory(one, changes=left), turns, changes)


@given(many, many)
def test_the_distance_is_symmetric_and_a_share(one: Trajectory, other: Trajectory) -> None:
    there, back = compared(one, other), compared(other, one)
    assert there.distance == pytest.approx(back.distance)
    assert 0 <= there.distance <= 1
    assert all(0 <= each.distance <= 1 for each in there.aspects.values())
    assert compared(one, one).distance == 0
