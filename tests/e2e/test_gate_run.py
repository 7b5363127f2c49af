"""`driftgate gate` with real processes: interrupted, killed, resumed, with and without a proxy."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.history.reader import open_history
from tests.e2e.calling import chat, post
from tests.support import backends
from tests.support.backends import Served, Start
from tests.support.processes import DRIFTGATE, free_port
from tests.support.waiting import wait_until

CALLS = 20
TREES = ("oak", "elm", "fir", "ash", "yew")
ALL = {"baseline": 2 * CALLS, "candidate": 2 * CALLS}
WORDS = [f"{colour} {tree}" for colour in ("red", "green", "blue", "black") for tree in TREES]
SLOW = ("--prefill-ms", "400")


@pytest.fixture(scope="module")
def recorded(session_proc: Start, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Traffic that a proxy has recorded, and the proxy still runs."""
    history = tmp_path_factory.mktemp("gate") / "history.duckdb"
    served = backends.start_serve(session_proc, backends.start_sim(session_proc).url, history)
    for number in range(CALLS):
        session = {"x_driftgate_session": f"s{number // 2}"}
        post(f"{served.url}/v1/chat/completions", chat(f"echo: {WORDS[number]}"), **session)
    served.ask_until("SELECT call_id FROM calls", CALLS)
    return served


def candidate(folder: Path, url: str) -> Path:
    file = folder / "candidate.toml"
    file.write_text(f'upstream = "{url}"\n')
    return file


def gate(served: Served, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [*DRIFTGATE, "gate", *map(str, words), "--history", str(served.history)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def replays(history: Path, columns: str, run: str = "(SELECT max(run_id) FROM runs)") -> list[Any]:
    """Of the newest run: run ids sort as runs began."""
    with open_history(history) as reader:
        return reader.ask(f"SELECT {columns} FROM replays WHERE run_id = {run}").rows


def served_of(done: "subprocess.CompletedProcess[str]") -> dict[str, int]:
    assert done.returncode in (0, 3), done.stderr + done.stdout[-20_000:]
    found: dict[str, int] = json.loads(done.stdout)["decision"]["health"]["served"]
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "ctrl-c"])
def test_a_run_that_was_ended_goes_on_and_asks_nothing_twice(
    recorded: Served, proc: Start, tmp_path: Path, number: int
) -> None:
    file = candidate(tmp_path, backends.start_sim(proc, *SLOW).url)
    before = recorded.ask("SELECT count(*) FROM runs")
    running = proc(
        [*DRIFTGATE, "gate", "--candidate", str(file), "--history", str(recorded.history)]
    )
    wait_until(lambda: recorded.ask("SELECT count(*) FROM runs") > before, 30, what="the run")
    wait_until(lambda: replays(recorded.history, "1"), 30, what="some answers")
    code = running.stop(number)
    assert code == (130 if number == signal.SIGINT else -signal.SIGKILL)
    if number == signal.SIGINT:
        running.wait_for("which are kept; go on with: --resume")
    assert len(replays(recorded.history, "1")) < 4 * CALLS
    assert served_of(gate(recorded, "--resume", "last", "--json")) == ALL
    jobs = replays(recorded.history, "outcome, replay_of, arm, repetition")
    completed = [job for job in jobs if job[0] == "completed"]
    assert len(completed) == len(set(completed)) == 4 * CALLS


def test_a_candidate_that_is_down_is_one_line_and_nothing_is_asked(
    recorded: Served, tmp_path: Path
) -> None:
    before = recorded.ask("SELECT count(*) FROM runs")
    done = gate(recorded, "--candidate", candidate(tmp_path, f"http://127.0.0.1:{free_port()}"))
    assert done.returncode == 4
    assert done.stdout == ""
    assert done.stderr.startswith("driftgate: nothing was checked: ")
    assert done.stderr.count("\n") == 1
    assert recorded.ask("SELECT count(*) FROM runs") == before


def test_a_gate_runs_beside_a_proxy_and_without_one(
    recorded: Served, proc: Start, tmp_path: Path
) -> None:
    file = candidate(tmp_path, backends.start_sim(proc).url)
    for words in ((), ("--quiet", "--stop-early")):
        done = gate(recorded, "--candidate", file, "--json", *words)
        assert served_of(done) == ALL
        assert json.loads(done.stdout)["run"]["baseline_fingerprint"]["server"] == "driftgate-sim"
        assert recorded.ask("SELECT count(*) FROM calls") == [(CALLS,)]
        recorded.process.stop()
    assert done.stderr == ""
