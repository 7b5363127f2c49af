"""Ctrl-C while DuckDB runs."""

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator

import duckdb


@contextlib.contextmanager
def interrupted_by_ctrl_c(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Ctrl-C ends the query: DuckDB looks for signals only between its steps, which may take hours.

    Python's own handler cannot run while DuckDB does; the wakeup descriptor is written to at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    here, there = socket.socketpair()
    there.setblocking(False)
    before = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)

    def wait() -> None:
        while number := here.recv(1):
            if number[0] == signal.SIGINT:
                cursor.interrupt()

    watcher = threading.Thread(target=wait, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        there.close()
        watcher.join()
        here.close()
