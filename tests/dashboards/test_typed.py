"""SQL that people typed, in a process of its own: whatever it does, the pages go on."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from driftgate.dashboards.typed import WAITING, Typed
from driftgate.proxy.errors import (
    HistoryBusyError,
    QueryError,
    QuerySlowError,
)
from tests.support.recorded_calls import Recording, record, small
from tests.support.typed_work import asking, dying, eating, hanging, here
from tests.support.waiting import wait_until_async


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return small(tmp_path / "h.duckdb").path


@pytest.fixture
async def one(history: Path) -> AsyncIterator[Typed]:
    made = Typed(history, 1)
    yield made
    await made.close()


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


async def test_it_runs_in_one_process_that_stays_whatever_is_asked(
    one: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    assert [one.process] == [None]
    first = await one.read(here)
    assert first == one.process != os.getpid()
    assert await one.read(partial(asking, "SELECT count(*) FROM calls")) == [(3,)]
    with pytest.raises(QueryError, match="syntax error") as error:
        await one.read(partial(asking, "SELECT * FORM calls"))
    assert "LINE 1" in error.value.told
    with pytest.raises(QueryError, match="refused"):
        await one.read(partial(asking, "DROP TABLE calls"))
    with pytest.raises(QueryError, match="memory"):
        await one.read(eating)
    assert await one.read(here) == first
    assert [path.name.startswith("driftgate-typed-") for path in place.iterdir()] == [True]
    await one.close()
    assert gone(first)
    assert list(place.iterdir()) == []


async def test_what_dies_hangs_or_is_not_waited_for_is_replaced(
    one: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("driftgate.dashboards.typed.GRACE_S", 0.3)
    with pytest.raises(QueryError, match="ended its process"):
        await one.read(dying)
    first = await one.read(here)
    with pytest.raises(QuerySlowError, match=r"stopped after 1 s"):
        await one.read(partial(hanging, tmp_path / "hung"))
    assert gone(first)
    second = await one.read(here)
    running = asyncio.create_task(one.read(partial(hanging, tmp_path / "left")))
    await wait_until_async((tmp_path / "left").exists)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert gone(second)


async def test_one_that_does_not_start_leaves_nothing(
    one: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(multiprocessing.active_children())
    monkeypatch.setattr("driftgate.dashboards.typed.START_S", 0.01)
    with pytest.raises(QuerySlowError):
        await one.read(here)
    assert set(multiprocessing.active_children()) == before
    assert [one.process] == [None]


async def test_a_huge_query_stops_in_time_and_ingest_goes_on(one: Typed, history: Path) -> None:
    endless = "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b"
    running = asyncio.create_task(one.read(partial(asking, endless)))
    await wait_until_async(lambda: _held(history))
    with pytest.raises(QuerySlowError):
        await running
    assert not _held(history)


def _held(history: Path) -> bool:
    """Whether what was recorded cannot be taken in just now."""
    try:
        Recording(history).add(record(7))
    except HistoryBusyError:
        return True
    return False


async def test_only_so_many_wait(one: Typed, tmp_path: Path) -> None:
    first = asyncio.create_task(one.read(partial(hanging, tmp_path / "mark")))
    await wait_until_async((tmp_path / "mark").exists)
    others = [asyncio.create_task(one.read(here)) for _ in range(WAITING - 1)]
    await asyncio.sleep(0)
    with pytest.raises(HistoryBusyError, match="other queries are running"):
        await one.read(here)
    for task in (*others, first):
        task.cancel()
    await asyncio.gather(first, *others, return_exceptions=True)


async def test_it_ends_when_nobody_asks_for_a_while(history: Path) -> None:
    made = Typed(history, 1, idle_s=0.05)
    process = await made.read(here)
    await wait_until_async(lambda: made.process is None)
    await wait_until_async(lambda: gone(process))
    await made.close()
