"""The list of calls, over HTTP."""

import re
from html import unescape
from pathlib import Path

import pytest

from driftgate.dashboards import calls
from driftgate.dashboards.pages import calls as page_of_calls
from driftgate.dashboards.site import BASE
from tests.support.recorded_calls import Recording, call_id, record, small
from tests.support.shown import Shown
from tests.support.sites import shown_site
from tests.support.typed_here import typed_here

_ID = re.compile(r'<td class="narrow"><a href="/_driftgate/calls/([^"]+)"')


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return small(tmp_path / "h.duckdb")


def ids(html: str) -> list[str]:
    return _ID.findall(html)


def link(html: str, name: str) -> str:
    """Where a link leads to, below the base."""
    found = re.search(rf'<a [^>]*href="{BASE}([^"]+)"[^>]*>{name}</a>', html)
    return unescape(found[1]) if found else ""


async def test_pages_go_to_and_fro_without_gap_or_double(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_calls, "COUNT", 2)
    recording.add(record(5), record(6))
    newest = [str(call_id(number)) for number in (6, 5, 2, 1, 0)]
    async with shown_site(recording.path) as visitor:
        first = await visitor.page("/calls")
        assert (ids(first), link(first, "← Newer")) == (newest[:2], "")
        second = await visitor.page(link(first, "Older →"))
        assert ids(second) == newest[2:4]
        third = await visitor.page(link(second, "Older →"))
        assert (ids(third), link(third, "Older →")) == (newest[4:], "")
        back = await visitor.page(link(third, "← Newer"))
        assert ids(back) == newest[2:4]
        recording.add(record(7))  # does not move the pages
        again = await visitor.page(link(back, "← Newer"))
        assert ids(again) == newest[:2]
        assert ids(await visitor.page(link(again, "← Newer"))) == [str(call_id(7))]


async def test_calls_of_one_moment_are_not_lost_between_pages(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_calls, "COUNT", 1)
    for number in (10, 11, 12):
        twin = record(number)
        twin.started_ns = record(10).started_ns
        recording.add(twin)
    seen: list[str] = []
    async with shown_site(recording.path) as visitor:
        there = "/calls"
        while there and len(seen) < 9:
            html = await visitor.page(there)
            seen += ids(html)
            there = link(html, "Older →")
    assert seen[:3] == [str(call_id(number)) for number in (12, 11, 10)]
    assert len(set(seen)) == len(seen) == 6


async def test_a_new_user_finds_the_failing_call_with_one_click(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        page = await visitor.page("/calls")
        failing = await visitor.page(link(page, "failing only"), limit="")
        found = ids(failing)
        assert found
        assert "fail" in failing
        everything = await visitor.page(link(failing, "clear all"))
        assert len(ids(everything)) >= len(found)


async def test_filters_stay_in_the_address_and_on_the_page(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        html = await visitor.page("/calls?model=oth*&path=chat")
        assert ids(html) == [str(call_id(1))]
        assert 'name="model" value="oth*"' in html
        assert "<details open>" in html
        assert link(html, "Watch these live") == "/live?model=oth%2A&path=chat"
        assert "No such calls" in await visitor.page("/calls", model="nonesuch")


async def test_htmx_gets_the_list_alone(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        part = await visitor.part("/calls", model="other")
        assert ids(part) == [str(call_id(1))]
        assert "<html" not in part


async def test_a_condition_in_sql_chooses_and_is_tried_first(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        typed_here(visitor.site)
        html = await visitor.page("/calls", where="total_ms > 1 AND model = 'gemma4'")
        assert ids(html) == [str(call_id(0))]
        for bad in ("1; DROP TABLE calls", "true) UNION SELECT (1", "nope = 1", "true ORDER BY 1"):
            assert "where: " in await visitor.page("/calls", 400, where=bad)
        foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
        there = visitor.client.get(f"{BASE}/calls", params={"where": "true"}, headers=foreign)
        async with there as answer:
            text = await answer.text()
        assert "has not run" in text
        assert ids(text) == []


async def test_a_search_says_when_it_saw_only_a_part(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "SEARCHED", 1)
    async with shown_site(recording.path) as visitor:
        part = await visitor.page("/calls", text="hi")
        assert "The newest 1 calls were searched" in part
        assert ids(part) == []
        whole = await visitor.page(link(part, "Search all of them"))
        assert ids(whole) == [str(call_id(0)), str(call_id(1))][::-1]
        assert "were searched" not in whole


@pytest.mark.parametrize("mark", ["x", "2026-01-01~x", "~", "2026-99-01~" + "0" * 32])
async def test_a_place_that_is_none_is_a_clear_error(recording: Recording, mark: str) -> None:
    async with shown_site(recording.path) as visitor:
        for name in ("before", "after"):
            assert "is no place in the list" in await visitor.page("/calls", 400, **{name: mark})


async def test_what_strangers_wrote_stays_text(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        html = await visitor.page("/calls")
        for evil in ("<script>alert(1)</script>", '"><img src=x>', "</textarea><svg onload=x>"):
            text = await visitor.page("/calls", text=evil, client=evil)
            assert evil not in text
            assert "<svg" not in text
    assert "<script>alert" not in html
    assert "<img" not in html
    assert 'href="javascript:' not in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert len(html) < 300_000


async def test_what_cannot_be_asked_leads_back_to_the_list(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        text = await visitor.page("/calls", status=400, since="abc")
        missing = await visitor.page("/calls/ffffffff", status=404)
    assert "<title>That cannot be asked · driftgate</title>" in text
    for page in (text, missing):
        assert link(page, "Go to all calls") == "/calls"
