"""What tests let the process of typed SQL do. Nothing else is here, so that it is quick to load there."""

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftgate.proxy.history.reader import Reader


def asking(sql: str, reader: "Reader") -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return reader.ask(sql, timeout_s=0.5).rows


def here(reader: "Reader") -> int:
    """The process that it runs in."""
    del reader
    return os.getpid()


def hanging(mark: Path, reader: "Reader") -> None:
    """Makes the file, and hangs."""
    del reader
    mark.touch()
    time.sleep(600)


def dying(reader: "Reader") -> None:
    """Kills the process."""
    del reader
    os.kill(os.getpid(), signal.SIGKILL)


def eating(reader: "Reader") -> int:
    """Takes more memory than there may be."""
    del reader
    return len(b"x" * (8 << 30))
