"""The guard ends its command when its stdin ends, and passes the exit code on."""

import signal
import subprocess
import sys

GUARD = [sys.executable, "-m", "driftgate.guard"]


def test_the_command_ends_with_stdin() -> None:
    with subprocess.Popen(
        [*GUARD, "sim", "--listen", "127.0.0.1:0"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as guard:
        assert guard.stdin is not None
        assert guard.stderr is not None
        assert "listening on" in guard.stderr.readline()
        guard.send_signal(signal.SIGHUP)  # a proxy does not end of it, so we must not either
        guard.stdin.close()
        assert guard.wait(timeout=15) == 0
        assert guard.stderr.read() == ""


def test_the_exit_code_is_the_commands() -> None:
    with subprocess.Popen(
        [*GUARD, "sim", "--listen", "nowhere"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as guard:
        assert guard.wait(timeout=15) == 2
        assert guard.stderr is not None
        assert "--listen nowhere" in guard.stderr.read()
