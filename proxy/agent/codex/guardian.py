"""Stands between driftgate and one Codex, so that nothing of it outlives either. A program of its own.

`python guardian.py GRACE_S PROGRAM ARGUMENT...` runs the program with its own stdin, stdout and stderr.
When the input ends (driftgate wants the end, or was killed) the program may end by itself within the
grace; SIGTERM grants none. When the program has ended, however that was, all that it has started and
left behind is killed too: commands in sessions of their own, or whose parents are gone, come to this
process, since it is their subreaper. It is imported by nobody and imports nothing of ours: it starts
in 20 ms. Codex's own sandbox kills what runs in it; commands outside of it are what this is for.

Exit code: the program's, or 128 + the number of the signal that ended it.
"""

import ctypes
import os
import select
import signal
import sys
import time

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)
_STDIN, _STDOUT = 0, 1
# what Python ignores, or driftgate, would be ignored by the program and its commands too
_OWN = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)
SWEEP_S = 5.0  # how long what is killed may take to be gone


def main(grace_s: float, command: list[str]) -> int:
    """Runs the command until it, or the one who wants it, ends; its exit code."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        _become(libc, command)
    _let_go_of_output()
    code = _watch(child, woken, grace_s)
    _sweep()
    return code


def _become(libc: ctypes.CDLL, command: list[str]) -> None:
    """The child: the command itself, which dies with its guardian."""
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.set_wakeup_fd(-1)
    for number in _OWN:
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(command[0], command)  # noqa: S606 - without a shell is what is wanted
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def _let_go_of_output() -> None:
    """The reader of the output sees its end when the command ends, not this process."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDOUT)
    os.close(nowhere)


def _watch(child: int, woken: int, grace_s: float) -> int:
    """Until the child has ended: by itself, or because the grace is over."""
    poll = select.poll()
    poll.register(woken, select.POLLIN)
    poll.register(_STDIN, 0)  # nothing is read: the input is the child's, only its end is told
    deadline: float | None = None
    while True:
        wait_ms = None if deadline is None else max(0, deadline - time.monotonic()) * 1000
        for fd, _ in poll.poll(wait_ms):
            if fd == _STDIN:
                poll.unregister(_STDIN)
                deadline = deadline or time.monotonic() + grace_s
            else:
                told = os.read(woken, 4096)
                deadline = time.monotonic() if signal.SIGTERM in told else deadline
        code = _reap(child)
        if code is not None:
            return code
        if deadline is not None and time.monotonic() >= deadline:
            os.kill(child, signal.SIGKILL)
            return 128 + signal.SIGKILL


def _reap(child: int) -> int | None:
    """Takes note of all who have ended; the child's exit code if it is among them."""
    code = None
    while (ended := _ended()) is not None and ended[0]:
        if ended[0] == child:
            raw = os.waitstatus_to_exitcode(ended[1])
            code = raw if raw >= 0 else 128 - raw
    return code


def _ended() -> tuple[int, int] | None:
    """A child that has ended and its status; (0, 0): none of them; None: there are no children."""
    try:
        return os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None


def _sweep() -> None:
    """Kills all descendants; each that loses its parent becomes a child of this process, and is next."""
    deadline = time.monotonic() + SWEEP_S
    while time.monotonic() < deadline:
        for pid in _below(os.getpid()):
            _kill(pid)
        while (ended := _ended()) is not None and ended[0]:
            continue
        if ended is None:
            return
        time.sleep(0.005)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # gone, or another user's by setuid
        return


def _below(top: int) -> list[int]:
    """The processes whose parent's parent's ... parent is this one."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib would double the time of the start
        if name.isdecimal():
            children.setdefault(_parent(name), []).append(int(name))
    found, new = [], children.get(top, [])
    while new:
        found += new
        new = [grandchild for child in new for grandchild in children.get(child, [])]
    return found


def _parent(pid: str) -> int:
    """A process's parent; 0: it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - likewise
            # pid (name) state parent ...: a name may hold anything, parentheses too
            return int(stat.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
