"""The whole way of an upgrade: the real Codex recorded, then gated against another llama-server."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.support import backends
from tests.support.backends import Served, Start
from tests.support.parts import tiny_model

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TURNS = 60
FEW = 3  # may go wrong: the tiny model's broken tool calls break llama-server's own JSON
LABELS = ("bug", "billing", "question", "feature", "other", "account")
# What clients ask for allows more than the contract: so a model can break it and still be served.
SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"enum": [*LABELS, *map(str.title, LABELS)]},
        "confidence": {"type": "number"},
    },
    "required": ["label"],
    "additionalProperties": False,
}
CONTRACT = f"""\
name = "triage"
[applies]
dialects = ["responses"]
[output]
json = "whole"
[output.schema]
type = "object"
required = ["label", "confidence"]
[output.schema.properties]
label = {{ enum = {json.dumps(LABELS)} }}
"""
# Of 60 cases without one failure the interval reaches 4.6 points to either side. Of one recording, asked 16
# times: today's model never failed in 1,888 answers, the new one in 38 % of 960. Drawn 20,000 times from
# these, two answers of each arm, the contract's verdict was never another one.
POLICY = """\
[margins]
contract_pass = 0.08
served = 0.08
[alarms]
json_agreement = 0.25
"""
SAMPLING = ("-n", "64", "--temp", "0.7")  # Codex sets neither
# The tiny model calls tools at random: one is left, which does nothing in `codex exec`.
OPTIONS = ("--disable", "shell_tool", "--disable", "unified_exec", "-m", "gemma4-tiny")
INSTRUCTIONS = "Classify the support message. Answer with JSON only.\n"
ADAPT_FORMAT = {"DRIFTGATE_UPSTREAMS__DEFAULT__ADAPT_FORMAT": "true"}


@dataclass(frozen=True)
class Upgrade:
    """What a proxy recorded of Codex, and what a gate over it is told. calls: how many it recorded."""

    served: Served
    folder: Path
    calls: int

    def gate(self, url: str, *words: str) -> tuple[int, dict[str, Any]]:
        """Exit code and report of a gate whose candidate is this server; its file has one line."""
        candidate = self.folder / "candidate.toml"
        candidate.write_text(f'upstream = "{url}"\n', encoding="utf-8")
        policy = ("--policy", self.folder / "gate.toml", "--contracts", self.folder / "contracts")
        done = self.served.command("gate", "--candidate", candidate, *policy, "--json", *words)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def said(self, *words: str) -> str:
        """What a command prints."""
        done = self.served.command(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


def messages(shared: Path) -> list[str]:
    """Support messages; no two of them are the same but for a number."""
    lines = (shared / "models" / "prompts.jsonl").read_text(encoding="utf-8").splitlines()
    prompts = [each for each in map(json.loads, lines) if each["task"] == "classify"]
    found = [str(each["messages"][-1]["content"]) for each in prompts]
    return [*found, *(f"{each} I wrote to you from Vienna before." for each in found)][:TURNS]


@pytest.fixture(scope="module")
def upgrade(session_proc: Start, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Upgrade:
    """A model server, a proxy, and Codex that asked it: each turn a session of its own."""
    folder = tmp_path_factory.mktemp("upgrade")
    (folder / "contracts").mkdir()
    (folder / "contracts" / "triage.toml").write_text(CONTRACT, encoding="utf-8")
    (folder / "gate.toml").write_text(POLICY, encoding="utf-8")
    (folder / "schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    today = backends.start_llama_server(session_proc, *SAMPLING)
    contracts = ("--contracts", str(folder / "contracts"))
    served = backends.start_serve(
        session_proc, today.url, folder / "history.duckdb", *contracts, env=ADAPT_FORMAT
    )
    codex = backends.make_codex(folder / "codex", session_proc)
    (codex.home / "instructions.md").write_text(INSTRUCTIONS, encoding="utf-8")
    options = (*codex.provider(f"{served.url}/v1"), *OPTIONS)
    schema = ("--output-schema", str(folder / "schema.json"))
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda text: codex.run(text, *options, *schema), messages(shared)))
    failed = [run.output for run in runs if run.code]
    assert len(failed) <= FEW, failed
    [(calls,)] = served.ask("SELECT count(*) FROM calls WHERE outcome = 'completed'")
    return Upgrade(served, folder, calls)


@pytest.fixture
def another(proc: Start) -> Callable[[str], str]:
    """Starts a llama-server with a model of this name."""

    def start(name: str) -> str:
        return backends.start_llama_server(proc, *SAMPLING, model=tiny_model(name)).url

    return start


def finding(report: dict[str, Any], metric: str) -> dict[str, Any]:
    """Of all cases."""
    [found] = [each for each in report["decision"]["findings"] if each["metric"] == metric]
    return dict(found)


def test_codex_keeps_the_contract_today(upgrade: Upgrade) -> None:
    asked = "SELECT count(*) FROM calls WHERE contract = 'triage' AND originator = 'codex_exec'"
    assert upgrade.served.ask(asked)[0][0] >= TURNS - FEW
    assert upgrade.served.ask(f"{asked} AND verdict = 'pass'")[0][0] >= TURNS - FEW


def test_the_same_model_on_another_server_passes(
    upgrade: Upgrade, another: Callable[[str], str]
) -> None:
    code, report = upgrade.gate(another("gemma4-tiny-v1-f16.gguf"))
    assert (code, report["decision"]["verdict"]) == (0, "pass"), report["decision"]["sentence"]
    assert TURNS - FEW <= report["run"]["cases"] <= upgrade.calls
    assert min(report["decision"]["health"]["served"].values()) >= 2 * (TURNS - FEW)
    assert finding(report, "contract_pass")["baseline"] > 0.9


def test_a_changed_model_is_drift_and_all_reports_name_the_contract_that_broke(
    upgrade: Upgrade, another: Callable[[str], str], tmp_path: Path
) -> None:
    """It was trained anew on the same data, and writes `Feature` where clients expect `feature`."""
    model = "gemma4-tiny-v1-retrain-f16.gguf"
    code, report = upgrade.gate(another(model))
    sentence = report["decision"]["sentence"]
    assert (code, report["decision"]["verdict"]) == (1, "drift"), sentence
    assert sentence.startswith("Drift: contract `triage` passes ")
    found = finding(report, "contract_pass")
    assert found["status"] == "drift"
    assert found["high"] < -0.08  # beyond the margin
    assert finding(report, "violation:enum")["candidate"] > 0.1
    weights = [each for each in report["differences"] if each["name"] == "model_path"]
    assert [Path(each["candidate"]).name for each in weights] == [model]
    run_id = report["run"]["run_id"]
    newest = json.loads(upgrade.said("replay", "list", "--json"))[0]
    assert (newest["run_id"], newest["verdict"], newest["sentence"]) == (run_id, "drift", sentence)
    page = tmp_path / "gate.html"
    assert upgrade.said("replay", "report", "last", "--format", "html", "--output", str(page)) == ""
    shown = page.read_text(encoding="utf-8")
    assert "triage" in shown
    assert "<svg" in shown
    assert "<script" not in shown
    xml = ET.fromstring(upgrade.said("replay", "report", run_id, "--format", "junit"))
    told = {each.get("name"): each.find("failure") for each in xml.iter("testcase")}
    assert told["contract pass"] is not None
    assert told["served"] is None
    assert "triage" in "".join(xml.itertext())


def test_replays_do_not_mix_with_what_codex_did(upgrade: Upgrade) -> None:
    asked = "SELECT count(*) FROM {} WHERE outcome = 'completed'"
    assert upgrade.served.ask(asked.format("calls")) == [(upgrade.calls,)]
    [(replays,)] = upgrade.served.ask(asked.format("replays"))
    assert replays >= 4 * (TURNS - FEW)
