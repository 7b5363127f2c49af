"""The end of `driftgate serve`: in which order its parts are told.

An agent's turn calls its model through this very proxy. So the calls of clients are refused first,
then the turns get their time, and only then the proxy itself stops.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

GIVE_UP_S = 10.0  # how long children may take beyond the time that running calls get


class Stoppable(Protocol):
    """The agents' host, as a child process."""

    async def stop(self, limit_s: float) -> None:
        """Returns when it has ended."""


class Ending:
    """What a signal does. Agents' turns end first.

    refuse: takes no new call of clients any more. stop: ends it all; a second time at once.
    """

    def __init__(
        self,
        host: Stoppable | None,
        grace_s: float,
        refuse: Callable[[], None],
        stop: Callable[[], None],
    ) -> None:
        """Nothing has happened yet. host: None: there are no agents. grace_s: what turns get to finish."""
        self._host, self._refuse, self._stop = host, refuse, stop
        self._limit_s = grace_s + GIVE_UP_S
        self._turns: asyncio.Task[None] | None = None

    def __call__(self) -> None:
        """A signal has come."""
        if self._host is None:
            self._stop()
        elif self._turns is None:
            self._refuse()
            self._turns = asyncio.create_task(self._host.stop(self._limit_s))
            self._turns.add_done_callback(lambda _: self._stop())
        else:
            self._stop()
            self._stop()
