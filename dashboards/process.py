"""The dashboard process. `python -m driftgate.dashboards.process`, a child of `driftgate serve`.

Its first line of standard input holds the settings and its socket's name as JSON; when the input ends, the parent is gone,
and so is it. It listens on a unix socket, where the workers relay what is asked of `/_driftgate/`.
Until somebody looks it holds the socket and nothing else: pages, templates and DuckDB are loaded with
the first connection, which waits in the socket meanwhile.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from driftgate.proxy.parent import STDIN, first_line

NICENESS = 5  # where a core is short, calls come first
BACKLOG = 64
NAME = "dashboard"  # in messages
LOOK_S = 1.0  # between two looks whether the socket is in its place


async def run(task: dict[str, Any]) -> None:
    """Serves until standard input ends."""
    from driftgate.proxy import admin  # noqa: PLC0415 - each import is memory that may never be needed

    path = admin.socket_path(Path(task["settings"]["history"]), task["socket"])
    bound = _bound(path)
    made = path.stat().st_ino
    loop = asyncio.get_running_loop()
    stop, wanted = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_reader(STDIN, _read_on, stop)
    loop.add_reader(bound, wanted.set)
    watching = asyncio.create_task(_watch(path, stop))
    await _first(wanted, stop)
    loop.remove_reader(bound)
    if not stop.is_set():
        await _serve(task, bound, stop)
    watching.cancel()
    bound.close()
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_ino == made:  # else another proxy on this history has taken its place
            path.unlink()


def _bound(path: Path) -> socket.socket:
    from driftgate.proxy import admin  # noqa: PLC0415 - as above

    admin.own_folder(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(os.fspath(path))
    bound.listen(BACKLOG)
    bound.setblocking(False)
    return bound


async def _watch(path: Path, stop: asyncio.Event) -> None:
    """Ends it once nobody can be reached there: to be started again.

    A second proxy on this history takes the place of the socket, and leaves none when it ends.
    """
    while not stop.is_set() and not _deserted(path):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_S)
    stop.set()


def _deserted(path: Path) -> bool:
    """Whether nobody listens. Who does is not woken: this is a socket of another type."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return True
        except OSError:  # of another type
            return False
    return False


def _read_on(stop: asyncio.Event) -> None:
    """The parent says nothing more; its end is the end of the input."""
    if not os.read(STDIN, 4096):
        asyncio.get_running_loop().remove_reader(STDIN)
        stop.set()


async def _first(*events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()


async def _serve(task: dict[str, Any], bound: socket.socket, stop: asyncio.Event) -> None:
    from aiohttp import web  # noqa: PLC0415 - as above

    from driftgate.dashboards.app import make_site, runner  # noqa: PLC0415 - as above
    from driftgate.proxy.logs import set_up_logging  # noqa: PLC0415 - as above
    from driftgate.proxy.settings.model import Settings  # noqa: PLC0415 - as above

    settings = Settings.model_validate(task["settings"])
    set_up_logging(settings, NAME)
    made = runner(make_site(settings, relayed=True))
    await made.setup()
    await web.SockSite(made, bound, backlog=BACKLOG).start()
    await stop.wait()
    await made.cleanup()


def main() -> None:
    """The process."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.nice(NICENESS)
    os.umask(0o077)
    line = first_line()
    if line:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(run(json.loads(line)))


if __name__ == "__main__":
    sys.exit(main())
