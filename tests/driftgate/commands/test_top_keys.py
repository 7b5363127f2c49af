"""Keys of a real pseudo-terminal."""

import contextlib
import os
import signal
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftgate.commands.top_keys import ENDS, Keys, of_stdin


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The side that people type at, and the program's."""
    here, there = os.openpty()
    yield here, there
    for each in (here, there):
        with contextlib.suppress(OSError):  # the test closed it
            os.close(each)


def test_a_key_is_given_at_once_and_not_shown(terminal: tuple[int, int]) -> None:
    here, there = terminal
    keys = Keys(there)
    with keys.taken():
        os.write(here, b"q")
        assert keys.wait(20) == "q"
        assert not termios.tcgetattr(there)[3] & (termios.ECHO | termios.ICANON)
    keys.close()


def test_the_terminal_is_given_back_as_it_was_whatever_happens(terminal: tuple[int, int]) -> None:
    _, there = terminal
    before = termios.tcgetattr(there)
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGTSTP)]
    keys = Keys(there)
    with pytest.raises(ZeroDivisionError), keys.taken():
        raise ZeroDivisionError
    assert termios.tcgetattr(there) == before
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGTSTP)] == handlers
    keys.close()


def test_news_end_a_wait_without_a_key(terminal: tuple[int, int]) -> None:
    keys = Keys(terminal[1])
    waker = threading.Thread(target=keys.wake)
    waker.start()
    assert keys.wait(20) == ""
    waker.join()
    for _ in range(100_000):  # more than a pipe holds
        keys.wake()
    assert keys.wait(20) == ""
    keys.close()
    keys.wake()


def test_a_terminal_that_has_gone_ends_it(terminal: tuple[int, int]) -> None:
    keys = Keys(terminal[1])
    with keys.taken():
        os.close(terminal[0])
        assert set(keys.wait(20)) & ENDS
    keys.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_end_is_as_ctrl_c(number: signal.Signals) -> None:
    keys = Keys(None)
    with pytest.raises(KeyboardInterrupt), keys.taken():
        signal.raise_signal(number)
    keys.close()


def test_another_size_and_ctrl_z_end_a_wait() -> None:
    keys = Keys(None)
    with keys.taken():
        signal.raise_signal(signal.SIGWINCH)
        assert (keys.wait(20), keys.suspended) == ("", False)
        signal.raise_signal(signal.SIGTSTP)
        assert (keys.wait(20), keys.suspended) == ("", True)
    with keys.taken():
        assert not keys.suspended
    keys.close()


def test_what_is_no_terminal_gives_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        keys = of_stdin()
        assert keys.wait(0) == ""
    keys.close()
