"""The order in which a proxy with agents ends."""

import asyncio

from driftgate.proxy.ending import GIVE_UP_S, Ending


class Host:
    """A host whose turns end when the test says so."""

    def __init__(self) -> None:
        self.limit_s = 0.0
        self.turns = asyncio.Event()

    async def stop(self, limit_s: float) -> None:
        self.limit_s = limit_s
        await self.turns.wait()


async def test_the_proxy_stops_only_when_the_turns_have_ended() -> None:
    said, host = list[str](), Host()
    ending = Ending(host, 30, lambda: said.append("refuse"), lambda: said.append("stop"))
    ending()
    await asyncio.sleep(0)
    assert said == ["refuse"]
    assert host.limit_s == 30 + GIVE_UP_S
    host.turns.set()
    while len(said) < 2:
        await asyncio.sleep(0)
    assert said == ["refuse", "stop"]


async def test_a_second_signal_does_not_wait_for_them() -> None:
    said, host = list[str](), Host()
    ending = Ending(host, 30, lambda: said.append("refuse"), lambda: said.append("stop"))
    ending()
    ending()
    assert said == ["refuse", "stop", "stop"]  # twice: at once
    host.turns.set()


def test_without_agents_a_signal_stops_the_proxy() -> None:
    said = list[str]()
    ending = Ending(None, 30, lambda: said.append("refuse"), lambda: said.append("stop"))
    ending()
    ending()
    assert said == ["stop", "stop"]
