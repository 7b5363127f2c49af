"""Real processes for tests: started, watched for their ready line, and always killed with their group."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
DRIFTGATE = (sys.executable, "-m", "driftgate")
LISTENING = r"listening on (http://[^\s,]+)"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Proc:
    """A running program. `output` holds all lines of stdout and stderr so far."""

    command: Sequence[str]
    popen: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)

    @classmethod
    def start(
        cls,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> "Proc":
        """Start a program in a process group of its own; `env` is added to this process's."""
        words = [str(word) for word in command]
        popen = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", **(env or {})},
            start_new_session=True,
        )
        started = cls(words, popen)
        for stream in (popen.stdout, popen.stderr):
            assert stream is not None
            reader = threading.Thread(target=started._read, args=(stream,), daemon=True)
            reader.start()
            started._readers.append(reader)
        return started

    def _read(self, stream: IO[str]) -> None:
        with contextlib.suppress(ValueError, OSError):  # closed under the reader by `end`
            for line in stream:
                self.output.append(line.rstrip("\n"))

    @property
    def pid(self) -> int:
        """The process's id, which is its group's too."""
        return self.popen.pid

    @property
    def text(self) -> str:
        """All output so far."""
        return "\n".join(self.output)

    def wait_for(self, pattern: str, timeout_s: float = 20.0) -> re.Match[str]:
        """The first match of a pattern in the output.

        Raises:
            AssertionError: the program ended, or said nothing of the kind in time.
        """

        def seen() -> re.Match[str] | bool | None:
            alive = self.popen.poll() is None
            if not alive:  # nothing more will come once the readers are through
                for reader in self._readers:
                    reader.join(5)
            return re.search(pattern, self.text) or not alive

        try:
            found = wait_until(seen, timeout_s)
        except TimeoutError:
            raise AssertionError(self._story(f"no {pattern!r} within {timeout_s:g} s")) from None
        if isinstance(found, re.Match):
            return found
        raise AssertionError(self._story(f"ended with {self.popen.returncode} before {pattern!r}"))

    def _story(self, what: str) -> str:
        return f"{' '.join(self.command)}: {what}\n" + "\n".join(self.output[-40:])

    def stop(self, number: int = signal.SIGTERM, timeout_s: float = 20.0) -> int:
        """Send a signal to the program alone and wait for its end; the exit code."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                self._story(f"still runs {timeout_s:g} s after {number}")
            ) from None

    def end(self) -> None:
        """Kill whatever is left of the whole group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait(10)
        for reader in self._readers:
            reader.join(5)


def alive(pid: int) -> bool:
    """Whether a process of this id runs; one that has ended and that nobody has waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except (OSError, IndexError):
        return not Path("/proc/self").exists()
