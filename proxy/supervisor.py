"""`driftgate serve`: the processes of one proxy, started, restarted and stopped together.

With one worker this process serves calls itself; with several it only looks after them. The
historian is always a process of its own: nothing that DuckDB does can hold up a call. So is the
dashboard, and the host of the agents, where the settings have some; one serves all workers. Children
read their settings from the first line of stdin and take its end for this process's death.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from driftgate.proxy import admin
from driftgate.proxy.agent.calling import CONTROL
from driftgate.proxy.ending import GIVE_UP_S, Ending
from driftgate.proxy.enforce.watch import load_contracts
from driftgate.proxy.errors import UsageError
from driftgate.proxy.front import told_of
from driftgate.proxy.logs import say_always, set_up_logging
from driftgate.proxy.loop import (
    ignore_hangup,
    on_hangup,
    on_signals,
    run_loop,
)
from driftgate.proxy.running import dashboard_name
from driftgate.proxy.server import BACKLOG, bind, own_url, url_of
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.telemetry.extra import check_extra
from driftgate.proxy.worker import LAST_CALLS, RELOAD, Worker

log = logging.getLogger("driftgate")

RESTART_S = (0.1, 0.5, 2.0, 5.0)  # waits between restarts; the last one repeats
SOUND_S = 30.0  # a child that lived so long starts at the first wait again
READY_S = 5.0  # how long the first line waits for the historian; calls do not wait
DRAIN_S = 60.0  # how long the historian may take to write what is left
PAGES = "driftgate.dashboards.process"  # of a floor above this one: known by its name alone
PAGES_S = 2.0  # how long it may take to end


class Child:
    """A child process that is kept running until it is told to stop."""

    def __init__(self, name: str, module: str, line: str, fds: Sequence[int] = ()) -> None:
        self._name, self._module, self._line, self._fds = name, module, line, fds
        self._process: asyncio.subprocess.Process | None = None
        self._stop = asyncio.Event()

    async def keep(self) -> None:
        """Starts it, and starts it again whenever it ends, until `stop`."""
        failures = 0
        while not self._stop.is_set():
            began = asyncio.get_running_loop().time()
            code = await self._run()
            if self._stop.is_set():
                return
            lived = asyncio.get_running_loop().time() - began
            failures = 0 if lived > SOUND_S else failures + 1
            wait = RESTART_S[min(failures, len(RESTART_S) - 1)]
            log.warning("the %s ended (%s) and is started again", self._name, _how(code))
            await asyncio.sleep(wait)

    async def stop(self, limit_s: float) -> None:
        """Closes its stdin, which asks it to finish; kills it after the limit."""
        self._stop.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(limit_s):
                await process.wait()
        except TimeoutError:
            log.warning("the %s did not finish within %g s and is killed", self._name, limit_s)
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def tell(self, line: str) -> None:
        """Sends it another line: a signal would end one that has just been started."""
        process = self._process
        if process is not None and process.returncode is None and not self._stop.is_set():
            assert process.stdin is not None
            process.stdin.write(line.encode() + b"\n")

    async def _run(self) -> int:
        # a session of its own: Ctrl-C in the terminal is for the parent, which then stops it
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # a file in the user's folder must not stand in for a module of Python's own
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            pass_fds=self._fds,
            start_new_session=True,
        )
        self._process = process
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(self._line.encode() + b"\n")
            await process.stdin.drain()
        return await process.wait()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def serve(settings: Settings) -> None:
    """Runs the proxy until SIGTERM or SIGINT; SIGHUP loads the contracts anew.

    Raises:
        UsageError: the address cannot be listened on, a contract cannot be used, or an extra is missing.
        JournalError: the journal cannot be written.
    """
    ignore_hangup()
    set_up_logging(settings, "serve")
    check_extra(settings.otel)
    load_contracts(settings)  # what is wrong with them is said once, before anything is started
    # what people ask a model is theirs alone: the history too, and DuckDB's log
    umask = os.umask(0o077)
    run_loop(_serve(settings, umask))


async def _serve(settings: Settings, umask: int) -> None:
    sockets = _bind_all(settings)
    historian = Child("historian", "driftgate.proxy.historian", settings.model_dump_json())
    host, grace_s = _host(settings, sockets[0], umask), settings.shutdown_grace_s
    dashboard = _dashboard(settings)
    keeping: list[asyncio.Task[None]] = []
    try:
        if settings.workers == 1:
            worker = Worker(settings, sockets[0])
            keeping += _kept(historian, host, dashboard)
            on_signals(Ending(host, grace_s, worker.refuse_clients, worker.stop))
            on_hangup(worker.reload)
            keeping.append(asyncio.create_task(_announce(settings, sockets[0], worker.serving)))
            await worker.run()
        else:
            keeping += _kept(historian, host, dashboard)
            await _keep_workers(settings, sockets, keeping, host)
    finally:
        if dashboard is not None:  # before the historian, which needs the file that this one reads
            await dashboard.stop(PAGES_S)
        if host is not None:
            await host.stop(GIVE_UP_S)
        await historian.stop(DRAIN_S)
        for task in keeping:
            task.cancel()


def _dashboard(settings: Settings) -> Child | None:
    """The dashboard's process; None: there is to be none."""
    if not settings.dashboard.on:
        return None
    name = dashboard_name(settings.address[0])
    task = {"settings": settings.model_dump(mode="json"), "socket": name}
    return Child("dashboard", PAGES, json.dumps(task))


