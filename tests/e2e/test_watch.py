"""`driftgate watch` with real processes: reference, pass, and a model that becomes another one."""

import json
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.calling import chat, driftgate, post
from tests.support import backends
from tests.support.backends import Backend, Served, Start
from tests.support.processes import DRIFTGATE, free_port
from tests.support.waiting import wait_until

CALLS = 24
COUNTRIES = ("Norway", "France", "Italy", "Spain", "Poland", "Japan")
# one word: the simulated successor answers in a sentence
CONTRACT = """\
name = "capital"
version = "1.0.0"
[output]
max_chars = 12
"""
POLICY = "[margins]\ncontract_pass = 0.2\nserved = 0.2\n"


class Hooked:
    """A server that keeps what is posted to it."""

    def __init__(self) -> None:
        self.got: list[tuple[str | None, dict[str, Any]]] = []
        hooked = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hooked.got.append((self.headers["Authorization"], json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Nothing on stderr."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def hooked() -> Iterator[Hooked]:
    server = Hooked()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture(scope="module")
def sim(session_proc: Start) -> Backend:
    return backends.start_sim(session_proc)


@pytest.fixture(scope="module")
def served(session_proc: Start, sim: Backend, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A golden set of questions that were asked through a proxy, and the proxy still runs."""
    folder = tmp_path_factory.mktemp("watch")
    (folder / "contracts").mkdir()
    (folder / "contracts" / "capital.toml").write_text(CONTRACT)
    (folder / "policy.toml").write_text(POLICY)
    history, where = folder / "history.duckdb", str(folder / "contracts")
    served = backends.start_serve(session_proc, sim.url, history, "--contracts", where)
    for number in range(CALLS):
        text = f"{number}: what is the capital of {COUNTRIES[number % 6]}"
        body = chat(text, temperature=0, model="gemma4-sim")
        session = {"x_driftgate_session": f"s{number}"}
        post(f"{served.url}/v1/chat/completions", body, x_driftgate_contract="capital", **session)
    served.ask_until("SELECT call_id FROM calls", CALLS)
    driftgate(served, "replay", "keep", "capitals", "--no-collapse")
    return served


def words(served: Served, *more: str) -> list[str]:
    folder = served.history.parent
    files = ["--contracts", str(folder / "contracts"), "--policy", str(folder / "policy.toml")]
    known = ["watch", "capitals", "--history", str(served.history), *files, "--json", "--quiet"]
    return [*DRIFTGATE, *known, *more]


def load(sim: Backend, version: str) -> None:
    request = urllib.request.Request(f"{sim.url}/sim/model", version.encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def once(served: Served, *more: str) -> "subprocess.CompletedProcess[str]":
    command = words(served, "--once", *more)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_model_that_becomes_another_one_is_found_at_once_and_told(
    served: Served, sim: Backend, hooked: Hooked, proc: Start
) -> None:
    first = once(served)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["kind"] == "reference"
    hook = ("--webhook", f"{hooked.url}?key=secret", "--webhook-token-env", "HOOK_KEY")
    env = {"HOOK_KEY": "k"}
    watching = proc(words(served, *hook, "--every", "24h", "--check-every", "1s"), env=env)
    watching.wait_for("watching capitals")
    load(sim, "gemma4-sim:v2")
    told = json.loads(watching.wait_for(r"\{.*\}", 30)[0])
    assert told["verdict"] == "drift", told["sentence"]
    assert told["why"].startswith("the server changed: ")
    assert "contract" in told["sentence"]
    wait_until(lambda: hooked.got, 20, what="the webhook")
    key, message = hooked.got[0]
    assert (key, message["event"], message["run"]) == ("Bearer k", "drift", told["run"])
    assert "contract_pass" in {each["metric"] for each in message["findings"]}
    assert watching.stop(signal.SIGTERM) == 0
    assert "secret" not in watching.text
    (detail,) = served.ask("SELECT detail FROM events WHERE kind = 'drift'")
    assert json.loads(detail[0])["run"] == told["run"]
    assert served.ask("SELECT count(*) FROM calls") == [(CALLS,)]


def test_without_a_proxy_a_single_round_says_it_by_its_exit_code(
    served: Served, tmp_path: Path
) -> None:
    served.process.stop()
    again = once(served)
    assert again.returncode == 1, again.stderr
    down = tmp_path / "down.toml"
    down.write_text(f'upstream = "http://127.0.0.1:{free_port()}"\n')
    none = once(served, "--candidate", str(down))
    assert (none.returncode, none.stdout) == (4, "")
    assert none.stderr.startswith("driftgate: nothing was checked: ")
    assert none.stderr.count("\n") == 1
