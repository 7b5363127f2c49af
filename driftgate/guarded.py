"""driftgate's own commands as processes: started, watched, always ended."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from driftgate.proxy.errors import DriftgateError

# -P: a file in the user's folder must not stand in for a module
DRIFTGATE = (sys.executable, "-P", "-m", "driftgate")
_GUARDED = (sys.executable, "-P", "-m", "driftgate.guard")
_READY = re.compile(r"listening on (http://[^\s,]+)")
_START_S = 20.0
_STOP_S = 10.0
_POLL_S = 0.02


class Watched:
    """A process whose stderr is read: for its address, and for its last words if it fails."""

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        self.name = name
        self.process = process
        self.url = ""
        self._last: deque[str] = deque(maxlen=5)
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self._last.append(line.strip())
            if not self.url and (found := _READY.search(line)):
                self.url = found[1]
                self._ready.set()
        self._ready.set()

    def wait_ready(self) -> None:
        """Wait for the line that names the address, and until it takes connections.

        Raises:
            DriftgateError: it ended, or said nothing in time; with its last words.
        """
        limit = time.monotonic() + _START_S
        self._ready.wait(_START_S)
        while self.url and not _takes_connections(self.url):
            if self.process.poll() is not None or time.monotonic() > limit:
                self.url = ""
            time.sleep(_POLL_S)
        if not self.url:
            raise DriftgateError(f"{self.name} did not start: {' / '.join(self._last) or 'silent'}")

    def stop(self) -> int:
        """End it, by the guard's stdin. Gives its exit code."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            return self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def _takes_connections(url: str) -> bool:
    where = urlsplit(url)
    try:
        socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=1).close()
    except OSError:
        return False
    return True


def plain_environment() -> dict[str, str]:
    """Ours without driftgate's settings: what runs in it is the same on every machine."""
    return {key: value for key, value in os.environ.items() if not key.startswith("DRIFTGATE_")}


@contextmanager
def started(
    name: str, *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Watched]:
    """`driftgate ARGUMENTS` in a folder, ready; ended with the block, whatever happens.

    environment: None: ours.
    """
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*_GUARDED, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        # Ctrl-C in the terminal is for the starter, which then ends it
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    watched = Watched(name, process)
    try:
        watched.wait_ready()
        yield watched
    finally:
        watched.stop()


def output_of(*arguments: str, patience_s: float = 30.0) -> str:
    """What one driftgate command prints.

    Raises:
        DriftgateError: it failed; with its last words.
    """
    began = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [*DRIFTGATE, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=patience_s,
            env=plain_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        spent = time.monotonic() - began
        raise DriftgateError(f"driftgate {arguments[0]} took longer than {spent:.0f} s") from error
    if done.returncode:
        said = done.stderr.strip() or f"exit code {done.returncode}"
        raise DriftgateError(f"driftgate {arguments[0]}: {said}")
    return done.stdout
