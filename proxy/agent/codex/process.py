"""A Codex process: started under a guardian, written to, read from, ended. It ends with this one."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from driftgate.proxy.agent.codex import guardian

_LIMIT = 64 << 10  # what is read ahead
_GRACE_S = 3.0  # for Codex to end by itself once its input has ended; it takes 0.1 s
_SAID = 4096  # bytes of what it said last on stderr
_LINE = 300
_GUARDED = sys.platform == "linux"  # elsewhere there is no subreaper; its group is killed
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Process:
    """A running process. pid: the guardian's, where there is one, which is its group's too."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.pid = process.pid
        self._process = process
        self._said = b""
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(
        cls,
        words: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        grace_s: float = _GRACE_S,
    ) -> Self:
        """Starts a program.

        Args:
            words: it and its arguments.
            environment: all that it sees.
            cwd: where it starts.
            grace_s: seconds to end by itself once its input has ended.
        """
        guard = (sys.executable, "-I", "-S", "-B", guardian.__file__, str(grace_s))
        # a session of its own: Ctrl-C in the terminal is for the parent, which then ends it
        process = await asyncio.create_subprocess_exec(
            *(guard if _GUARDED else ()),
            *words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=cwd,
            limit=_LIMIT,
            start_new_session=True,
        )
        return cls(process)

    async def read(self, size: int) -> bytes:
        """What it has written to stdout; empty: the end."""
        assert self._process.stdout is not None
        return await self._process.stdout.read(size)

    async def write(self, data: bytes, *, last: bool = False) -> None:
        """Writes to its stdin, and waits while it takes no more. One that is gone is told nothing.

        last: whether the input ends there.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):  # the latter is uvloop's
            self._process.stdin.write(data)
            await self._process.stdin.drain()
            if last:
                self._process.stdin.close()

    async def wait(self) -> int:
        """Its exit code, once it has one; 128 + a signal's number where that has ended it."""
        code = await self._process.wait()
        return code if code >= 0 else 128 - code

    async def wait_briefly(self, limit_s: float = 2.0) -> None:
        """Waits for its end, which is near, and for its last words."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await asyncio.shield(self._process.wait())
                await asyncio.shield(self._listening)

    def kill(self) -> None:
        """Ends it now, and all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            if _GUARDED:
                self._process.send_signal(signal.SIGTERM)
            else:
                os.killpg(self.pid, signal.SIGKILL)

    async def close(self, limit_s: float) -> None:
        """Ends its input, and after the limit the process; it is gone then. Never raises."""
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._process.stdin.close()
        if limit_s > 0:
            await self.wait_briefly(limit_s)
        if self._process.returncode is None:
            self.kill()
            await self.wait_briefly(guardian.SWEEP_S + 1)
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._listening.cancel()

    def how(self) -> str:
        """How it ended, in words, with the last line it said."""
        code = self._process.returncode
        if code is None:
            return "its pipe is closed"
        number = -code if code < 0 else code - 128
        known = number in set(signal.Signals)
        how = f"signal {number}" if known else f"exit code {code}"
        last = self._last_line()
        return f"{how}: {last}" if last else how

    def memory_bytes(self) -> int:
        """Its memory without the guardian's, in bytes; 0 where the system does not tell."""
        try:
            pid = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()[0]
            return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            return 0

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(_SAID):
            self._said = (self._said + data)[-_SAID:]

    def _last_line(self) -> str:
        text = "".join(
            c if c.isprintable() or c == "\n" else " "
            for c in self._said.decode("utf-8", "replace")
        )
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        return lines[-1][:_LINE] if lines else ""
