"""The live page and its events, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from driftgate.dashboards import feed
from driftgate.dashboards.pages import live
from driftgate.dashboards.site import BASE
from driftgate.proxy.errors import HistoryBusyError
from tests.support.added import added
from tests.support.recorded_calls import Recording, call_id, record, small
from tests.support.shown import HOSTILE, Shown
from tests.support.sites import Visitor, shown_site
from tests.support.typed_here import typed_here

FOREIGN = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LOOK_S", 0.01)
    monkeypatch.setattr(feed, "SLOWEST_S", 0.01)
    monkeypatch.setattr(live, "BEAT_S", 0.05)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return small(tmp_path / "h.duckdb")


class Events:
    """Events as a browser reads them."""

    def __init__(self, answer: ClientResponse) -> None:
        self.answer = answer
        self.last = ""

    async def next(self, *names: str) -> str:
        """The data of the next event of one of these names."""
        async with asyncio.timeout(20):
            while True:
                fields = await self._fields()
                self.last = fields.get("id", self.last)
                if fields.get("event") in names:
                    return fields["data"]

    async def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        while line := (await self.answer.content.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value
        assert not self.answer.content.at_eof(), "the stream ended"
        return fields


@asynccontextmanager
async def stream(visitor: Visitor, last: str = "", **query: str) -> AsyncIterator[Events]:
    headers = {"last-event-id": last} if last else {}
    there = visitor.client.get(f"{BASE}/live/events", params=query, headers=headers)
    async with there as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/event-stream"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        yield Events(answer)


def ids(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split('<td class="narrow"><a href="/_driftgate/calls/')[1:]]  # fmt: skip


async def test_the_first_page_leads_here(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        there = visitor.client.get(f"{BASE}/", allow_redirects=False)
        async with there as answer:
            assert (answer.status, answer.headers["location"]) == (303, f"{BASE}/live")


async def test_it_begins_with_the_last_calls_and_says_where_news_come_from(
    recording: Recording,
) -> None:
    async with shown_site(recording.path) as visitor:
        page = await visitor.page("/live?status=error&model=o*")
        assert ids(page) == [str(call_id(1))]
        assert '<option value="error" selected>' in page
        assert f'data-events="{BASE}/live/events?model=o%2A&amp;status=error&amp;after=' in page
        assert "Nothing" not in page


async def test_calls_come_as_they_are_recorded_without_gap_or_double(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        async with stream(visitor) as events:
            assert "calls a minute" in await events.next("numbers")
            await added(recording, record(7))
            assert ids(await events.next("rows")) == [str(call_id(7))]
            await added(recording, record(8))
            await added(recording, record(9))
            seen = ids(await events.next("rows"))
            while len(seen) < 2:
                seen = ids(await events.next("rows")) + seen
            assert seen == [str(call_id(9)), str(call_id(8))]
        await added(recording, record(10), record(11))
        async with stream(visitor, events.last) as again:
            assert ids(await again.next("rows")) == [str(call_id(11)), str(call_id(10))]
            await again.next("beat")


async def test_numbers_are_told_once_they_are_known(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        async with stream(visitor) as events:
            first = await events.next("numbers")
        assert first.split() == (await tiles(visitor)).split()


async def tiles(visitor: Visitor) -> str:
    page = await visitor.page("/live")
    return page.partition('aria-label="The last five minutes">')[2].partition("</ul>")[0]


async def test_only_chosen_calls_come(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        typed_here(visitor.site)
        async with stream(visitor, where="model = 'other'") as events:
            await events.next("numbers")
            await added(recording, record(7), record(8, request_body=b'{"model": "other"}'))
            assert ids(await events.next("rows")) == [str(call_id(8))]


async def test_a_place_of_another_history_begins_anew(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        for mark in ("1-7", "nonsense", "9" * 99):
            async with stream(visitor, mark) as events:
                await events.next("anew")
        async with stream(visitor) as events:
            await events.next("beat")
        inode, _, rowid = events.last.partition("-")
        async with stream(visitor, f"{inode}-{int(rowid) + 1}") as events:
            await events.next("anew")


async def test_a_busy_history_is_said_so_and_the_page_goes_on(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shown_site(recording.path) as visitor, stream(visitor) as events:
        await events.next("numbers")
        real = visitor.site.reading.read

        async def held(*_: object, **__: object) -> None:
            raise HistoryBusyError("h.duckdb is held by a program (PID 7)")

        monkeypatch.setattr(visitor.site.reading, "read", held)
        await added(recording, record(7))
        assert "held by a program" in await events.next("busy")
        monkeypatch.setattr(visitor.site.reading, "read", real)
        assert ids(await events.next("rows")) == [str(call_id(7))]


async def test_nothing_is_looked_at_when_the_browser_has_gone(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        async with stream(visitor) as events:
            await events.next("beat")
            assert feed.feed(visitor.site)._watches
        async with asyncio.timeout(10):
            while feed.feed(visitor.site)._watches:
                await asyncio.sleep(0.01)
        assert feed.feed(visitor.site)._tasks == []


async def test_a_condition_from_another_site_does_not_run(recording: Recording) -> None:
    async with shown_site(recording.path) as visitor:
        there = visitor.client.get(
            f"{BASE}/live", params={"where": "outcome = 'completed'"}, headers=FOREIGN
        )
        async with there as answer:
            page = await answer.text()
        assert "has not run" in page
        assert "data-events" not in page
        assert "outcome = &#39;completed&#39;" in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"where": "1; DROP TABLE calls"}, "where: "),
        ({"where": "true) OR (true"}, "where: "),
        ({"verdict": "maybe"}, "verdict 'maybe' is none"),
        ({"since": "soon"}, "is no time"),
    ],
)
async def test_a_filter_that_is_none_is_a_clear_error(
    recording: Recording, query: dict[str, str], words: str
) -> None:
    async with shown_site(recording.path) as visitor:
        typed_here(visitor.site)
        for path in ("/live", "/live/events"):
            assert words in unescape(await visitor.page(path, 400, **query))


async def test_what_strangers_wrote_stays_text_on_the_page_and_in_events(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        page = await visitor.page("/live")
        async with stream(visitor, after=live_mark(page, -1)) as events:
            rows = await events.next("rows", "missed")
    for html in (page, rows):
        assert "<script>alert" not in html
        assert "<img" not in html
        assert "<svg" not in html
        assert "\x1b" not in html
        assert "\u202e" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "{{7*7}}" in html
        assert 'href="javascript:' not in html
    assert len(page) < 300_000
    assert any(text in unescape(page) for text in HOSTILE)


def live_mark(page: str, rowid: int) -> str:
    """The mark on the page, at another row."""
    mark = page.split("after=")[1].split('"', maxsplit=1)[0]
    return f"{mark.partition('-')[0]}-{rowid}"


async def test_an_empty_history_says_what_to_do(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "h.duckdb")
    recording.add()
    async with shown_site(recording.path) as visitor:
        assert "No calls are recorded yet" in await visitor.page("/live")
        async with stream(visitor) as events:
            await events.next("numbers")
            await added(recording, record(1))
            assert ids(await events.next("rows")) == [str(call_id(1))]


async def test_a_link_of_another_site_begins_no_events(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        there = f"{BASE}/live/events?where=true"
        asked = visitor.client.get(there, headers=FOREIGN, allow_redirects=False)
        async with asked as answer:
            assert answer.status == 303
            assert answer.headers["location"] == f"{BASE}/live?where=true"
