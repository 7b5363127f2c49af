"""A worker: one process (or the only one) that serves calls and writes its own journal.

Run as `python -m driftgate.proxy.worker` it is a child of `driftgate serve --workers N`: the first
line of stdin says what to do, each further one asks for the contracts to be loaded anew or says that
the end is near, and the end of stdin means that the parent is gone.
"""

import asyncio
import contextlib
import gc
import json
import logging
import os
import socket
import sys
import time
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Any

from driftgate import __version__
from driftgate.contracts.contract import Mode
from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy import admin
from driftgate.proxy.enforce.watch import Watch
from driftgate.proxy.errors import DriftgateError
from driftgate.proxy.front import Front, page_of
from driftgate.proxy.gateway import Gateway
from driftgate.proxy.logs import say_last, set_up_logging
from driftgate.proxy.loop import (
    ignore_hangup,
    on_hangup,
    on_signals,
    run_loop,
)
from driftgate.proxy.own_journal import make_redactor, open_journal
from driftgate.proxy.server import Server, url_of
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.tee import Recorder

log = logging.getLogger("driftgate")

RATE_WINDOW_S = 60
# a call leaves some hundred objects, nearly none in circles: the collector need not look so often
GC_THRESHOLD = (20_000, 20, 20)
CUT_WAIT_S = 2.0  # how long calls that are cut off may take to end
RELOAD, LAST_CALLS = "reload", "last calls"  # a parent's further lines


