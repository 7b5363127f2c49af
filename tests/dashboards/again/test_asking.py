"""Replays that are under way."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from driftgate.dashboards.again import asking
from driftgate.dashboards.again.asking import KEPT, WAITING, Replay, Replays, Stage, replays
from driftgate.dashboards.again.wanted import Wanted, wanted
from driftgate.dashboards.app import make_site
from driftgate.dashboards.site import Site
from driftgate.proxy.errors import UsageError
from driftgate.proxy.settings.model import Settings
from driftgate.replay.run import single
from tests.replay.run.drained import InProcess
from tests.replay.run.made import Made, asked, says
from tests.support.scripted import Exchange, Scripted, always, sized
from tests.support.waiting import wait_until_async


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "Historian", InProcess)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


@pytest.fixture
async def site(made: Made) -> AsyncIterator[Site]:
    site = make_site(Settings(history=made.path))
    yield site
    await site.close()


def at(url: str) -> Wanted:
    return wanted({"address": url}, Settings())


def recorded(made: Made) -> str:
    call_id = made.call(asked(1))
    made.drain()
    return call_id


async def ended(replay: Replay) -> None:
    await wait_until_async(lambda: not replay.open)


async def test_an_answer_is_in_the_history_when_it_is_done(made: Made, site: Site) -> None:
    call_id = recorded(made)
    async with Scripted(always(says("ho"))).running() as server:
        replay = replays(site).start(call_id, at(server.url))
        assert replay.open
        await ended(replay)
    assert (replay.stage, replay.problem) == (Stage.DONE, "")
    assert made.ask("SELECT call_id::VARCHAR FROM replays") == [(replay.answer,)]
    assert replays(site).of(call_id) == [replay]
    assert replays(site).of("another") == []


async def test_what_takes_too_long_is_stopped_and_kept(
    made: Made, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LIMIT_S", 0.5)
    call_id = recorded(made)

    async def never(exchange: Exchange) -> None:
        await asyncio.Event().wait()

    async with Scripted(never).running() as server:
        replay = replays(site).start(call_id, at(server.url))
        await ended(replay)
    assert replay.stage is Stage.FAILED
    assert "no whole answer within 0.5 s" in replay.problem
    assert made.ask("SELECT outcome FROM replays") == [("interrupted",)]


async def test_few_are_asked_at_a_time_and_too_many_are_refused(made: Made, site: Site) -> None:
    call_id, opened, go = recorded(made), [0], asyncio.Event()

    async def held(exchange: Exchange) -> None:
        opened[0] += 1
        await go.wait()
        await exchange.send(sized(b"{}"))

    async with Scripted(held).running() as server:
        found = [replays(site).start(call_id, at(server.url)) for _ in range(WAITING)]
        with pytest.raises(UsageError, match="are under way already"):
            replays(site).start(call_id, at(server.url))
        await wait_until_async(lambda: opened[0] == asking.AT_ONCE)
        waiting = [each for each in found if each.stage is Stage.WAITING]
        assert len(waiting) == WAITING - asking.AT_ONCE
        await replays(site).close()
        go.set()
    assert [each.open for each in found] == [False] * WAITING


async def test_a_call_that_is_gone_is_said(made: Made, site: Site) -> None:
    recorded(made)
    replay = replays(site).start("00000000-0000-7000-8000-000000000000", at("http://127.0.0.1:1"))
    await ended(replay)
    assert replay.stage is Stage.FAILED
    assert "no call" in replay.problem or "not" in replay.problem


async def test_an_own_fault_is_said_and_not_hidden(
    made: Made, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(asking, "question", broken)
    replay = replays(site).start(recorded(made), at("http://127.0.0.1:1"))
    await ended(replay)
    assert "failed inside driftgate" in replay.problem
    assert "ZeroDivisionError" in caplog.text
    assert caplog.records[-1].__dict__["call_id"] == replay.of


async def test_old_ones_are_forgotten(made: Made, site: Site) -> None:
    made.drain()
    known = Replays(site)
    known._known = [Replay(str(n), at("http://x"), stage=Stage.DONE) for n in range(2 * KEPT)]
    known.start("new", at("http://127.0.0.1:1"))
    assert len(known._known) == KEPT
    assert known.of("0") == []
    await known.close()
