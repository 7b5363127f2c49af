"""`driftgate gate --trajectories` with the real Codex, in its sandbox: verdicts, what is kept, kill -9."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.calling import post
from tests.replay.trajectory.recorded import CONTEXT, message
from tests.support import backends
from tests.support.backends import Served, Start
from tests.support.parts import codex_program
from tests.support.processes import DRIFTGATE
from tests.support.waiting import wait_until

THREADS = 6
CALLS = THREADS + 1  # one thread has a second turn
KEPT = "SELECT arm, count(*) FROM trajectories WHERE run_id = (SELECT max(run_id) FROM runs) GROUP BY arm"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "README").write_text("hello world\n")
    return folder


@pytest.fixture(scope="module")
def recorded(
    session_proc: Start, workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> Served:
    """Threads of Codex that a proxy has recorded, and the proxy still runs."""
    history = tmp_path_factory.mktemp("trajectories") / "history.duckdb"
    served = backends.start_serve(session_proc, backends.start_sim(session_proc).url, history)
    for number in range(THREADS):
        items = [message("user", CONTEXT.format(workspace))]
        turn(served, number, 1, items, f"run: cat README > out{number}")
    turn(served, 0, 2, items, "run: wc -l < out0")
    served.ask_until("SELECT call_id FROM calls", CALLS)
    return served


def turn(
    served: Served, thread: int, number: int, items: list[dict[str, Any]], prompt: str
) -> None:
    """The first model call of a turn, as Codex makes it."""
    metadata = {"thread_id": f"thread-{thread}", "turn_id": f"turn-{thread}-{number}"}
    said = [*items, message("user", prompt)]
    body = {"model": "gemma4-sim:v1", "input": said, "client_metadata": metadata}
    post(f"{served.url}/v1/responses", json.dumps(body).encode())


def command(served: Served, *words: str | Path) -> list[str]:
    return [*DRIFTGATE, "gate", *map(str, words), "--history", str(served.history)]


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{codex_program().parent}:{os.environ['PATH']}"}


def gate(served: Served, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(served, *words),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment(),
    )


def candidate(folder: Path, url: str) -> Path:
    file = folder / "candidate.toml"
    file.write_text(f'upstream = "{url}"\nk = 1\n')
    return file


def test_a_model_that_calls_no_tool_any_more_is_drift(
    recorded: Served, workspace: Path, proc: Start, tmp_path: Path
) -> None:
    broken = backends.start_sim(proc, "--fault", "json_tool_as_text").url
    words = (
        "--trajectories",
        "--candidate",
        candidate(tmp_path, broken),
        "--check",
        "grep hello out*",
    )
    done = gate(recorded, *words, "--json")
    assert done.returncode == 1, done.stderr + done.stdout[-5_000:]
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["sentence"].startswith("Drift: check pass rate is 100 points lower")
    assert told["decision"]["health"]["served"] == {"baseline": THREADS, "candidate": THREADS}
    assert sorted(path.name for path in workspace.iterdir()) == ["README"]
    assert not recorded.history.with_name("history.duckdb.replays").exists()
    # what was recorded of it is the run's alone, and none of it is live traffic
    assert recorded.ask("SELECT count(*) FROM calls") == [(CALLS,)]
    calls = recorded.ask(
        "SELECT trajectories.arm, count(*), count(DISTINCT parent_call_id) FROM all_calls "
        "JOIN trajectories ON trajectory_id = parent_call_id AND all_calls.arm = trajectories.arm "
        "AND all_calls.run_id = trajectories.run_id GROUP BY ALL ORDER BY ALL"
    )
    assert calls == [("baseline", 2 * CALLS, THREADS), ("candidate", CALLS, THREADS)]
    assert recorded.ask("SELECT count(*) FROM replays") == [(0,)]
    assert recorded.ask(
        "SELECT attempt, title, exit_code, text FROM all_agent_items WHERE kind = 'command' "
        "AND title LIKE '%out0' ORDER BY attempt"
    ) == [(1, "cat README > out0", 0, None), (2, "wc -l < out0", 0, "1\n")]


def test_a_run_that_was_killed_goes_on_and_leaves_nothing_behind(
    recorded: Served, proc: Start, tmp_path: Path
) -> None:
    slow = backends.start_sim(proc, "--prefill-ms", "50").url
    words = ("--trajectories", "--candidate", candidate(tmp_path, slow), "--concurrency", "1")
    before = recorded.ask("SELECT count(*) FROM runs")
    running = proc(command(recorded, *words), env=environment())
    wait_until(lambda: recorded.ask("SELECT count(*) FROM runs") > before, 30, what="the run")
    wait_until(lambda: recorded.ask(KEPT), 30, what="a trajectory")
    assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    done = gate(recorded, "--resume", "last", "--json")
    assert done.returncode in (0, 3), done.stderr + done.stdout[-5_000:]
    assert json.loads(done.stdout)["decision"]["health"]["coverage"] == 1
    assert sorted(recorded.ask(KEPT)) == [("baseline", THREADS), ("candidate", THREADS)]
    assert not recorded.history.with_name("history.duckdb.replays").exists()
