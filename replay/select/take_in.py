"""Writing into the history as the proxy does: through a journal, and by whoever takes journals in.

While `driftgate serve` runs that is its historian, which finds a new journal by itself. Else it is
this process, under the historian's lock, so that there is never more than one. What cannot be taken
in now stays in the journal, and comes in with the next one who does.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from driftgate.proxy import admin
from driftgate.proxy.errors import DiskFullError, HistoryBusyError, HistoryError, JournalError
from driftgate.proxy.history.drain import LOCK, Drain
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.settings.model import journal_root

WAIT_S = 60.0  # for a file, or a lock, that somebody else holds
_PAUSE_S = 0.05
_DRAIN_S = 30.0  # one answer of the historian


@contextlib.contextmanager
def journal_of(history: Path, *, wait_s: float = WAIT_S) -> Iterator[JournalWriter]:
    """A journal of its own; what was written is in the history when the block has ended.

    wait_s: how long whoever holds the history is waited for.

    Raises:
        JournalError: the journal cannot be written.
        HistoryBusyError: somebody held the history all the time; what was written is not lost.
        HistoryError: or another of its kinds: the file is damaged or newer.
    """
    root = journal_root(history)
    name = f"replay-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        writer = JournalWriter(root, name, Rules())
    except OSError as error:
        raise JournalError(f"cannot make the journal {root}: {error.strerror}") from error
    try:
        yield writer
    finally:
        writer.close()
    if writer.full is not None:
        raise DiskFullError(f"the journal cannot be written: {writer.full}")
    taken_in(history, root / name, wait_s=wait_s)


def taken_in(history: Path, folder: Path, *, wait_s: float = WAIT_S) -> None:
    """Waits until the journal in `folder`, whose writer has ended, is in the history; see journal_of()."""
    deadline = time.monotonic() + wait_s
    problem: HistoryError | None = None
    while folder.exists():  # who takes it in removes it after the commit
        try:
            with _historian(folder.parent) as is_ours:
                if is_ours:
                    _drain(history, folder, deadline)
        except HistoryBusyError as error:
            problem = error
        if not folder.exists():
            return
        if time.monotonic() > deadline:
            raise problem or HistoryBusyError(
                f"{history}: the process that takes journals in did not get to {folder} within "
                f"{wait_s:g} s; it will, nothing is lost (`driftgate status` says what it waits for)"
            )
        admin.ask(admin.socket_path(history, "history"), {"op": "drain"}, _DRAIN_S)
        time.sleep(_PAUSE_S)


@contextlib.contextmanager
def _historian(root: Path) -> Iterator[bool]:
    """Whether this process may take journals in; nobody else does in the block, if so."""
    with (root / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _drain(history: Path, folder: Path, deadline: float) -> None:
    """All journals, in their order, until this one is gone; however much there is of them."""
    drain, more = Drain(history, folder.parent), True
    while folder.exists() and (more or time.monotonic() < deadline):
        more = drain.step().more
    with contextlib.suppress(HistoryError):  # a reader is in: the log stays beside the file
        drain.store.tidy()
