"""What people type first: make; and what CI and the tests lean on."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import make_docs
from tests.support.backends import Start
from tests.support.processes import ROOT
from tests.support.waiting import wait_until

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def make(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("make") is None:
        pytest.skip("no make")
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(
        command, cwd=ROOT, env={**clean, **env}, capture_output=True, text=True, check=False
    )


def test_make_alone_lists_every_target() -> None:
    done = make()
    assert done.returncode == 0, done.stderr
    targets = re.findall(r"(?m)^\.PHONY: (.*)$", MAKEFILE)[0].split()
    assert [name for name in targets if f"  {name} " not in done.stdout] == []


def test_a_python_that_is_too_old_gives_one_clear_line(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")  # what any check of the version gives
    old.chmod(0o755)
    done = make("setup", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
    assert done.returncode != 0
    [line] = [row for row in done.stderr.splitlines() if not row.startswith("make")]
    assert "needs Python 3.11 or newer" in line
    assert str(old) in line
    assert not (tmp_path / "venv").exists()


def test_every_command_of_make_needs_only_what_setup_makes() -> None:
    recipes = re.findall(r"(?m)^(\w+):(.*?)##", MAKEFILE)
    free = {"help", "clean"}
    assert [name for name, needs in recipes if name not in free and "$(READY)" not in needs] == []


def test_the_image_starts_a_command_that_exists() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    name, *words = json.loads(re.findall(r"(?m)^CMD (.*)$", text)[0])
    known = {option for p in make_docs.command_parameters(name) for option in p.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_script_of_ci_is_sound_bash() -> None:
    command = ["bash", "-n", ".ci/run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert os.access(ROOT / ".ci/run", os.X_OK)


def outcomes(tmp_path: Path, text: str, require: str) -> dict[str, int]:
    """How many tests of a made-up file passed, failed and were skipped under our conftest."""
    file = tmp_path / "test_made_up.py"
    file.write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    plugins = ["-p", "tests.conftest", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", *plugins, str(file)]
    env = {**os.environ, "DRIFTGATE_TEST_REQUIRE": require, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    counted = re.findall(r"(\d+) (passed|failed|skipped|error)", done.stdout.splitlines()[-1])
    return {word: int(number) for number, word in counted}


SKIPS = """\
import pytest
def test_a(): pytest.skip("no llama-server")
@pytest.mark.skip(reason="no codex")
def test_b(): pass
@pytest.mark.skip(reason="platform: macOS only")
def test_c(): pass
def test_d(): pass
"""


def test_where_everything_is_required_a_skip_is_a_failure(tmp_path: Path) -> None:
    assert outcomes(tmp_path, SKIPS, "all") == {
        "failed": 1,
        "error": 1,  # what a mark skips never gets to its call
        "skipped": 1,
        "passed": 1,
    }


def test_elsewhere_a_skip_is_a_skip(tmp_path: Path) -> None:
    assert outcomes(tmp_path, SKIPS, "") == {"skipped": 3, "passed": 1}


def test_a_module_may_not_skip_itself_either(tmp_path: Path) -> None:
    text = 'import pytest\npytest.skip("no duckdb", allow_module_level=True)\n'
    assert outcomes(tmp_path, text, "all") == {"error": 1}


def test_a_process_is_killed_with_its_children(proc: Start) -> None:
    started = proc(["sh", "-c", "sleep 60 & echo child $!; wait"])
    child = int(started.wait_for(r"child (\d+)")[1])
    started.end()
    wait_until(lambda: not is_running(child), what="the child's end")


def is_running(pid: int) -> bool:
    """Whether a process lives; one that has ended and only waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    if (stat := Path(f"/proc/{pid}/stat")).is_file():  # a slim container has no ps
        return " Z " not in stat.read_text()
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return bool(said) and not said.startswith("Z")


def test_a_program_that_ends_too_soon_says_so_with_its_output(proc: Start) -> None:
    started = proc(["sh", "-c", "echo no such model >&2; exit 3"])
    with pytest.raises(AssertionError, match=r"(?s)ended with 3 before.*no such model"):
        started.wait_for("listening")


def test_waiting_names_what_it_waited_for() -> None:
    with pytest.raises(TimeoutError, match="for the moon; last value: 0"):
        wait_until(lambda: 0, 0.05, what="the moon")


def test_a_signal_to_a_process_gives_its_exit_code(proc: Start) -> None:
    started = proc(["sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"])
    started.wait_for("ready")
    assert started.stop(signal.SIGTERM) == 5
