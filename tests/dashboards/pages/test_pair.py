"""One call of a run over HTTP."""

from driftgate.replay.arm import Arm
from tests.dashboards.drift.made import a_run, trajectories
from tests.dashboards.pages.test_drift import TAGS
from tests.replay.trajectory.made import change, trajectory, turn
from tests.support.shown import Shown
from tests.support.sites import shown_site


async def test_all_answers_link_to_their_calls(shown: Shown) -> None:
    path = f"/drift/{shown.runs['drifted']}/calls/{shown['order_1'][:20]}"
    async with shown_site(shown.path) as visitor:
        text = await visitor.page(path)
        below = await visitor.page(
            path, diff="unified", left="record-1", right="candidate-2", whole="1"
        )
    assert text.count('<section class="answer ') == 5
    assert text.count("/calls/01") >= 6
    assert '<option value="candidate-2" selected>' in below
    assert '<span class="sign">+</span>' in below


async def test_commands_files_and_checks_of_whole_turns_are_shown_as_text(
    shown_history: Shown,
) -> None:
    call, evil = shown_history["turn_0_0"], "<script>alert(1)</script>"
    run = a_run(shown_history.path, [call], kind="trajectories", k=1)
    bad = trajectory(turn(f"!{evil}", message=evil), changes=[change(evil, evil)], passes=False)
    made = {Arm.BASELINE: trajectory(turn("ls"), passes=True), Arm.CANDIDATE: bad}
    trajectories(shown_history.path, run, call, made)
    async with shown_site(shown_history.path) as visitor:
        text = (await visitor.page(f"/drift/{run.run_id}/calls/{call}")).partition("<main")[2]
    assert [tag for tag in TAGS[:5] if tag in text] == []
    assert "$ ls" in text
    assert "$ &lt;script&gt;" in text
    assert "check fail" in text
    assert "exit 1" in text


async def test_what_is_not_there_is_said(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        path = f"/drift/{shown.runs['drifted']}/calls/{shown['chat_plain']}"
        assert "is not in the selection" in await visitor.page(path, status=404)
