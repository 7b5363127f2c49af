"""What leaves the machine: asked of a proxy that takes all, and seen among a process's sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


class Sink:
    """Takes what would leave the machine by a proxy. asked: what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        try:
            while True:
                taken, _ = self._socket.accept()
                with taken:
                    taken.settimeout(5)
                    self.asked.append(taken.recv(200))
        except OSError:
            return

    @property
    def proxies(self) -> dict[str, str]:
        """Variables that name it for everything."""
        return dict.fromkeys(_NAMES, self.url)

    def close(self) -> None:
        """Takes no more."""
        self._socket.close()


def peers(pid: int) -> set[str]:
    """The addresses that a process is connected to, or tries to; of UDP and IPv6 too."""
    inodes = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            inodes.add(str(fd.readlink()).removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                found.add(fields[2])
    return found


def descendants(pid: int) -> Iterator[int]:
    """The processes below one, of those that are there at this moment."""
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from descendants(int(child))
