"""Runs one driftgate command until its own stdin ends: so that a killed starter leaves nothing behind.

    python -m driftgate.guard sim --listen 127.0.0.1:0

The starter holds the other end of stdin. The kernel closes it however that one ends, even by SIGKILL.
"""

import os
import signal
import subprocess
import sys
import threading

_PATIENCE_S = 8.0


def main(arguments: list[str]) -> int:
    """Start the command, end it with SIGTERM (then SIGKILL) when stdin ends; its exit code."""
    # Ctrl-C and the end of the terminal are the starter's; it ends us by stdin
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    command = [sys.executable, "-P", "-m", "driftgate", *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:  # noqa: S603 - our own
        threading.Thread(target=_end_with_stdin, args=(process,), daemon=True).start()
        return process.wait()


def _end_with_stdin(process: "subprocess.Popen[bytes]") -> None:
    while os.read(sys.stdin.fileno(), 1024):  # unbuffered: a lock would outlive us at exit
        pass
    process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
