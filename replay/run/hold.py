"""One process at a time asks for a run: a lock beside the journals, by the run's id."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from driftgate.proxy.errors import JournalError
from driftgate.proxy.settings.model import journal_root
from driftgate.replay.run.targets import CouldNotCheckError

LOOKED_AT_S = 0.1  # longer than anybody takes to look whether it is held


@contextlib.contextmanager
def held(history: Path, run_id: str) -> Iterator[None]:
    """Holds the run while the block runs; a process that is killed lets go of it too.

    Raises:
        CouldNotCheckError: another process holds it.
        JournalError: the folder of the journals cannot be written to.
    """
    root = journal_root(history)
    path = root / f"{run_id}.run"
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise JournalError(f"cannot make {path}: {error.strerror}") from error
    try:
        _lock(descriptor, run_id)
        yield
        path.unlink(missing_ok=True)  # not of a run that was ended: its next sitting does it
    finally:
        os.close(descriptor)


def is_held(history: Path, run_id: str) -> bool:
    """Whether a process asks for the run now.

    Looking takes a shared lock for a moment, which `held` waits out.
    """
    try:
        descriptor = os.open(journal_root(history) / f"{run_id}.run", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int, run_id: str) -> None:
    deadline = time.monotonic() + LOOKED_AT_S
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() < deadline:
            time.sleep(LOOKED_AT_S / 10)
            continue
        raise CouldNotCheckError(
            f"run {run_id} is being asked by another process: wait until that one has ended"
        ) from None
