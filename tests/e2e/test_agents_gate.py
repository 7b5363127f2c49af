"""`driftgate gate` over calls of an agent with the real Codex: killed, resumed, and what is kept of it."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.calling import chat, post
from tests.support import backends
from tests.support.backends import Backend, Served, Start
from tests.support.parts import codex_program
from tests.support.processes import DRIFTGATE
from tests.support.waiting import wait_until

TREES = ("oak", "elm", "fir", "ash", "yew")
ALL = {"baseline": len(TREES), "candidate": len(TREES)}
OUTER = "SELECT arm, count(*) FROM replays WHERE outcome = 'completed' GROUP BY arm ORDER BY arm"


def agent(model: str) -> dict[str, str]:
    """Variables that make the upstream `agent`."""
    prefix = "DRIFTGATE_UPSTREAMS__AGENT"
    return {
        f"{prefix}__KIND": "codex",
        f"{prefix}__CODEX__MODEL": model,
        f"{prefix}__CODEX__PROGRAM": str(codex_program()),
        f"{prefix}__CODEX__SANDBOX": "danger-full-access",  # a container often has no other
    }


def command(served: Served, *words: str | Path) -> list[str]:
    return [*DRIFTGATE, "gate", *map(str, words), "--history", str(served.history)]


def files(folder: Path, url: str) -> list[str | Path]:
    """Options of a gate whose candidate calls no tool."""
    (folder / "candidate.toml").write_text(f'upstream = "{url}"\nk = 1\n')
    (folder / "policy.toml").write_text("minimum = 5\npermutations = 199\n")
    return ["--candidate", folder / "candidate.toml", "--policy", folder / "policy.toml"]


def test_a_gate_over_an_agents_calls_goes_on_after_a_kill_and_keeps_the_tree(
    serve: Callable[..., Served], sim: Backend, proc: Start, tmp_path: Path
) -> None:
    served = serve(sim.url, env=agent(sim.model))
    for tree in TREES:
        post(f"{served.url}/v1/chat/completions", chat(f"run: echo {tree}", model="agent"))
    served.ask_until("SELECT call_id FROM agent_turns WHERE status = 'completed'", len(TREES))
    broken = backends.start_sim(proc, "--fault", "json_tool_as_text", "--prefill-ms", "300").url
    running = proc(command(served, *files(tmp_path, broken), "--concurrency", "1"))
    wait_until(lambda: served.ask(OUTER), 30, what="an answer")
    assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    running.wait_for("agent 'agent': its turns are run again by both arms, with all their commands")
    assert dict(served.ask(OUTER)) != ALL

    done = subprocess.run(
        command(served, "--resume", "last", "--json"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ,
    )
    assert done.returncode in (0, 1, 3), done.stderr + done.stdout[-5_000:]
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["decision"]["health"]["served"] == ALL
    assert "each is a whole turn" in told["limits"]
    assert dict(served.ask(OUTER)) == ALL  # none was asked twice
    # both arms' model calls are theirs, judged, and under the call that asked the agent
    inner = served.ask(
        "SELECT outer_call.arm, calls.upstream, calls.verdict, count(*) FROM all_calls AS calls "
        "JOIN replays AS outer_call ON calls.parent_call_id = outer_call.call_id "
        "AND calls.arm = outer_call.arm AND calls.run_id = outer_call.run_id "
        "AND calls.replay_of = outer_call.replay_of "
        "WHERE outer_call.outcome = 'completed' GROUP BY ALL ORDER BY ALL"
    )
    assert inner == [
        ("baseline", "default", "pass", 2 * len(TREES)),
        ("candidate", "default", "fail", len(TREES)),
    ]
    assert served.ask("SELECT upstream, count(*) FROM calls GROUP BY ALL ORDER BY ALL") == [
        ("agent", len(TREES)),
        ("default", 2 * len(TREES)),
    ]
    ((first,),) = served.ask("SELECT min(replay_of)::VARCHAR FROM replays")
    shown = served.command("replay", "show", "last", first).stdout
    assert [shown.count(f"== {arm} 1") for arm in ("record", *ALL)] == [1, 1, 1]
    pair = served.command("replay", "diff", first).stdout
    assert "The tool says: oak" in pair
    assert '"name": "exec_command"' in pair
    assert not served.history.with_name(f"{served.history.name}.replays").exists()
