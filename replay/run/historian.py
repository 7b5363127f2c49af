"""The process that takes a run's journals into the history, whether a proxy runs or not.

One historian writes at a time, by the lock beside the journals. So one is always started here: where
a proxy's holds the lock it waits, takes over if that one dies, and ends when the run does.
"""

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

from driftgate.proxy import admin
from driftgate.proxy.errors import HistoryError
from driftgate.proxy.settings.model import Settings, Upstream

PATIENCE_S = 60.0  # how long the history may stay out of reach
STOP_S = 60.0  # how long the end may take
POLL_S = 0.1
# A historian asks the upstreams what they are. Those of a run are asked by the run itself, and a
# proxy's must not be mistaken for others of the same name: so it gets one where nobody listens.
_NOBODY = {"none": Upstream(url="http://127.0.0.1:1")}


class Historian:
    """A historian process while the block runs; all that was journaled is in the history behind it."""

    def __init__(self, settings: Settings) -> None:
        self._socket = admin.socket_path(settings.history, "history")
        own = Settings(history=settings.history, upstreams=_NOBODY, record=settings.record)
        self._line = own.model_dump_json().encode() + b"\n"
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as this lives

    def __enter__(self) -> Self:
        self._start()
        return self

    def settle(self, patience_s: float = PATIENCE_S) -> None:
        """Returns when all that was journaled before is in the history.

        Raises:
            HistoryError: nothing came of it in so many seconds; says who or what is in the way.
        """
        deadline, why = time.monotonic() + patience_s, "no process answers"
        while time.monotonic() < deadline:
            told = admin.ask(self._socket, {"op": "drain"}, patience_s)
            if told is not None and told.get("drained"):
                return
            if told is not None:
                why = str(told.get("error"))
            elif self._ended():  # it was killed, and no proxy's is there
                why = self._last_words() or why
                self._start()
            time.sleep(POLL_S)
        raise HistoryError(
            f"the run's records are in the journal, but not in the history yet: {why}; what was "
            "asked is kept, --resume goes on from there"
        )

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _last_words(self) -> str:
        """What it wrote last. It is shown only where the history stays out of reach."""
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _start(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):  # it has ended, and has not read all that it was told
                self._process.stdin.close()
        # a session of its own: Ctrl-C in the terminal is for the run, which then stops it
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "driftgate.proxy.historian"],
            stdin=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,
            umask=0o077,  # what people ask a model is theirs alone, DuckDB's log too
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(self._line)
            self._process.stdin.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()  # the journal keeps what it has not read
            process.wait()
        self._said.close()
