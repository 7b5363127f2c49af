"""Keys that are pressed while `driftgate top` shows: read one by one, the terminal given back as it was."""

import contextlib
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator

ENDS = frozenset("qQ\x04")  # Ctrl-D too
_INTERRUPT = (signal.SIGTERM, signal.SIGHUP)


class Keys:
    """Waits for a key, for news, for another size of the terminal, for Ctrl-Z.

    typed: the descriptor of the terminal that keys come from; None: there is none.
    suspended: Ctrl-Z was pressed; whoever shows something leaves the screen and stops.
    """

    def __init__(self, typed: int | None) -> None:
        self.suspended = False
        self._typed = typed
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)

    def wake(self) -> None:
        """Ends a wait; from any thread, or a signal's handler."""
        with contextlib.suppress(OSError):  # full: it is woken already; closed: nobody waits
            os.write(self._wake, b"!")

    def wait(self, seconds: float) -> str:
        """The keys that were pressed; empty: woken, or nothing happened for so long.

        Where the terminal has gone it is as if one of ENDS were pressed.
        """
        watched = [self._woken] if self._typed is None else [self._woken, self._typed]
        ready, _, _ = select.select(watched, [], [], seconds)
        if self._woken in ready:
            os.read(self._woken, 4096)
        if self._typed is None or self._typed not in ready:
            return ""
        try:
            pressed = os.read(self._typed, 1024)
        except OSError:
            pressed = b""
        return pressed.decode("utf-8", "replace") or "q"

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Keys come one by one, without an echo. SIGTERM and SIGHUP end the block as Ctrl-C does."""
        before = None if self._typed is None else termios.tcgetattr(self._typed)
        self.suspended = False
        handlers = [(number, signal.signal(number, _interrupt)) for number in _INTERRUPT]
        handlers.append((signal.SIGWINCH, signal.signal(signal.SIGWINCH, lambda *_: self.wake())))
        handlers.append((signal.SIGTSTP, signal.signal(signal.SIGTSTP, self._suspend)))
        try:
            if self._typed is not None:
                tty.setcbreak(self._typed)
            yield
        finally:
            for number, handler in handlers:
                signal.signal(number, handler)
            if self._typed is not None and before is not None:
                with contextlib.suppress(termios.error):  # the terminal has gone
                    termios.tcsetattr(self._typed, termios.TCSADRAIN, before)

    def _suspend(self, *_: object) -> None:
        self.suspended = True
        self.wake()

    def close(self) -> None:
        """Closes its own descriptors; a wake from now on does nothing."""
        woken, wake = self._woken, self._wake
        self._woken = self._wake = -1  # their numbers may be given to another file
        os.close(woken)
        os.close(wake)


def of_stdin() -> Keys:
    """Keys of stdin, where it is a terminal."""
    return Keys(sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None)


def _interrupt(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)
