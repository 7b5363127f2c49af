"""The process that takes a run's journals into the history, whether a proxy runs or not.

One historian writes at a time, by the lock beside the journals. So one is always started here: where
a proxy's holds the lock it waits, takes over if that one dies, and ends when the run does.
"""

import subprocess
import sys
import time
from contextlib import suppress
from types import TracebackType

from driftgate.proxy import admin
from driftgate.proxy.errors import HistoryError
from driftgate.proxy.settings.model import Settings, Upstream

PATIENCE_S = 60.0  # how long the history may stay out of reach
STOP_S = 60.0  # how long the end may take
POLL_S = 0.05
# A historian asks the upstreams what they are. Those of a run are asked by the run itself, and a
# proxy's must not be mistaken for others of the same name: so it gets one where nobody listens.
_NOBODY = {"none": Upstream(url="http://127.0.0.1:1")}


class Historian:
    """A historian process while the block runs; all that was journaled is in the history behind it."""

    def __init__(self, settings: Settings) -> None:
        self._socket = admin.socket_path(settings.history, "history")
        self._line = settings.model_copy(
            update={"upstreams": _NOBODY, "upstream": None}
        ).model_dump_json()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Historian":
        # a session of its own: Ctrl-C in the terminal is for the run, which then stops it
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-m", "driftgate.proxy.historian"],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(self._line.encode() + b"\n")
            self._process.stdin.flush()
        return self

    def settle(self, patience_s: float = PATIENCE_S) -> None:
        """Returns when all that was journaled before is in the history.

        Raises:
            HistoryError: nothing came of it in so many seconds; says who or what is in the way.
        """
        deadline = time.monotonic() + patience_s
        why = "no process answers"
        while time.monotonic() < deadline:
            told = admin.ask(self._socket, {"op": "drain"}, patience_s)
            if told is not None and told.get("drained"):
                return
            if told is not None:
                why = str(told.get("error"))
            time.sleep(POLL_S)
        raise HistoryError(
            f"the run's records are in the journal, but not in the history yet: {why}; what was "
            "asked is kept, --resume goes on from there"
        )

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