def _host(settings: Settings, bound: socket.socket, umask: int) -> Child | None:
    """The agents' host, which must know where Codex finds this proxy; None: there are no agents.

    umask: the user's own.
    """
    if all(upstream.codex is None for upstream in settings.upstreams.values()):
        return None
    task = {
        "settings": settings.model_dump(mode="json"),
        "url": own_url(bound),
        "umask": umask,
    }
    return Child("agents' host", "driftgate.proxy.agent.host", json.dumps(task))


def _kept(*children: Child | None) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(child.keep()) for child in children if child is not None]


async def _keep_workers(
    settings: Settings,
    sockets: list[socket.socket],
    keeping: list[asyncio.Task[None]],
    host: Child | None,
) -> None:
    children = []
    for number, bound in enumerate(sockets):
        task = {
            "settings": settings.model_dump(mode="json"),
            "fd": bound.fileno(),
            "number": number,
        }
        name = f"worker {number}"
        child = Child(name, "driftgate.proxy.worker", json.dumps(task), (bound.fileno(),))
        children.append(child)
        keeping.append(asyncio.create_task(child.keep()))
    stop, grace_s = asyncio.Event(), settings.shutdown_grace_s
    on_signals(Ending(host, grace_s, lambda: _tell_all(children, LAST_CALLS), stop.set))
    on_hangup(lambda: _tell_all(children, RELOAD))
    bound_is_enough = asyncio.Event()  # connections wait in the sockets until a worker is up
    bound_is_enough.set()
    for bound in sockets:
        bound.listen(BACKLOG)
    keeping.append(asyncio.create_task(_announce(settings, sockets[0], bound_is_enough)))
    await stop.wait()
    for bound in sockets:
        bound.close()
    limit = grace_s + GIVE_UP_S
    await asyncio.gather(*(child.stop(limit) for child in children))


def _tell_all(children: Sequence[Child], line: str) -> None:
    for child in children:
        child.tell(line)


def _bind_all(settings: Settings) -> list[socket.socket]:
    """A socket for each worker.

    Linux spreads connections over sockets that share a port; elsewhere all workers take them from
    one and the same socket.
    """
    host, port = settings.address
    spread = settings.workers > 1 and sys.platform == "linux"
    try:
        first = bind(host, port, shared=spread)
        port = first.getsockname()[1]
        more = range(settings.workers - 1)
        return [first, *(bind(host, port, shared=True) if spread else first.dup() for _ in more)]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot listen on {settings.listen}: {reason}; choose another with --listen"
        ) from error


async def _answers(
    settings: Settings, name: str, question: dict[str, str], deadline: float
) -> None:
    """Waits for a child to be up."""
    path = admin.socket_path(settings.history, name)
    while time.monotonic() < deadline:
        if await asyncio.to_thread(admin.ask, path, question, READY_S):
            return
        await asyncio.sleep(0.05)


async def _is_there(path: Path, deadline: float) -> None:
    """Waits for a child's socket, without a connection: the dashboard wakes up with its first one."""
    while time.monotonic() < deadline:
        if await asyncio.to_thread(path.exists):
            return
        await asyncio.sleep(0.05)


async def _announce(settings: Settings, bound: socket.socket, serving: asyncio.Event) -> None:
    """Says that calls are taken, once the others can be asked too (or take too long)."""
    url, page = url_of(bound), told_of(bound)  # a stop would close it while we wait
    await serving.wait()
    deadline = time.monotonic() + READY_S
    await _answers(settings, "history", {"op": "drain"}, deadline)
    if any(upstream.codex is not None for upstream in settings.upstreams.values()):
        await _answers(settings, CONTROL, {"op": "status"}, deadline)
    if settings.dashboard.on:
        name = dashboard_name(settings.address[0])
        await _is_there(admin.socket_path(settings.history, name), deadline)
    upstreams = ", ".join(
        f"{name} {values['url']}" for name, values in settings.effective()["upstreams"].items()
    )
    say_always(
        "listening on %s, forwarding to %s, history %s%s",
        url,
        upstreams,
        settings.history,
        f", dashboard at {page}" if settings.dashboard.on else "",
    )
