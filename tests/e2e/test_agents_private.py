"""What an agent's turns keep to themselves: the client's key, the environment, and the machine's network."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from driftgate.proxy.admin import ask, socket_path
from tests.support import backends
from tests.support.backends import Served, Start, agent_variables
from tests.support.leaving import Sink, descendants, peers
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="platform: needs /proc"),
]

KEY, OTHER_KEY = "sk-of-the-client-4711", "sk-of-the-server-4712"
AGENTS = ("agent", "alone")


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture(scope="module")
def served(session_proc: Start, sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A proxy whose environment holds a key and leads everything to the sink.

    The model takes its time, so that its connections are there to be seen.
    """
    sim = backends.start_sim(session_proc, "--prefill-ms", "100")
    env = {
        **agent_variables("agent"),
        **agent_variables("alone", isolation="process"),
        **sink.proxies,
        "NO_PROXY": "",
        "OPENAI_API_KEY": OTHER_KEY,
        "CODEX_API_KEY": OTHER_KEY,
    }
    history = tmp_path_factory.mktemp("private") / "history.duckdb"
    return backends.start_serve(session_proc, sim.url, history, env=env)


@contextlib.contextmanager
def ingest_stopped(served: Served) -> Iterator[None]:
    """Nothing leaves the journal meanwhile."""
    pid = int((ask(socket_path(served.history, "history"), {"op": "status"}) or {})["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def watched(pid: int) -> Iterator[set[str]]:
    """All addresses that the processes below this one are connected to meanwhile."""
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            for each in descendants(pid):
                with contextlib.suppress(OSError):
                    seen.update(peers(each))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def leaks(folder: Path, *secrets: str) -> list[Path]:
    """The files below a folder that hold one of them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if any(key.encode() in path.read_bytes() for key in secrets)]


def turn(served: Served, agent: str, prompt: str) -> Any:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=KEY, max_retries=0) as client:
        return client.responses.create(model=agent, input=prompt)


@pytest.mark.parametrize("agent", AGENTS)
def test_keys_reach_the_model_and_neither_commands_nor_a_disk(
    served: Served, tmp_path: Path, agent: str
) -> None:
    go, folder, told = tmp_path / "go", served.history.parent, []
    prompt = f"run: echo {agent} waits; until [ -e {go} ]; do sleep 0.02; done; env"
    with ingest_stopped(served):
        asking = threading.Thread(target=lambda: told.append(turn(served, agent, prompt)))
        asking.start()
        wait_until(lambda: waits(served.process.pid, str(go)), 20, what="the command")
        homes = [path for path in folder.rglob("config.toml") if path.parent.name == agent]
        assert [oct(home.parent.stat().st_mode & 0o777) for home in homes] == ["0o700"]
        assert leaks(folder, KEY, OTHER_KEY) == []
        go.touch()
        asking.join(30)
    output = told[0].output[1].output[0].stdout
    assert output.startswith(f"{agent} waits\n")
    seen = {line.partition("=")[0].upper() for line in output.splitlines()}
    assert (
        seen & {"OPENAI_API_KEY", "CODEX_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "CODEX_HOME"}
        == set()
    )
    asked = (
        "SELECT DISTINCT header(request_headers, 'authorization') FROM calls "
        f"WHERE '{agent}' IN (upstream, (SELECT upstream FROM calls p WHERE p.call_id = calls.parent_call_id))"
    )
    [(key,)] = served.ask(asked)
    assert key.startswith("Bearer redacted:"), "the model's server got the client's"
    assert leaks(folder, KEY, OTHER_KEY) == []


def waits(pid: int, word: str) -> bool:
    """Whether a command with this word runs below."""
    for each in descendants(pid):
        with contextlib.suppress(OSError):
            if word.encode() in Path(f"/proc/{each}/cmdline").read_bytes():
                return True
    return False


def test_no_connection_leaves_the_machine(served: Served, sink: Sink) -> None:
    with watched(served.process.pid) as seen:
        for agent in AGENTS:
            answer = turn(served, agent, "run: ls\nrun: pwd")
            assert answer.output[-1].type == "message"
    port = int(served.url.rpartition(":")[2])
    assert f"0100007F:{port:04X}" in seen, "Codex's own calls were not seen"
    assert {each for each in seen if not each.startswith(("0100007F:", "00000000:"))} == set()
    assert sink.asked == []
