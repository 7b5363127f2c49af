"""The check command."""

import os
import sys
from pathlib import Path

import pytest

from driftgate.proxy.agent.codex.environment import environment
from driftgate.proxy.agent.codex.home import prepare
from driftgate.proxy.agent.codex.program import Program
from driftgate.proxy.settings.codex import Codex
from driftgate.replay.trajectory.workspaces.check import OUTPUT, Checker, judged, sandboxed
from driftgate.replay.trajectory.workspaces.workspace import take
from tests.support.parts import codex_program
from tests.support.waiting import wait_until

# runs what is behind the `--`, in no sandbox
PLAIN = '#!/bin/sh\nwhile [ "$1" != "--" ]; do shift; done\nshift\nexec "$@"\n'


def checker(folder: Path, command: str, *, script: str = PLAIN, timeout_s: float = 20) -> Checker:
    program = folder / "codex"
    program.write_text(script)
    program.chmod(0o755)
    return Checker(Program(str(program), "0.169.0"), command, timeout_s, environment())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / "a").write_text("x")
    return folder


async def test_a_command_that_exits_with_0_passes(tmp_path: Path, copy: Path) -> None:
    found = await checker(tmp_path, "cat a && pwd").check(copy)
    assert (found.passed, found.exit_code, found.error) == (True, 0, "")
    assert found.output == "x<workspace>\n"
    assert found.duration_ms > 0


async def test_one_that_does_not_fails_and_its_end_is_kept(tmp_path: Path, copy: Path) -> None:
    command = "yes | head -c 1000000; echo the end >&2; exit 3"
    found = await checker(tmp_path, command).check(copy)
    assert (found.passed, found.exit_code, found.verdict) == (False, 3, "fail")
    assert len(found.output) == OUTPUT
    assert found.output.endswith("the end\n")


async def test_it_has_a_temporary_folder_of_its_own_that_is_gone_then(
    tmp_path: Path, copy: Path
) -> None:
    found = await checker(tmp_path, 'touch "$TMPDIR/x" && echo "$TMPDIR"').check(copy)
    assert found.passed
    assert not Path(found.output.strip()).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["codex", "copy"]


async def test_one_that_takes_too_long_fails_with_all_that_it_began(
    tmp_path: Path, copy: Path
) -> None:
    command = 'sleep 60 & echo $! > "$PWD/pid"; echo began; sleep 60'
    found = await checker(tmp_path, command, timeout_s=0.5).check(copy)
    assert (found.passed, found.exit_code) == (False, 124)
    assert found.output == "began\n\n[stopped after 0.5 s]"
    pid = int((copy / "pid").read_text())
    wait_until(lambda: not _runs(pid), what="the end of what it began")


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def test_a_command_or_a_codex_that_is_not_there_says_nothing_of_the_model(
    tmp_path: Path, copy: Path
) -> None:
    missing = await checker(tmp_path, "no-such-command").check(copy)
    assert missing.verdict == "unjudged"
    assert "not found" in missing.error
    gone = Checker(Program("/no/codex", "0"), "true", 5, {})
    assert (await gone.check(copy)).error == "/no/codex: No such file or directory"


def test_the_sandbox_is_asked_for_in_so_many_words() -> None:
    words = sandboxed("codex", Path("/t"), "make")
    assert words[:2] == ["codex", "sandbox"]
    assert words[-4:] == ["--", "/bin/sh", "-c", "make"]
    assert 'sandbox_mode="workspace-write"' in words
    assert "sandbox_workspace_write.network_access=false" in words
    assert 'sandbox_workspace_write.writable_roots=["/t"]' in words


async def test_codex_keeps_it_in_its_copy_and_off_the_network(tmp_path: Path, copy: Path) -> None:
    home = tmp_path / "home"
    prepare(Codex(model="m"), home)
    seen = {**environment(), "CODEX_HOME": str(home), "PATH": os.environ["PATH"]}
    ask = "import socket; socket.create_connection(('127.0.0.1', 9))"
    command = (
        'touch new "$TMPDIR/x" && echo own; touch ../out; touch /tmp/driftgate-out; '
        f'{sys.executable} -c "{ask}"; true'
    )
    found = await Checker(Program(str(codex_program()), "0"), command, 60, seen).check(copy)
    assert found.exit_code == 0, found.output
    assert "own" in found.output
    assert (copy / "new").exists()
    for place in (tmp_path / "out", Path("/tmp/driftgate-out")):
        assert not place.exists()
    assert "not permitted" in found.output


async def test_a_command_that_the_agent_took_away_fails_and_one_that_never_was_says_nothing(
    tmp_path: Path, copy: Path
) -> None:
    (copy / "test.sh").write_text("true")
    (copy / "test.sh").chmod(0o755)
    template = take(copy, tmp_path / "template")
    passes = await judged(checker(tmp_path, "./test.sh"), copy, template)
    (copy / "test.sh").unlink()
    taken = await judged(checker(tmp_path, "./test.sh"), copy, template)
    never = await judged(checker(tmp_path, "./tset.sh"), copy, template)
    assert [each.verdict for each in (passes, taken, never)] == ["pass", "fail", "unjudged"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["codex", "copy", "template"]
