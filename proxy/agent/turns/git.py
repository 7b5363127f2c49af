"""git for worktrees: nothing of the repository's own configuration runs, no connection is made."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from driftgate.proxy.agent.turns.bounds import line

_LIMIT_S = 120.0  # a large repository on a slow disk
_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0")
_ALONE = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_OPTIONAL_LOCKS": "0"}


class GitError(Exception):
    """git said no; one line."""


async def git(repository: Path, *words: str) -> bytes:
    """Run git there; what it writes. Who is cancelled while it runs should see to its end nevertheless.

    Raises:
        GitError: it is missing, failed, or took more than two minutes.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *_SAFE,
            "-C",
            str(repository),
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
    except OSError as error:
        raise GitError(f"git cannot be started: {error.strerror or error}") from None
    try:
        async with asyncio.timeout(_LIMIT_S):
            written, said = await process.communicate()
    except BaseException as error:
        with suppress(ProcessLookupError):
            process.terminate()  # so told it takes away what is half made
        if isinstance(error, TimeoutError):
            raise GitError(f"git {words[0]} took more than {_LIMIT_S:g} s") from None
        raise
    if process.returncode:
        raise GitError(line(said.decode("utf-8", "replace")) or f"git ended {process.returncode}")
    return written


def _environment() -> dict[str, str]:
    """This process's, without what would point git at another repository or program."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**kept, **_ALONE}
