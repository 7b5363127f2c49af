"""The dashboard in `driftgate status`: where it is, and whether its process answers."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from driftgate.proxy import admin
from driftgate.proxy.running import DASHBOARD, Running

# a file as it is: no page, nothing of the history
ASKED = b"HEAD /_driftgate/static/app.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HTTP = b"HTTP/1."  # how any answer begins
WAIT_S = 5.0  # its first answer takes longest: until then it holds its socket and nothing else


def dashboard(found: Running, history: Path) -> dict[str, Any] | None:
    """The dashboard of the proxy that runs: `url`, and whether it `answers`. None: there is none."""
    told = (worker.get("dashboard") for worker in found.workers.values())
    url = next((str(each) for each in told if each), None)
    if url is None:
        return None
    sockets = admin.sockets(history).items()
    paths = [path for name, path in sockets if name.startswith(DASHBOARD)]
    return {"url": url, "answers": any(answers(path) for path in paths)}


def answers(path: Path, wait_s: float = WAIT_S) -> bool:
    """Whether HTTP is spoken on this unix socket, whatever is said."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(wait_s)
            connection.connect(str(path))
            connection.sendall(ASKED)
            return connection.recv(len(HTTP), socket.MSG_WAITALL) == HTTP
    except OSError:
        return False


def dashboard_rows(found: Running) -> Iterator[tuple[str, ...]]:
    """Its row in the status; none where there is no dashboard."""
    told = found.dashboard
    if told is not None:
        down = "DOES NOT ANSWER: its process is started again whenever it ends"
        yield "dashboard", str(told["url"]), "" if told["answers"] else down
