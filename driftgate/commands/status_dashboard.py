"""The dashboard in `driftgate status`: where it is, and whether its process answers."""

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from driftgate.proxy import admin
from driftgate.proxy.running import DASHBOARD, Running

ASKED = "/_driftgate/static/app.css"  # a file as it is: no page, nothing of the history
WAIT_S = 5.0  # its first answer takes longest: until then it holds its socket and nothing else


def dashboard(found: Running, history: Path) -> dict[str, Any] | None:
    """The dashboard of the proxy that runs: `url`, and whether it `answers`. None: there is none."""
    told = (worker.get("dashboard") for worker in found.workers.values())
    url = next((str(each) for each in told if each), None)
    if url is None:
        return None
    return {"url": url, "answers": answers(admin.socket_path(history, DASHBOARD))}


def answers(path: Path, wait_s: float = WAIT_S) -> bool:
    """Whether HTTP is spoken on this unix socket, whatever is said."""
    connection = http.client.HTTPConnection("localhost", timeout=wait_s)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.settimeout(wait_s)
        connection.sock.connect(str(path))
        connection.request("HEAD", ASKED)
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def dashboard_rows(found: Running) -> Iterator[tuple[str, ...]]:
    """Its row in the status; none where there is no dashboard."""
    told = found.dashboard
    if told is not None:
        down = "DOES NOT ANSWER: its process is started again whenever it ends"
        yield "dashboard", str(told["url"]), "" if told["answers"] else down
