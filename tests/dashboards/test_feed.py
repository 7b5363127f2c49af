"""New calls for all open live pages, from one look at the history."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driftgate.dashboards import feed as module
from driftgate.dashboards.app import make_site
from driftgate.dashboards.choice import Choice
from driftgate.dashboards.feed import ROWS, Feed, Found, Group, Watch, found_of
from driftgate.dashboards.site import Site
from driftgate.dashboards.typed import typed
from driftgate.proxy.errors import DriftgateError, HistoryBusyError, QuerySlowError
from driftgate.proxy.running import Running
from driftgate.proxy.settings.model import Settings
from tests.support.added import added
from tests.support.recorded_calls import Recording, call_id, record, small
from tests.support.rows_of_calls import ROW
from tests.support.waiting import wait_until_async

ALL = Choice.of({})


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    monkeypatch.setattr(module, "SLOWEST_S", 0.01)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return small(tmp_path / "h.duckdb")


class Counting:
    """Counts how often the history is read."""

    def __init__(self, site: Site) -> None:
        self.count = 0
        self._read = site.reading.read
        site.reading.read = self._counted  # type: ignore[method-assign]  # as a test watches it

    async def _counted(self, work: Callable[[Any], Any], *, drain: bool = True) -> Any:
        self.count += 1
        assert not drain  # nobody is made to write because somebody looks
        return await self._read(work, drain=drain)


def site_of(recording: Recording) -> Site:
    return make_site(Settings(history=recording.path))


async def some(watch: Watch, count: int) -> list[str]:
    """The next rows, oldest first, at least so many."""
    found: list[str] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            await watch.changed.wait()
            found += [row["id"] for row in watch.news().rows]
    return found


async def test_each_page_gets_what_is_behind_its_place_once(recording: Recording) -> None:
    site = site_of(recording)
    feed = Feed(site)
    async with feed.watch(ALL, 2) as late, feed.watch(ALL, 0) as early:
        assert await some(early, 2) == [str(call_id(1)), str(call_id(2))]
        await added(recording, record(7))
        await added(recording, record(5))  # began before the one above, recorded after it
        assert await some(late, 2) == [str(call_id(7)), str(call_id(5))]
        assert await some(early, 2) == [str(call_id(7)), str(call_id(5))]
        assert late.news().rows == early.news().rows == []
    await site.close()


async def test_pages_with_one_filter_are_one_question(recording: Recording) -> None:
    site = site_of(recording)
    counting, feed = Counting(site), Feed(site)
    other = Choice.of({"model": "other"})
    async with feed.watch(ALL, 2) as one, feed.watch(ALL, 2) as two, feed.watch(other, 2) as three:
        await wait_until_async(lambda: one.group.numbers and three.group.numbers)
        assert one.group is two.group is not three.group
        before = counting.count
        await added(recording, record(7), record(8, request_body=b'{"model": "other"}'))
        assert await some(one, 2) == await some(two, 2)
        assert await some(three, 1) == [str(call_id(8))]
        assert counting.count <= before + 2
    await site.close()


async def test_an_unchanged_history_is_not_opened_nor_one_that_nobody_watches(
    recording: Recording,
) -> None:
    site = site_of(recording)
    counting, feed = Counting(site), Feed(site)
    async with feed.watch(ALL, 2) as watch:
        await watch.changed.wait()
        before = counting.count
        for _ in range(20):
            await feed._look()
        assert counting.count == before
    await added(recording, record(7))
    assert feed._tasks == []
    await site.close()


async def test_numbers_go_down_though_nothing_comes(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_of(recording)
    counting, feed = Counting(site), Feed(site)
    async with feed.watch(ALL, 2) as watch:
        await wait_until_async(lambda: watch.group.numbers)
        watch.group.numbers = {"calls": 3}
        monkeypatch.setattr(module, "STALE_S", 0.0)
        before = counting.count
        await wait_until_async(lambda: counting.count > before)
        await wait_until_async(lambda: watch.group.numbers != {"calls": 3})
    await site.close()


async def test_a_history_that_is_held_is_told_and_then_nothing_is_missing(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_of(recording)
    feed = Feed(site)
    real = site.reading.read

    async def held(work: Callable[[Any], Any], *, drain: bool = True) -> Any:
        raise HistoryBusyError("h.duckdb is held by a program (PID 7)")

    async with feed.watch(ALL, 2) as watch:
        await wait_until_async(lambda: watch.group.numbers)
        monkeypatch.setattr(site.reading, "read", held)
        await added(recording, record(7))
        await wait_until_async(lambda: "held by" in watch.group.problem)
        monkeypatch.setattr(site.reading, "read", real)
        assert await some(watch, 1) == [str(call_id(7))]
        assert watch.group.problem == ""
    await site.close()


async def test_a_look_that_breaks_is_said_and_not_the_last(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site = site_of(recording)
    feed = Feed(site)
    broken = True

    def answers(choice: Choice, after: int, reader: Any) -> Found:
        if broken:
            raise RuntimeError("a fault of ours")
        return found_of(choice, after, reader)

    monkeypatch.setattr(module, "found_of", answers)
    async with feed.watch(ALL, 0) as watch:
        await wait_until_async(lambda: "a fault of ours" in caplog.text)
        broken = False
        assert await some(watch, 2) == [str(call_id(1)), str(call_id(2))]
    await site.close()


async def test_only_what_keeps_the_file_makes_looks_rare(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_of(recording)
    feed = Feed(site)
    real, fails = site.reading.read, list[DriftgateError]()

    def answers(choice: Choice, after: int, reader: Any) -> Found:
        if fails:
            raise fails[0]
        return replace(found_of(choice, after, reader), held_s=0.25)

    async def waits(work: Callable[[Any], Any], *, drain: bool = True) -> Any:
        await asyncio.sleep(0.05)
        return await real(work, drain=drain)

    async def look() -> float:
        feed._seen = None
        return await feed._look()

    monkeypatch.setattr(module, "found_of", answers)
    monkeypatch.setattr(feed, "_begin", lambda: None)
    monkeypatch.setattr(site.reading, "read", waits)
    async with feed.watch(ALL, 2), feed.watch(Choice.of({"model": "other"}), 2):
        assert await look() == 0.5
        assert await feed._look() == 0.0
        fails[:] = [HistoryBusyError("held by a program")]
        assert await look() == 0.0
        fails[:] = [QuerySlowError("too long")]
        assert await look() == 2 * module.QUERY_S
    await site.close()


async def test_a_filter_that_fails_says_so_in_its_own_group_alone(recording: Recording) -> None:
    site = site_of(recording)
    feed = Feed(site)
    async with feed.watch(ALL, 2) as good, feed.watch(Choice.of({"where": "nope"}), 2) as bad:
        await wait_until_async(lambda: bad.group.problem and good.group.numbers)
        assert "nope" in bad.group.problem
        assert good.group.problem == ""
    await site.close()


async def test_sql_of_people_runs_in_the_process_for_that(recording: Recording) -> None:
    site = site_of(recording)
    counting, feed = Counting(site), Feed(site)
    async with feed.watch(Choice.of({"where": "true"}), 0) as watch:
        await wait_until_async(lambda: typed(site).process)
        assert await some(watch, 2) == [str(call_id(1)), str(call_id(2))]
        assert counting.count == 0
    await site.close()


async def test_only_so_many_pages_are_served_at_once(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WATCHES", 2)
    site = site_of(recording)
    feed = Feed(site)
    async with feed.watch(ALL, 2), feed.watch(ALL, 2):
        with pytest.raises(HistoryBusyError, match="2 live views are open"):
            async with feed.watch(ALL, 2):
                raise AssertionError
    await site.close()


async def test_only_so_many_different_views_are_watched(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GROUPS", 1)
    site = site_of(recording)
    feed = Feed(site)
    async with feed.watch(ALL, 2), feed.watch(ALL, 2):
        with pytest.raises(HistoryBusyError, match="different live views"):
            async with feed.watch(Choice.of({"model": "a"}), 2):
                raise AssertionError
    async with feed.watch(Choice.of({"model": "a"}), 2):
        pass
    await site.close()


async def test_calls_under_way_are_those_of_all_workers(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Running(workers={"w1": {"calls_open": 2}, "w2": {"calls_open": 1}})
    monkeypatch.setattr(module, "running", lambda *_: found)
    site = site_of(recording)
    feed = Feed(site)
    async with feed.watch(ALL, 2) as watch:
        await wait_until_async(lambda: watch.open_calls == 3)
    await site.close()


def row(rowid: int) -> dict[str, Any]:
    return {**ROW, "rowid": rowid}


def watch_of(group: Group, place: int) -> Watch:
    return Watch(None, group, place)  # type: ignore[arg-type]  # nothing is asked of the feed


def found(newest: int, *rowids: int) -> Found:
    return Found(newest, [row(rowid) for rowid in reversed(rowids)], {}, 0.0)


def test_a_slow_page_is_told_that_it_missed_some() -> None:
    group = Group(ALL, -1, -1)
    slow, swift = watch_of(group, -1), watch_of(group, -1)
    group.take(found(ROWS - 1, *range(ROWS)))
    first = swift.news()
    assert (len(first.rows), first.missed) == (ROWS, False)
    group.take(found(ROWS, ROWS))
    second = swift.news()
    assert (len(second.rows), second.missed) == (1, False)
    late = slow.news()
    assert (len(late.rows), late.missed, late.place) == (ROWS, True, ROWS)
    assert not slow.news().missed


def test_more_than_a_look_takes_is_missed_by_everybody() -> None:
    group = Group(ALL, 5, 5)
    watch = watch_of(group, 5)
    group.take(found(400, *range(99, 100 + ROWS)))
    news = watch.news()
    assert (len(news.rows), news.missed, news.place) == (ROWS, True, 400)


def test_a_page_that_comes_back_from_before_rewinds_its_group() -> None:
    group = Group(ALL, 10, 10)
    ahead = watch_of(group, 10)
    group.take(found(12, 11))
    assert len(ahead.news().rows) == 1
    group.rewind(8)
    assert (group.began, group.after, list(group.rows)) == (8, 8, [])
    back = watch_of(group, 8)
    group.take(found(12, 9, 11))
    assert len(back.news().rows) == 2
    assert ahead.news().rows == []
    group.rewind(9)
    assert len(group.rows) == 2