class Worker:
    """Serves calls on a bound socket until it is told to stop.

    serving: set once it takes calls.
    """

    def __init__(
        self,
        settings: Settings,
        listening: socket.socket,
        number: int = 0,
        *,
        agents: Path | None = None,
        replays: bool = False,
    ) -> None:
        """Nothing is served yet. For agents and replays see `driftgate.proxy.gateway.Gateway`."""
        rules, redactor = settings.journal, make_redactor(settings)
        self.journal = open_journal(settings, str(number))
        self._recorder = Recorder(
            self.journal,
            redactor,
            body_limit=settings.record.body_limit_mb << 20,
            passing=rules.disk_full == "pass",
            durable=rules.durability == "fsync",
        )
        self.watch = Watch(settings, self._contracts, enforced=not replays)
        self.gateway = Gateway(
            settings, self._recorder, self.watch.contracts, agents=agents, replays=replays
        )
        has_front = settings.dashboard.on and not replays
        self._front = Front(settings, self.gateway, self.journal) if has_front else None
        self._server = Server(
            self._front or self.gateway, max_header_bytes=settings.max_header_kb << 10
        )
        self._settings, self._replays, self._number = settings, replays, number
        self._listening = listening
        self._url = url_of(listening)  # the socket is closed before the last status is asked for
        self._page = page_of(listening) if self._front is not None else None
        self._started_at = time.time()
        self._counts: deque[int] = deque(maxlen=RATE_WINDOW_S + 1)
        self.serving = asyncio.Event()
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ends_at: float | None = None

    def refuse_clients(self) -> None:
        """Takes no new call but those of agents' turns: the beginning of the end, where there are agents.

        The time that running calls get begins to count.
        """
        self.gateway.refuse_clients()
        self._ends_at = time.monotonic() + self._settings.shutdown_grace_s

    def stop(self) -> None:
        """Lets running calls finish, then ends; a second time ends at once."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    async def run(self) -> None:
        """Serves until `stop`; what was recorded is on the disk when this returns."""
        configuration = {"driftgate": __version__, **self._settings.effective()}
        self.journal.config(json.dumps(configuration, sort_keys=True))
        self.journal.contracts(self.watch.contracts.as_json())
        self.journal.note("started", json.dumps({"pid": os.getpid(), "version": __version__}))
        path = admin.socket_path(self._settings.history, self.journal.writer)
        control = await admin.listen(path, self._answer)
        chores = [asyncio.create_task(self.journal.run()), asyncio.create_task(self._watch())]
        await self._server.start(self._listening)
        # what is there now stays: the collector need not walk it again and again
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        self.serving.set()
        await self._stop.wait()
        await self._wind_down()
        for chore in chores:
            chore.cancel()
        control.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108 - one call at the very end, nothing else runs
        self.journal.note("stopped", json.dumps({"pid": os.getpid()}))
        self.journal.close()

    async def _wind_down(self) -> None:
        self.gateway.stop()
        if self._front is not None:
            self._front.stop()
        await self._server.refuse_new()
        ends = [asyncio.create_task(event.wait()) for event in (self.gateway.idle, self._hurry)]
        grace = self._settings.shutdown_grace_s
        if self._ends_at is not None:  # agents' last answers are still on their way
            grace = max(min(grace, CUT_WAIT_S), self._ends_at - time.monotonic())
        await asyncio.wait(ends, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        if self.gateway.open:
            log.warning("%d calls were still running and are cut off", len(self.gateway.open))
        await self._server.close()
        with contextlib.suppress(TimeoutError):  # the cancelled ones write their ends
            async with asyncio.timeout(CUT_WAIT_S):
                await self.gateway.idle.wait()
        if self.gateway.shadow is not None:
            await self.gateway.shadow.ended()

    async def _watch(self) -> None:
        """Once a second: the rate, the contracts, and a shout when calls are refused or pass unrecorded."""
        shouted: str | None = None
        while True:
            self._counts.append(self.gateway.started)
            self.watch.look()
            full = self.journal.full
            if full != shouted and (full is None or shouted is None):
                shouted = full
                self._shout(full)
            await asyncio.sleep(1)

    def reload(self) -> None:
        """Looks at the contracts again, now."""
        self.watch.look(anyway=True)

    def _contracts(self, contracts: ContractSet) -> None:
        """They are in force from here on: calls that run keep theirs."""
        self.journal.contracts(contracts.as_json())
        self.gateway.door.contracts = contracts

    def _shout(self, full: str | None) -> None:
        if full is None:
            log.warning(
                "the journal can be written again; %d calls passed unrecorded",
                self._recorder.unrecorded,
            )
            self.journal.note("disk_free", json.dumps({"unrecorded": self._recorder.unrecorded}))
            return
        policy = "pass UNRECORDED" if self._recorder.passing else "are refused"
        log.error("the journal cannot be written, calls %s: %s", policy, full)
        self.journal.note("disk_full", json.dumps({"why": full, "calls": policy}))

    async def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        if message.get("op") != "status":
            return {"error": f"unknown operation {message.get('op')!r}; known: status"}
        return self.status()

    def status(self) -> dict[str, Any]:
        """What `driftgate status` shows of this worker."""
        per_minute = self._counts[-1] - self._counts[0] if self._counts else 0
        return {
            "worker": self.journal.writer,
            "number": self._number,
            "pid": os.getpid(),
            "listen": self._url,
            "dashboard": self._page,
            "started_at": self._started_at,
            "stopping": self.gateway.refusing,
            "replays": self._replays,
            "calls_total": self.gateway.started,
            "calls_open": len(self.gateway.open),
            "unrecorded": self._recorder.unrecorded,
            "disk_full": self.journal.full is not None,
            "disk_full_why": self.journal.full,
            "upstreams": self._upstreams(),
            "contracts": [f"{each.name} {each.version}" for each in self.watch.contracts.contracts],
            "contracts_enforcing": [
                f"{each.name} {each.version}"
                for each in self.watch.contracts.contracts
                if each.mode is Mode.ENFORCE
            ],
            "contracts_bad": self.watch.bad,
            "rates": {"calls_per_min": per_minute},
            "shadow": self.gateway.shadow.status() if self.gateway.shadow is not None else None,
        }

    def _upstreams(self) -> dict[str, dict[str, Any]]:
        known, gear = self._settings.effective()["upstreams"], self.gateway.door.gear
        now = gear.clock()
        return {
            name: {
                "url": known[name]["url"],
                **asdict(health),
                "breaker": gear.breakers[name].state(now).value,
            }
            for name, health in self.gateway.health.items()
        }


async def _child(task: dict[str, Any]) -> None:
    settings = Settings.model_validate(task["settings"])
    set_up_logging(settings, f"worker {task['number']}")
    agents = task.get("agents_socket")
    worker = Worker(
        settings,
        socket.socket(fileno=task["fd"]),
        task["number"],
        agents=None if agents is None else Path(agents),
        replays=task.get("replays", False),
    )
    on_signals(worker.stop)
    on_hangup(worker.reload)
    asyncio.get_running_loop().run_in_executor(
        None, _hear_parent, worker, asyncio.get_running_loop()
    )
    await worker.run()


def _hear_parent(worker: Worker, loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended before
        while told := os.read(0, 4096):  # not sys.stdin: its lock would be held at the very end
            ends = LAST_CALLS.encode() in told
            loop.call_soon_threadsafe(worker.refuse_clients if ends else worker.reload)
        loop.call_soon_threadsafe(worker.stop)


def main() -> int:
    """The entry of a child process."""
    ignore_hangup()
    task = json.loads(sys.stdin.buffer.readline())
    try:
        run_loop(_child(task))
    except DriftgateError as error:
        say_last(error)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
