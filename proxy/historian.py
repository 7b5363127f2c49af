"""The historian: the process that takes all journals into DuckDB. `python -m driftgate.proxy.historian`.

Started by `driftgate serve`: its first line of standard input holds the settings as JSON; when the
input ends, the parent is gone: what is in the journals is taken in once more, and it exits. One
historian a history: a second one waits for the first one's lock. It may be killed at any time.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from driftgate.proxy import admin
from driftgate.proxy.agent.calling import host_socket
from driftgate.proxy.behind import Behind
from driftgate.proxy.errors import HistoryBusyError, HistoryError
from driftgate.proxy.history.drain import LOCK, Drain, Step
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.logs import set_up_logging
from driftgate.proxy.metrics.metrics import Metrics
from driftgate.proxy.parent import STDIN, first_line
from driftgate.proxy.settings.model import Settings, journal_root

NICENESS = 5  # where a core is short, calls come first
POLL_S = 1.0  # between two looks at the journals
LONGEST_WAIT_S = 5.0  # between two tries at a file that is not to be had
FIRST_WAIT_S = 0.1
LAST_DRAIN_S = 20.0  # how long the end may wait for the file
_HOLDER = re.compile(r"held by (.+?); ")
_log = logging.getLogger("driftgate.historian")


class Historian:
    """Drains about once a second, and at once when asked to."""

    def __init__(self, history: Path, root: Path, *, decode_limit: int) -> None:
        self.drain = Drain(history, root, decode_limit=decode_limit)
        self.metrics = Metrics(time.time())
        self.drain.listeners.append(self.metrics.committed)
        self.stopping = asyncio.Event()
        self.prober: Any = None  # a Prober; imported late, since it brings the HTTP client
        self.behind: Behind | None = None
        self._root = root
        self._pool = ThreadPoolExecutor(1, "drain")  # DuckDB must not hold up the socket
        self._turn = asyncio.Lock()
        self._error: HistoryError | OSError | None = None
        self._last_ingest: float | None = None
        self._caught_up = time.time()

    async def run(self) -> None:
        """Until stopping; then drains once more."""
        wait = 0.0
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), wait)
                break
            wait = self._wait(wait, await self._step())
        deadline = time.monotonic() + LAST_DRAIN_S
        wait = 0.0
        while (step := await self._step()) is None or step.more:
            # only a reader that holds the file goes away by itself
            hopeless = not isinstance(self._error, HistoryBusyError)
            if step is None and (hopeless or time.monotonic() > deadline):
                _log.warning("the journal keeps what is not in the history yet: %s", self._error)
                return
            wait = self._wait(wait, step)
            await asyncio.sleep(wait)
        with contextlib.suppress(HistoryError):  # a reader is in: the log stays beside the file
            self.drain.store.tidy()

    def _wait(self, last: float, step: Step | None) -> float:
        if step is None:
            return min(max(last * 2, FIRST_WAIT_S), LONGEST_WAIT_S)
        return 0.0 if step.more else POLL_S

    async def _step(self) -> Step | None:
        """One step of the drain; None where the file is not to be had."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            try:
                step = await loop.run_in_executor(self._pool, self._drain_step)
            except (HistoryError, OSError) as error:
                self._note(error)
                return None
            except Exception as error:  # noqa: BLE001 - a fault of ours; the journal keeps the calls
                _log.exception("ingest failed")
                self._note(HistoryError(f"ingest failed: {error!r}"))
                return None
        self._note(None)
        if step.calls:
            self._last_ingest = time.time()
        if not step.more:
            self._caught_up = time.time()
        if self.prober is not None:
            for upstream, model in step.models:
                self.prober.note_model(upstream, model)
        return step

    def _drain_step(self) -> Step:
        """In the drain's thread."""
        step = self.drain.step()
        self.metrics.know(self.drain.fingerprints())
        return step

    def _note(self, error: HistoryError | OSError | None) -> None:
        if error is not None and str(error) != str(self._error or ""):
            _log.warning("ingest waits: %s", error)
        elif error is None and self._error is not None:
            _log.warning("ingest goes on")
        if error is not None:
            self.metrics.failed(error)
        self._error = error

    async def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """What people and commands ask over the admin socket."""
        if message.get("op") == "drain":
            return await self._answer_drain()
        if message.get("op") == "status":
            return self._answer_status()
        if message.get("op") == "metrics":
            status, openmetrics = self._answer_status(), message.get("openmetrics") is True
            return {"text": await asyncio.to_thread(self.metrics.text, status, openmetrics)}
        return {"error": "unknown op; this process knows drain, status and metrics"}

    async def _answer_drain(self) -> dict[str, Any]:
        calls = 0
        while (step := await self._step()) is not None:
            calls += step.calls
            if not step.more:
                return {"drained": True, "calls": calls}
        return {"drained": False, "error": str(self._error)}

    def _answer_status(self) -> dict[str, Any]:
        unread = self.drain.unread_bytes()
        found = _HOLDER.search(str(self._error or ""))
        waiting = isinstance(self._error, HistoryBusyError)
        return {
            "pid": os.getpid(),
            "backlog_bytes": unread,
            "last_ingest_at": self._last_ingest,
            "ingested_total": self.drain.total,
            "lag_s": round(time.time() - self._caught_up, 3) if unread else 0.0,
            "waiting_for": found.group(1) if waiting and found else None,
            "error": str(self._error) if self._error is not None else None,
            "quarantined": self.drain.quarantined[-100:],
            "fingerprints": self._fingerprints(),
            "otel": self.behind.status() if self.behind is not None else None,
        }

    def _fingerprints(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What the prober sees, with the times of changes as the history knows them."""
        kept = self.drain.fingerprints()
        if self.prober is None:
            return kept
        state: dict[str, dict[str, dict[str, Any]]] = self.prober.state()
        for upstream, models in state.items():
            for model, seen in models.items():
                known = kept.get(upstream, {}).get(model, {})
                if known.get("id") == seen["id"]:
                    seen["changed_at"] = known["changed_at"]
        return state

    def close(self) -> None:
        """Ends the drain's thread, and what hears it."""
        self._pool.shutdown(wait=True)
        if self.behind is not None:
            self.behind.close()


@contextlib.contextmanager
def _locked(root: Path, stopping: threading.Event) -> Iterator[bool]:
    """Holds the historian's lock; False where it was told to stop while waiting for it."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / LOCK).open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if stopping.wait(0.2):
                    yield False
                    return
            else:
                yield True
                return


async def _run(settings: Settings, stopping: threading.Event) -> None:
    history = settings.history
    historian = Historian(
        history, journal_root(history), decode_limit=settings.record.decode_limit_mb << 20
    )
    historian.behind = Behind(settings, historian.drain)
    _pass_on(stopping, historian.stopping)
    probing = _start_prober(settings, historian)
    server = await admin.listen(admin.socket_path(history, "history"), historian.answer)
    try:
        await historian.run()
    finally:
        server.close()
        probing.cancel()
        historian.close()


def _pass_on(stopping: threading.Event, stop: asyncio.Event) -> None:
    """Tells the loop when a signal or the end of the input says so."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        stopping.wait()
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, daemon=True).start()


