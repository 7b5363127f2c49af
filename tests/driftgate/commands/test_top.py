"""`driftgate top` over a real history, on a pipe and on a terminal."""

import contextlib
import fcntl
import json
import os
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator

import pytest

from driftgate import cli
from tests.support.processes import DRIFTGATE, ROOT
from tests.support.recorded_calls import Recording, record
from tests.support.waiting import wait_until

EVER = ["--window", "5000w"]


def test_what_is_no_terminal_gets_it_once(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["top", *EVER]) == 0
    out = capsys.readouterr().out
    assert "!! NO PROXY RUNS on this history" in out
    assert " 3 (" in out
    assert "2 FAILED" in out or "1 FAILED" in out
    assert "gemma4" in out
    assert "\x1b" not in out


def test_programs_get_json(recording: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["top", "--json", *EVER]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["running"], told["total"]["calls"]) == (False, 3)
    assert {each["model"] for each in told["models"]} == {"gemma4", "other", None}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--window", "soon"], "--window soon: write how long, as 60s, 30m, 24h or 7d"),
        (["--window", "999999999d"], "--window 999999999d: at most 36500d"),
        (["--interval", "0"], "0.2"),
    ],
)
def test_what_is_no_time_is_wrong_usage(
    words: list[str], message: str, recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["top", "--once", *words]) == 2
    assert message in capsys.readouterr().err


@contextlib.contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Kills it where the block fails, so that the failure is told and not waited for."""
    try:
        yield
    except BaseException:
        process.kill()
        raise


def test_on_a_terminal_it_follows_the_history_and_its_size_and_q_ends_it(
    recording: Recording,
) -> None:
    sized_by_itself = {
        name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}
    }
    here, there = os.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(there)
    seen = bytearray()
    os.set_blocking(here, False)

    def shows(text: bytes) -> bool:
        with contextlib.suppress(BlockingIOError):  # nothing new
            seen.extend(os.read(here, 1 << 16))
        return text in seen

    with (
        subprocess.Popen(
            [*map(str, DRIFTGATE), "top", "--interval", "0.2", *EVER],
            stdin=there,
            stdout=there,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**sized_by_itself, "TERM": "xterm"},
        ) as top,
        ended(top),
    ):
        wait_until(lambda: shows(b": 3 ("), 20, what="three calls")
        recording.add(record(7))
        wait_until(lambda: shows(b": 4 ("), 20, what="the fourth call")
        seen.clear()
        fcntl.ioctl(here, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 140, 0, 0))
        top.send_signal(signal.SIGWINCH)
        wait_until(lambda: shows(b"unjudged\x1b"), 20, what="a column of wide terminals")
        os.write(here, b"q")
        wait_until(lambda: shows(b"\x1b[?1049l"), 20, what="the screen that was before")
        assert (top.wait(20), top.stderr and top.stderr.read()) == (0, b"")
    assert termios.tcgetattr(there) == before
    os.close(here)
    os.close(there)
