"""The last line of `driftgate tail`: what goes on right now."""

import threading
import time
from pathlib import Path

from driftgate.proxy.harmless import one_line
from driftgate.proxy.running import Running, running


def sentence(found: Running) -> str:
    """One line about the running processes."""
    if not found.any:
        return "no proxy runs on this history; waiting (Ctrl-C ends this)"
    parts = [f"{found.total('calls_open')} open", f"{found.calls_per_minute():.0f} calls/min"]
    if found.historian is None:
        parts.append("historian does not answer")
    elif waiting := found.historian.get("waiting_for"):
        parts.append(f"journal waits for {one_line(str(waiting))}")
    if unrecorded := found.total("unrecorded"):
        parts.append(f"{unrecorded} UNRECORDED")
    return " | ".join(parts)


class Footer:
    """Keeps the line fresh without holding up the screen."""

    def __init__(self, history: Path, every_s: float) -> None:
        self._history = history
        self._every_s = every_s
        self._text = ""
        self._due = 0.0
        self._asking: threading.Thread | None = None

    def text(self) -> str:
        """The line as last known; asks anew in the background when it is old."""
        idle = self._asking is None or not self._asking.is_alive()
        if idle and time.monotonic() >= self._due:
            self._due = time.monotonic() + self._every_s
            self._asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.start()
        return self._text

    def _ask(self) -> None:
        self._text = sentence(running(self._history))
