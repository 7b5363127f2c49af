"""`driftgate top` on a terminal: looks in a thread of its own, so that keys and sizes are heeded at once."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterable

from rich.console import Console
from rich.text import Text

from driftgate.commands.top_draw import draw
from driftgate.commands.top_keys import ENDS, Keys, of_stdin
from driftgate.commands.top_tables import Line
from driftgate.commands.top_view import View

STYLES = {"": "", "bold": "bold", "dim": "dim", "alarm": "bold red", "bad": "red"}
_JOIN_S = 5.0  # for a look that is under way; it keeps a folder that should be taken away
_NOTHING_S = 3600.0  # a wait without an end
_LOOKING = [Line("driftgate top  looking ...", "bold")]


class Looking:
    """Looks again and again beside the screen. view: the newest; None: none yet.

    still: whoever holds it sees to it that nothing is looked at: a history that is open keeps
    ingest waiting.
    """

    def __init__(self, look: Callable[[], View], every_s: float, done: Callable[[], None]) -> None:
        self._look, self.every_s, self._done = look, every_s, done
        self.still = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.view: View | None = None
        self.error: BaseException | None = None

    def start(self) -> None:
        """Begins; `done` is called after each look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the look that is under way."""
        self._stopped.set()
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                with self.still:
                    self.view = self._look()
                self._done()
                self._stopped.wait(self.every_s)
        except BaseException as error:  # noqa: BLE001 - told by whoever draws
            self.error = error
            self._done()


def live(look: Callable[[], View], every_s: float, console: Console) -> None:
    """Shows what `look` gives until a key ends it; the terminal is given back as it was."""
    pressed = of_stdin()
    looking = Looking(look, every_s, pressed.wake)
    with contextlib.suppress(KeyboardInterrupt):  # a way to end it, no fault
        try:
            looking.start()
            while _show(looking, pressed, console):
                with looking.still:
                    os.kill(os.getpid(), signal.SIGSTOP)  # goes on here when in front again
        finally:
            looking.stop()
            pressed.close()
    if looking.error is not None:
        raise looking.error


def _show(looking: Looking, pressed: Keys, console: Console) -> bool:
    """Until a key ends it, or a look fails; whether it was Ctrl-Z."""
    with pressed.taken(), console.screen(hide_cursor=True):
        while looking.error is None and not pressed.suspended:
            console.update_screen(_text(_lines(looking, console)))
            if ENDS & set(pressed.wait(_NOTHING_S)):
                break
    return pressed.suspended


def _lines(looking: Looking, console: Console) -> list[Line]:
    if looking.view is None:
        return _LOOKING
    width, height = console.size
    return draw(looking.view, width, height, f"q quits; every {looking.every_s:g} s")


def _text(lines: Iterable[Line]) -> Text:
    made = Text(no_wrap=True, overflow="crop", end="")
    for number, line in enumerate(lines):
        made.append("\n" if number else "")
        made.append(line.text, STYLES[line.style])
    return made
