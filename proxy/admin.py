"""Local control: JSON lines over unix sockets, one socket a process, readable by its owner alone.

Workers and the historian answer here; `status`, `query` and the dashboard ask. Sockets lie in a
run-time folder of the user's, not beside the history: a unix socket's path may hold about 100
bytes only (sun_path: 104 on macOS, 108 on Linux), and a history may lie anywhere.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

FOLDER_LIMIT = 64  # bytes of a path that leave room for a socket's name
MESSAGE_LIMIT = 4 << 20  # bytes of one message; a status is a few KB


def _folder() -> Path:
    own = f"driftgate-{os.getuid()}"
    base = os.environ.get("XDG_RUNTIME_DIR")
    candidates = [Path(base) / "driftgate"] if base and Path(base).is_dir() else []
    candidates += [Path(tempfile.gettempdir()) / own, Path("/tmp") / own]  # noqa: S108 - checked
    short = (path for path in candidates if len(os.fsencode(path)) <= FOLDER_LIMIT)
    return next(short, candidates[-1])


def _prefix(history: Path) -> str:
    name = os.fsencode(history.absolute().resolve())
    return hashlib.blake2b(name, digest_size=8).hexdigest()


def socket_path(history: Path, name: str) -> Path:
    """Where the process `name` ("history", or a worker's id) of this history answers."""
    return _folder() / f"{_prefix(history)}.{name}"


def sockets(history: Path) -> dict[str, Path]:
    """Every process of this history that has a socket, by name; some may be dead."""
    prefix = _prefix(history) + "."
    found = sorted(_folder().glob(prefix + "*"))
    return {path.name.removeprefix(prefix): path for path in found}


async def listen(
    path: Path, answer: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
) -> asyncio.AbstractServer:
    """Answers each JSON line that comes to `path`; the folder is made, mode 0700."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # cancelled as the process ends; asyncio would print that as a fault (until Python 3.12)
        ends = (OSError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError)
        with contextlib.suppress(*ends):
            while line := await reader.readline():
                message = json.loads(line)
                writer.write(json.dumps(await answer(message)).encode() + b"\n")
                await writer.drain()
        writer.close()

    own_folder(path)
    return await asyncio.start_unix_server(serve, path, limit=MESSAGE_LIMIT)


def own_folder(path: Path) -> None:
    """Makes the folder of a socket, mode 0700, and clears the place of the socket itself.

    Raises:
        PermissionError: somebody else may look into the folder.
    """
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        # somebody else made the folder first, in a shared /tmp: never talk there
        raise PermissionError(f"{folder} must belong to you alone (mode 0700)")
    path.unlink(missing_ok=True)  # left behind by a process that was killed


def ask(path: Path, message: dict[str, Any], timeout_s: float = 5.0) -> dict[str, Any] | None:
    """One question, one answer; None where nobody answers in time."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout_s)
            connection.connect(os.fspath(path))
            connection.sendall(json.dumps(message).encode() + b"\n")
            with connection.makefile("rb") as answers:
                line = answers.readline(MESSAGE_LIMIT)
        reply = json.loads(line)
    except (OSError, ValueError):
        return None
    return reply if isinstance(reply, dict) else None