def _start_prober(settings: Settings, historian: Historian) -> asyncio.Task[None]:
    from driftgate.proxy.fingerprint.prober import Observation, Prober  # noqa: PLC0415 - brings the HTTP client

    def sink(seen: Observation) -> None:
        shown = seen.fingerprint
        historian.drain.seen.append(
            Seen(seen.at_ns, seen.upstream, seen.model, shown.id, shown.facts)
        )

    asked, shadow = dict(settings.upstreams), settings.shadow
    if shadow.on:
        asked[shadow.name] = shadow.candidate(settings.upstreams)
    upstreams = {name: upstream.url for name, upstream in asked.items()}
    insecure = frozenset(name for name, upstream in asked.items() if not upstream.verify_tls)
    host = host_socket(settings.history)
    historian.prober = Prober(
        upstreams, settings.fingerprint_interval_s, sink, agents=host, insecure=insecure
    )
    return asyncio.create_task(historian.prober.run())


def _await_parent(stopping: threading.Event) -> None:
    """Reads standard input until it ends: then the parent is gone."""
    while os.read(STDIN, 4096):
        continue
    stopping.set()


def main() -> None:
    """The process."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # has no contracts to load anew
    os.nice(NICENESS)
    settings = Settings.model_validate_json(first_line())
    set_up_logging(settings, "historian")
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    # Ctrl-C reaches the whole process group: the parent closes our input when the calls are over
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_await_parent, args=(stopping,), daemon=True).start()
    with _locked(journal_root(settings.history), stopping) as held:
        if held:
            asyncio.run(_run(settings, stopping))


if __name__ == "__main__":
    main()
