"""The check command: run in the copy of the workspace once the agent is done, in Codex's sandbox.

What it runs may be what a model wrote (a test file, say), so it runs where the agent ran: it may write
to the copy and to a temporary folder of its own, reaches no network, and sees no keys.
"""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.agent.turns.removing import remove_tree
from driftgate.replay.compare.told import told
from driftgate.replay.trajectory.command import without_places
from driftgate.replay.trajectory.trajectory import Check
from driftgate.replay.trajectory.workspaces.workspace import Template, places_of

OUTPUT = 4_000  # characters of its end that are kept
_READ = 64 << 10  # bytes of its end that are held meanwhile
_TIMED_OUT = 124  # as coreutils' timeout says it
_BROKEN = 125  # exit codes from here on, as of `env`: the command itself could not be run
_NOT_FOUND = (126, 127)


@dataclass(frozen=True, slots=True)
class Checker:
    """How copies are checked.

    command: for `sh -c`. environment: of the process, CODEX_HOME in it; see `proxy.agent.environment`.
    """

    program: Program
    command: str
    timeout_s: float
    environment: Mapping[str, str]

    async def check(self, copy: Path) -> Check:
        """What it says of this copy. Never raises for a command that fails."""
        scratch = copy.with_name(f"{copy.name}.tmp")
        began = time.monotonic()
        try:
            scratch.mkdir(mode=0o700, exist_ok=True)
            code, output = await self._run(copy, scratch)
        except OSError as error:
            return Check(error=told(f"{self.program.path}: {error.strerror or error}"))
        finally:
            await asyncio.to_thread(remove_tree, scratch)
        text = without_places(output, places_of(copy))[-OUTPUT:]
        return Check(
            passed=code == 0,
            exit_code=code,
            output=text,
            duration_ms=(time.monotonic() - began) * 1000,
            error=_unrunnable(code, text),
        )

    async def _run(self, copy: Path, scratch: Path) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *sandboxed(self.program.path, scratch, self.command),
            cwd=copy,
            env={**self.environment, "TMPDIR": str(scratch)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        kept = bytearray()
        code: int | None = None
        try:
            async with asyncio.timeout(self.timeout_s):
                await _read(process, kept)
                code = await process.wait()
        except TimeoutError:
            kept += f"\n[stopped after {self.timeout_s:g} s]".encode()
        finally:
            await _end(process)
        text = bytes(kept).decode("utf-8", "replace")
        return _TIMED_OUT if code is None else code, text


async def judged(checker: Checker, copy: Path, template: Template) -> Check:
    """What the check says of a copy, and whose doing it is where it finds no command.

    One that an untouched copy has was taken away by the agent, which fails; one that is in neither is
    the user's mistake.

    Raises:
        OSError: no untouched copy can be made.
    """
    found = await checker.check(copy)
    if not found.error or found.exit_code not in _NOT_FOUND:
        return found
    untouched = copy.with_name(f"{copy.name}.untouched")
    try:
        await asyncio.to_thread(template.fresh, untouched)
        again = await checker.check(untouched)
    finally:
        await asyncio.shield(asyncio.to_thread(remove_tree, untouched))
    return found if again.error else replace(found, error="")


def sandboxed(program: str, scratch: Path, command: str) -> list[str]:
    """The words that run a command in Codex's sandbox, which may write to where it is and to `scratch`."""
    rules = {
        "sandbox_mode": "workspace-write",
        "sandbox_workspace_write.exclude_slash_tmp": True,
        "sandbox_workspace_write.exclude_tmpdir_env_var": True,
        "sandbox_workspace_write.network_access": False,
        "sandbox_workspace_write.writable_roots": [str(scratch)],
    }
    words = [each for key, value in rules.items() for each in ("-c", f"{key}={json.dumps(value)}")]
    return [program, "sandbox", *words, "--", "/bin/sh", "-c", command]


async def _read(process: asyncio.subprocess.Process, kept: bytearray) -> None:
    """Reads until its end; what is kept is the end of what it said."""
    assert process.stdout is not None
    while piece := await process.stdout.read(_READ):
        kept += piece
        del kept[:-_READ]


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends it with all that it began, which its process group is."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _unrunnable(code: int, output: str) -> str:
    """Why the check says nothing: the sandbox did not run it; "": it did.

    A command that is not there is the user's mistake, and would fail every trajectory alike.
    """
    if code in _NOT_FOUND and "not found" in output:
        return told(" ".join(output.split()[-12:]))
    return told(output.strip() or "the sandbox did not run it") if code == _BROKEN else ""
