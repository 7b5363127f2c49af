"""Gates over named versions of the simulated model, and all that makes a gate impossible: one line each."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.errors import Exit
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.settings.model import journal_root
from tests.e2e.calling import post
from tests.support import backends
from tests.support.backends import Served, Start
from tests.support.processes import DRIFTGATE

pytestmark = pytest.mark.slow

MODEL = "gemma4-sim"  # whichever version is loaded
THINGS = ("export", "invoice", "login page", "search", "calendar", "chat window")
TROUBLES = ("crashes", "freezes", "is slow", "is missing", "shows an error")
PLACES = ("Oslo", "Lima", "Rome", "Kyoto")
CLASSIFY = [
    f"Classify this support message: the {thing} {trouble} in {place}"
    for thing in THINGS
    for trouble in TROUBLES
    for place in PLACES
]
RESPONSES = 24
CONTRACT = """\
name = "triage"
[applies]
tags = { job = "classify" }
[output]
json = "whole"
[output.schema]
type = "object"
required = ["label", "confidence"]
[output.schema.properties]
label = { enum = ["bug", "billing", "question", "feature", "other", "account"] }
"""
FOREIGN = "00000000-0000-4000-8000-000000000099"
HOLD = """
import duckdb, sys
with duckdb.connect(sys.argv[1]) as history:
    print("held", flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Recorded:
    """What a proxy recorded. folder: with the contracts, and room for files."""

    served: Served
    folder: Path

    def gate(self, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        contracts = ("--contracts", self.folder / "contracts")
        return self.served.command("gate", "--quiet", *contracts, *words)

    def candidate(self, url: str, more: str = "") -> Path:
        file = self.folder / "candidate.toml"
        file.write_text(f'upstream = "{url}"\n{more}', encoding="utf-8")
        return file


def chat(number: int) -> bytes:
    messages = [{"role": "user", "content": CLASSIFY[number]}]
    tags = {"job": "classify"}
    return json.dumps({"model": MODEL, "messages": messages, "metadata": tags}).encode()


@pytest.fixture(scope="module")
def recorded(session_proc: Start, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Chats in sessions of two, and Responses beside them."""
    folder = tmp_path_factory.mktemp("versions")
    (folder / "contracts").mkdir()
    (folder / "contracts" / "triage.toml").write_text(CONTRACT, encoding="utf-8")
    sim = backends.start_sim(session_proc, "--seed", "-1")
    words = ("--contracts", str(folder / "contracts"))
    served = backends.start_serve(session_proc, sim.url, folder / "history.duckdb", *words)

    def ask(number: int) -> None:
        session = {"x_driftgate_session": f"s{number // 2}"}
        post(f"{served.url}/v1/chat/completions", chat(number), **session)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(len(CLASSIFY))))
    for number in range(RESPONSES):
        asked = json.dumps({"model": MODEL, "input": f"echo: {CLASSIFY[number]}"})
        post(f"{served.url}/v1/responses", asked.encode())
    served.ask_until("SELECT 1 FROM calls", len(CLASSIFY) + RESPONSES)
    return Recorded(served, folder)


def said(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The one line that the command says where nothing can be decided."""
    assert done.returncode == code, (done.returncode, done.stderr, done.stdout[-2000:])
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("driftgate: ")
    return line


def decision(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)["decision"]
    return found


def test_a_version_against_itself_is_never_drift(recorded: Recorded, proc: Start) -> None:
    url = backends.start_sim(proc, "--seed", "-1").url
    done = recorded.gate("--candidate", recorded.candidate(url), "--dialect", "chat", "--json")
    assert done.returncode in (Exit.GOOD, Exit.INCONCLUSIVE), done.stdout[-2000:]
    found = decision(done)
    assert found["verdict"] in ("pass", "inconclusive")
    assert (found["needed"] is not None) == (found["verdict"] == "inconclusive")


def test_a_worse_successor_is_drift_and_the_contract_it_breaks_is_named(
    recorded: Recorded, proc: Start
) -> None:
    url = backends.start_sim(proc, "--seed", "-1", "--model", "gemma4-sim:v2").url
    done = recorded.gate("--candidate", recorded.candidate(url), "--dialect", "chat", "--json")
    found = decision(done)
    assert (done.returncode, found["verdict"]) == (Exit.FOUND, "drift"), found["sentence"]
    assert "contract `triage`" in found["sentence"]


def test_a_candidate_of_another_dialect_is_could_not_check_and_the_remedy_works(
    recorded: Recorded, proc: Start
) -> None:
    url = backends.start_sim(proc, "--chat-only").url
    words = ("--dialect", "responses", "--json")
    line = said(recorded.gate("--candidate", recorded.candidate(url), *words), 4)
    assert "does it speak the recorded dialect?" in line
    remedy = 'adapt = "responses-to-chat"'
    assert remedy in line
    found = decision(recorded.gate("--candidate", recorded.candidate(url, remedy), *words))
    assert found["health"]["served"]["candidate"] == 2 * RESPONSES


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--model", "nobody"), ("no", "--model nobody")),
        (("--golden", "nobody"), ("golden", "nobody")),
    ],
    ids=["no call matches", "no golden set"],
)
def test_what_chooses_nothing_is_bad_input(
    recorded: Recorded, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    file = recorded.candidate(recorded.served.url)
    line = said(recorded.gate("--candidate", file, *words), Exit.USAGE)
    assert [word for word in told if word not in line] == []


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("[margins]\n\ncontract_pas = 0.02\n", ":3: ", "contract_pass"),
        ("alpha = \n", ":1: ", "TOML"),
    ],
    ids=["unknown metric", "no TOML"],
)
def test_a_policy_that_cannot_be_read_is_bad_input_at_a_line(
    recorded: Recorded, tmp_path: Path, text: str, place: str, told: str
) -> None:
    policy = tmp_path / "gate.toml"
    policy.write_text(text, encoding="utf-8")
    file = recorded.candidate(recorded.served.url)
    line = said(recorded.gate("--candidate", file, "--policy", policy), Exit.USAGE)
    assert line.startswith(f"driftgate: {policy}{place}")
    assert told in line


def test_a_run_of_another_schema_version_cannot_be_read(recorded: Recorded) -> None:
    journal = JournalWriter(journal_root(recorded.served.history), "later", Rules(min_free_bytes=0))
    run = {"run_id": FOREIGN, "started_at": "2020-01-01 00:00:00", "version": "9.9", "schema": 99}
    journal.rows("runs", [run])
    journal.close()
    recorded.served.ask_until(f"SELECT 1 FROM runs WHERE run_id = '{FOREIGN}'", 1)
    file = recorded.candidate(recorded.served.url)
    for done in (
        recorded.served.command("replay", "report", FOREIGN),
        recorded.gate("--candidate", file, "--resume", FOREIGN),
    ):
        line = said(done, Exit.COULD_NOT_CHECK)
        assert "driftgate 9.9 in schema 99" in line


def test_a_history_that_somebody_holds_cannot_be_checked_and_the_holder_is_named(
    recorded: Recorded, tmp_path: Path
) -> None:
    held = tmp_path / "held.duckdb"
    command = [sys.executable, "-c", HOLD, str(held)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        words = ("--candidate", str(recorded.candidate(recorded.served.url)), "--quiet")
        done = subprocess.run(
            [*DRIFTGATE, "gate", *words, "--history", str(held)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        holder.communicate("")
    assert str(holder.pid) in said(done, Exit.COULD_NOT_CHECK)
