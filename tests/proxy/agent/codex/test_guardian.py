"""Nothing of a Codex outlives it, or driftgate."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftgate.proxy.agent.codex import guardian
from tests.support.processes import alive
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="platform: no subreaper here")

# prints its own id, a child's, and one's that has left for a session of its own and lost its parent
_FAMILY = "echo $$; sleep 600 & echo $!; (setsid sleep 600 & echo $!); "


class Guarded:
    """A shell under a guardian. pids: what it has printed."""

    def __init__(self, script: str, grace_s: float = 60, pids: int = 0) -> None:
        words = [sys.executable, "-I", "-S", "-B", guardian.__file__, str(grace_s)]
        self.process = subprocess.Popen(
            [*words, "/bin/sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.pids = [int(self.process.stdout.readline()) for _ in range(pids)]

    def gone(self) -> bool:
        """Whether nothing is left of what the shell has started."""
        return not any(map(alive, self.pids))

    def end_input(self) -> None:
        """Tells it that nobody wants it any more."""
        assert self.process.stdin is not None
        self.process.stdin.close()


@pytest.fixture
def started() -> Iterator[list[Guarded]]:
    running: list[Guarded] = []
    yield running
    for each in running:
        each.process.kill()
        each.process.wait()
        for pid in each.pids:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


def family(started: list[Guarded], script: str = "exec sleep 600", grace_s: float = 60) -> Guarded:
    started.append(Guarded(_FAMILY + script, grace_s, pids=3))
    assert all(map(alive, started[0].pids))
    return started[0]


@pytest.mark.parametrize(
    ("script", "code"), [("exit 3", 3), ("kill -9 $$", 137), ("kill -11 $$", 139), ("cat", 0)]
)
def test_the_exit_code_is_the_programs(started: list[Guarded], script: str, code: int) -> None:
    started.append(Guarded(script))
    started[0].end_input()
    assert started[0].process.wait(20) == code


def test_a_program_that_is_not_there_has_a_code_too() -> None:
    words = [sys.executable, guardian.__file__, "1", "/nowhere/codex"]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == 127
    assert done.stderr == b"/nowhere/codex: No such file or directory\n"


def test_signals_are_not_ignored_because_driftgate_ignores_them() -> None:
    words = [sys.executable, "-I", "-S", "-B", guardian.__file__, "1"]
    ignoring = "import signal, os, sys; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3)]; "
    command = [sys.executable, "-c", ignoring + "os.execv(sys.argv[1], sys.argv[1:])", *words]
    command += ["/bin/grep", "SigIgn", "/proc/self/status"]
    said = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=True)
    ignored = int(said.stdout.split()[1], 16)
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)
    assert [number for number in numbers if ignored & 1 << number - 1] == []


def test_input_and_output_are_the_programs_own(started: list[Guarded]) -> None:
    started.append(Guarded("read line; echo got $line; exec >&-; read line; exit 4"))
    process = started[0].process
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"this\n")
    process.stdin.flush()
    assert process.stdout.read() == b"got this\n"  # the end too, while the guardian lives on
    process.stdin.write(b"\n")
    process.stdin.close()
    assert process.wait(20) == 4


def test_what_a_program_leaves_behind_ends_with_it(started: list[Guarded]) -> None:
    group = family(started, "read line")
    group.end_input()
    group.process.wait(20)
    assert group.gone()


def test_what_a_killed_program_leaves_behind_ends_too(started: list[Guarded]) -> None:
    group = family(started)
    os.kill(group.pids[0], signal.SIGKILL)
    assert group.process.wait(20) == 137
    assert group.gone()


def test_a_program_that_does_not_end_with_its_input_is_killed_after_the_grace(
    started: list[Guarded],
) -> None:
    group = family(started, grace_s=0.05)
    group.end_input()
    assert group.process.wait(20) == 137
    assert group.gone()


def test_a_stopped_program_is_killed_too(started: list[Guarded]) -> None:
    group = family(started, grace_s=0.05)
    os.kill(group.pids[0], signal.SIGSTOP)
    group.end_input()
    group.process.wait(20)
    assert group.gone()


def test_sigterm_grants_no_grace(started: list[Guarded]) -> None:
    group = family(started)
    group.process.send_signal(signal.SIGTERM)
    assert group.process.wait(20) == 137
    assert group.gone()


def test_a_program_ends_with_its_guardian(started: list[Guarded]) -> None:
    group = family(started)
    group.process.kill()
    wait_until(lambda: not alive(group.pids[0]), what="the program to end")


def test_a_parent_that_is_killed_takes_all_with_it(tmp_path: Path) -> None:
    parent = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)\n"
        "time.sleep(600)"
    )
    words = [sys.executable, "-I", "-S", "-B", guardian.__file__, "0.05"]
    said = tmp_path / "pids"
    script = f"exec > {said}; {_FAMILY} exec sleep 600"
    process = subprocess.Popen([sys.executable, "-c", parent, *words, "/bin/sh", "-c", script])
    try:
        wait_until(lambda: said.exists() and said.read_text().count("\n") == 3)
    finally:
        process.kill()
        process.wait()
    pids = [int(line) for line in said.read_text().split()]
    wait_until(lambda: not any(map(alive, pids)), what="all of them to end")
