"""Asking a call again, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from driftgate.dashboards.again.asking import replays
from driftgate.dashboards.site import BASE
from driftgate.replay.arm import Arm
from driftgate.replay.run import single
from tests.dashboards.drift.made import a_run, trajectories
from tests.dashboards.pages.test_drift import TAGS
from tests.replay.run.drained import InProcess
from tests.replay.run.made import says
from tests.replay.trajectory.made import trajectory, turn
from tests.support.scripted import Scripted, always
from tests.support.shown import HOSTILE, Shown
from tests.support.sites import Visitor, shown_site
from tests.support.waiting import wait_until_async


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "Historian", InProcess)


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    async with Scripted(always(says("<script>alert(1)</script>"))).running() as running:
        yield running


async def answered(visitor: Visitor, call: str) -> str:
    """The page's part, once nothing is under way."""
    known = replays(visitor.site).of(call)
    await wait_until_async(lambda: not any(each.open for each in known))
    text = await visitor.part(f"/calls/{call}/replays")
    assert "hx-trigger" not in text
    return text


async def test_both_answers_are_beside_each_other_and_stay_text(
    shown_history: Shown, server: Scripted
) -> None:
    call = shown_history["chat_plain"]
    async with shown_site(shown_history.path, upstreams={"other": {"url": server.url}}) as visitor:
        there = await visitor.post(f"/calls/{call[:20]}/replay", upstream="other", model="qwen")
        assert there == f"{BASE}/calls/{call}/replays"
        text = await answered(visitor, call)
        page = await visitor.page(f"/calls/{call}/replays", diff="unified", whole="1")
    assert "&lt;script&gt;alert(1)" in text
    assert [tag for tag in TAGS[:5] if tag in text + page.partition("<main")[2]] == []
    assert "qwen" in text
    assert "<td>asked again by hand</td>" in text
    assert "Replay this one" in page


async def test_while_it_is_asked_the_page_says_so(shown_history: Shown) -> None:
    call = shown_history["chat_plain"]
    async with shown_site(shown_history.path) as visitor:
        await visitor.post(f"/calls/{call}/replay", address="http://127.0.0.1:1")
        first = await visitor.page(f"/calls/{call}/replays")
        text = await answered(visitor, call)
    assert "127.0.0.1:1" in first
    assert "The model server could not be reached" in text
    assert "At fault: the model server." in text


async def test_what_cannot_be_asked_is_one_line(shown: Shown) -> None:
    call = shown["chat_plain"]
    async with shown_site(shown.path) as visitor:
        for fields in ({}, {"upstream": "nope"}, {"address": "file:///etc/passwd"}):
            text = await visitor.post(f"/calls/{call}/replay", status=400, **fields)
            assert 'role="alert"' in text
        await visitor.post("/calls/ffffffff/replay", status=404, address="http://127.0.0.1:1")


async def test_nobody_asks_without_the_forms_token(shown: Shown) -> None:
    fields = {"address": "http://127.0.0.1:1"}
    path = f"{BASE}/calls/{shown['chat_plain']}/replay"
    async with shown_site(shown.path) as visitor:
        async with visitor.client.post(path, data=fields) as answer:
            assert answer.status == 403
        foreign = {"origin": "http://evil.example"}
        told = {**fields, "csrf": visitor.site.guard.csrf}
        async with visitor.client.post(path, data=told, headers=foreign) as answer:
            assert answer.status == 403


async def test_the_form_offers_what_is_configured(shown: Shown) -> None:
    upstreams = {"other": {"url": "http://127.0.0.1:1", "models": ["exact"]}}
    async with shown_site(shown.path, upstreams=upstreams) as visitor:
        text = await visitor.part(f"/calls/{shown['chat_plain']}/replay")
        path = f"{BASE}/calls/{shown['chat_plain']}/replay"
        async with visitor.client.get(path, allow_redirects=False) as answer:
            assert answer.headers["location"].endswith("/replays")
    assert '<option value="other" title="http://127.0.0.1:1">' in text
    assert '<option value="exact">' in text
    assert f'value="{shown.model}"' in text
    assert [tag for tag in TAGS[:5] if tag in text] == []


async def test_replays_of_runs_and_copies_are_listed(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        text = await visitor.page(f"/calls/{shown['order_1']}/replays")
        copied = await visitor.page(f"/calls/{shown['shadowed_0']}/replays")
        for number in range(len(HOSTILE)):
            hostile = await visitor.page(f"/calls/{shown[f'hostile_{number}']}/replays")
            assert [tag for tag in TAGS[:5] if tag in hostile.partition("<main")[2]] == []
    assert f"/drift/{shown.runs['drifted']}" in text
    assert "<td>a shadow copy of live traffic</td>" in copied
    assert '<span class="soft">candidate, answer 1</span>' in text


async def test_the_kind_of_a_run_that_asked_again_is_told_in_words(shown_history: Shown) -> None:
    path, call = shown_history.path, shown_history["turn_0_0"]
    run = a_run(path, [call], kind="trajectories", name="mine")
    trajectories(path, run, call, {Arm.CANDIDATE: trajectory(turn("ls"))})
    async with shown_site(path) as visitor:
        text = await visitor.page(f"/calls/{call}/replays")
    assert f'/drift/{run.run_id}">gate over trajectories mine</a>' in text


async def test_a_history_of_old_is_not_written_by_looking(shown: Shown) -> None:
    before = Path(shown.path).stat().st_mtime_ns
    async with shown_site(shown.path) as visitor:
        await visitor.page(f"/calls/{shown['order_1']}/replays")
    assert Path(shown.path).stat().st_mtime_ns == before
