"""One process at a time asks for a run: a lock beside the journals, by the run's id."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from driftgate.proxy.errors import JournalError
from driftgate.proxy.settings.model import journal_root
from driftgate.replay.run.targets import CouldNotCheckError


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


def _lock(descriptor: int, run_id: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CouldNotCheckError(
            f"run {run_id} is being asked by another process: wait until that one has ended"
        ) from None
