"""The screen that keeps itself up to date, with a look that is made up."""

import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from itertools import chain, repeat

import pytest
from rich.console import Console

from driftgate.commands import top_live
from driftgate.commands.top_keys import Keys
from driftgate.commands.top_live import Looking, live
from driftgate.commands.top_view import View, view
from tests.driftgate.commands.top_samples import HOSTILE, call, sample
from tests.support.waiting import wait_until

SHOWN = view(sample(call(model=HOSTILE), call(model="[red]b")))
ENTERED, LEFT, SHOWS_CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"


def nothing() -> None:
    """A look that finds nothing new."""


def shown_until(
    second: Callable[[], None], monkeypatch: pytest.MonkeyPatch, keys: Keys | None = None
) -> str:
    """What is written to the terminal: of a first look, and until the second one has its way."""
    stream = io.StringIO()
    console = Console(
        file=stream,
        force_terminal=True,
        width=80,
        height=24,
        highlight=False,
        color_system="standard",
    )

    def once_shown() -> None:
        wait_until(lambda: ENTERED in stream.getvalue())  # signals before it are not heeded
        second()

    looks: Iterator[Callable[[], None]] = chain(
        [nothing, once_shown], repeat(nothing)
    )  # it may look on until it ends

    def look() -> View:
        next(looks)()
        return SHOWN

    monkeypatch.setattr(top_live, "of_stdin", lambda: keys or Keys(None))
    try:
        live(look, 0.001, console)
    finally:
        text = stream.getvalue()
        assert text.index(ENTERED) < text.index(LEFT) < text.rindex(SHOWS_CURSOR)
    return text


def test_a_key_ends_it_and_the_screen_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = os.openpty()

    def press() -> None:
        os.write(here, b"xq")

    text = shown_until(press, monkeypatch, Keys(there))
    assert "latency  first token" in text
    assert r"evil\x1b[2J" in text
    assert "[red]b" in text
    assert "\x1b[2J" not in text.partition(ENTERED)[2]
    assert "\u202e" not in text
    os.close(here)
    os.close(there)


def test_ctrl_c_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    shown_until(lambda: os.kill(os.getpid(), signal.SIGINT), monkeypatch)


def test_a_look_that_fails_is_told_after_the_screen_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("boom")

    with pytest.raises(ZeroDivisionError, match="boom"):
        shown_until(fail, monkeypatch)


def test_nothing_is_looked_at_while_it_is_still() -> None:
    begun, inside = threading.Event(), threading.Event()

    def look() -> View:
        inside.set()
        assert looking.still.locked()
        return SHOWN

    looking = Looking(look, 3600, begun.set)
    with looking.still:
        looking.start()
        assert not inside.is_set()
    assert begun.wait(20)
    looking.stop()
    assert (looking.view, looking.error) == (SHOWN, None)


def test_ctrl_z_leaves_the_screen_and_stops_while_nothing_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped: list[tuple[int, int]] = []
    kill = os.kill

    def stop(pid: int, number: int) -> None:
        if number == signal.SIGSTOP:
            stopped.append((pid, number))
            signal.raise_signal(signal.SIGINT)  # it goes on, and ends
        else:
            kill(pid, number)

    monkeypatch.setattr(os, "kill", stop)
    text = shown_until(lambda: kill(os.getpid(), signal.SIGTSTP), monkeypatch)
    assert stopped == [(os.getpid(), signal.SIGSTOP)]
    assert text.rstrip().endswith(SHOWS_CURSOR)
