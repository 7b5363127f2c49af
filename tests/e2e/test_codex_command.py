"""`driftgate codex` with the real Codex CLI: recorded, and nothing of the user's touched."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate.proxy.history.reader import open_history
from tests.support.backends import Backend, Codex, Served
from tests.support.processes import DRIFTGATE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def content(folder: Path) -> dict[str, bytes]:
    """Each file of the user's, by name."""
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".toml", ".md"}
    }


def run(codex: Codex, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`driftgate codex ARGUMENTS` in the folder, with this Codex on the PATH."""
    path = folder / "bin"
    path.mkdir(exist_ok=True)
    if not (path / "codex").exists():
        (path / "codex").symlink_to(codex.program)
    own = {"CODEX_HOME": str(codex.home), "HOME": str(codex.home)}
    variables = {**os.environ, **own, "PATH": f"{path}:{os.environ['PATH']}"}
    command = [*DRIFTGATE, "codex", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_a_turn_without_a_proxy_starts_one_and_is_recorded(
    codex: Codex, sim: Backend, tmp_path: Path
) -> None:
    (tmp_path / "driftgate.toml").write_text(f'upstream = "{sim.url}"\n')
    before = content(codex.home)
    done = run(codex, tmp_path, "--", "exec", "--skip-git-repo-check", "echo: hello")
    assert (done.returncode, done.stdout.strip()) == (0, "hello"), done.stderr
    assert "started for this run" in done.stderr
    assert content(codex.home) == before
    with open_history(tmp_path / "driftgate.duckdb", drain=False) as reader:
        rows = reader.ask("SELECT input_text, output_text, originator FROM calls").rows
    assert rows == [("echo: hello", "hello", "codex_exec")]


def test_the_printed_block_is_one_that_codex_takes(
    codex: Codex, serve: Callable[..., Served], sim: Backend, tmp_path: Path
) -> None:
    served = serve(sim.url)
    block = run(codex, tmp_path, "--print-config", "--history", str(served.history)).stdout
    home = tmp_path / "other home"
    home.mkdir()
    (home / "config.toml").write_text(block)
    done = subprocess.run(
        [codex.program, "exec", "--strict-config", "--skip-git-repo-check", "echo: hello"],
        cwd=tmp_path,
        env={**os.environ, "CODEX_HOME": str(home), "NO_PROXY": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "hello"), done.stderr
    assert served.ask_until("SELECT output_text FROM calls WHERE turn_id IS NOT NULL", 1)
