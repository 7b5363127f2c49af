"""The process that agents live in.

`python -m driftgate.proxy.agent.host` is a child of `driftgate serve`, one for all workers: the first
line of its standard input holds the settings, the proxy's own address and the user's umask, and, for a
replay, where to listen and to work. When the input ends the parent is gone or wants the end: turns that run may finish
within `shutdown_grace_s`. Its Codex processes end with it, however it ends.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from driftgate.proxy import admin
from driftgate.proxy.agent.agents import Agents
from driftgate.proxy.agent.calling import CONTROL, SERVICE, host_socket
from driftgate.proxy.agent.making import make
from driftgate.proxy.agent.served import Desk, Served
from driftgate.proxy.errors import DriftgateError, Exit
from driftgate.proxy.logs import say_last, set_up_logging
from driftgate.proxy.loop import ignore_hangup
from driftgate.proxy.own_journal import make_redactor, open_journal
from driftgate.proxy.parent import STDIN, first_line
from driftgate.proxy.server import Server
from driftgate.proxy.settings.model import Settings

LOOK_S = 1.0  # between two looks at whether it can still be found


async def run(task: dict[str, Any], stop: asyncio.Event) -> None:
    """The process's work, until `stop`.

    Args:
        task: settings: as JSON values. url: the proxy's own. agents_socket: where to listen instead of
            the history's own place. folder: where to work instead of beside the history.
        stop: set when it is to end.
    """
    settings = Settings.model_validate(task["settings"])
    redactor = make_redactor(settings)
    journal = open_journal(settings, SERVICE)
    agents = _agents(task, Desk(settings, journal, redactor))
    server = Server(agents, max_header_bytes=settings.max_header_kb << 10)
    chores = [asyncio.create_task(work) for work in (journal.run(), agents.warm())]
    async with contextlib.AsyncExitStack() as listening:
        path, control = _places(task, settings.history)
        while True:  # another proxy's host may take the places, and leave them empty when it ends
            if _is_free(path):
                await server.start(listening.enter_context(_bound(path)))
            if control is not None and _is_free(control):
                answering = await admin.listen(control, agents.answer)
                listening.callback(answering.close)
                listening.enter_context(_placed(control))
            if await _over(stop, LOOK_S):
                break
    await agents.finish(settings.shutdown_grace_s)
    await server.close()
    for chore in chores:
        chore.cancel()
    await agents.close()
    journal.close()


def _agents(task: dict[str, Any], desk: Desk) -> Agents:
    settings = desk.settings
    folder = Path(task.get("folder") or f"{settings.history.absolute()}.agents")
    return Agents({
        name: Served(name, partial(make, name, upstream.codex, task["url"], folder), desk)
        for name, upstream in settings.upstreams.items()
        if upstream.codex is not None
    })  # fmt: skip


def _places(task: dict[str, Any], history: Path) -> tuple[Path, Path | None]:
    """Where turns are asked for, and where its status is; taken from a host that ends, or was killed."""
    given = task.get("agents_socket")
    path = Path(given or host_socket(history))
    control = None if given else admin.socket_path(history, CONTROL)
    for place in (path, control):
        if place is not None:
            admin.own_folder(place)
    return path, control


async def _over(stop: asyncio.Event, within_s: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), within_s)
    return stop.is_set()


def _is_free(path: Path) -> bool:
    return not path.exists()


@contextlib.contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    """A socket bound at this path, whose folder is there. Behind the block nobody finds it."""
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(path))
    path.chmod(0o600)
    bound.setblocking(False)
    with _placed(path):
        yield bound


@contextlib.contextmanager
def _placed(path: Path) -> Iterator[None]:
    """Removes the file behind the block, unless another host has put its own there meanwhile."""
    ours = path.stat().st_ino
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == ours:
                path.unlink()


async def _until_told(task: dict[str, Any]) -> None:
    """Runs until a signal, or the end of the input, says that it is over."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def hear() -> None:
        while os.read(STDIN, 4096):
            continue
        with contextlib.suppress(RuntimeError):  # the loop has ended before
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=hear, daemon=True).start()
    await run(task, stop)


def main() -> int:
    """The process."""
    ignore_hangup()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # is for the parent, which then ends the input
    task = json.loads(first_line())
    # what commands make is as the user's own commands would make it; driftgate's own files lie in
    # folders that nobody else may enter
    os.umask(task.get("umask", 0o077))
    set_up_logging(Settings.model_validate(task["settings"]), "agents")
    try:
        asyncio.run(_until_told(task))
    except DriftgateError as error:
        say_last(error)
        return int(error.exit_code)
    except OSError as error:
        say_last(f"the agents' host cannot work: {error}")
        return int(Exit.COULD_NOT_CHECK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
