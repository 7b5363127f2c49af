"""Whole agent turns through `driftgate serve`, asked by the openai client: answers, tree, contracts, gate."""

import json
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from tests.support import backends
from tests.support.backends import Backend, Served, Start, agent_variables
from tests.support.fake_codex import fake_codex
from tests.support.processes import DRIFTGATE, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CONTRACT = """\
name = "{name}"
version = "1"
mode = "enforce"
[applies]
models = ["{model}"]
[output]
json = "{json}"
[retry]
attempts = {attempts}
backoff_s = 0.01
{more}
"""
CONTRACTS = {
    "again": {"model": "careful", "json": "whole", "attempts": 3, "more": ""},
    "elsewhere": {
        "model": "failing",
        "json": "none",
        "attempts": 3,
        "more": '[[fallback]]\nupstream = "agent"\nmodel = "agent"',
    },
}
GATED = 10


class Label(BaseModel):
    """What the answers are bound to."""

    label: str
    urgent: bool


SCHEMA = {**Label.model_json_schema(), "additionalProperties": False}
FORMAT: Any = {"type": "json_schema", "name": "label", "strict": True, "schema": SCHEMA}
TREE = (
    "SELECT a.upstream, a.status, a.outcome, b.upstream, b.model, b.status, b.request_kind FROM calls a "
    "JOIN calls b ON b.parent_call_id = a.call_id WHERE a.call_id = '{}' ORDER BY b.started_at"
)


@pytest.fixture(scope="module")
def sim(session_proc: Start) -> Backend:
    """The agents' model, which tests here make fail for a call or two."""
    return backends.start_sim(session_proc)


@pytest.fixture(scope="module")
def served(session_proc: Start, sim: Backend, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A proxy with several agents: of one model, and one whose model is down."""
    folder = tmp_path_factory.mktemp("agents")
    (folder / "contracts").mkdir()
    for name, parts in CONTRACTS.items():
        text = CONTRACT.format(name=name, **parts)
        (folder / "contracts" / f"{name}.toml").write_text(text)
    env = {
        **agent_variables("agent"),
        **agent_variables("careful"),
        **agent_variables("free", sandbox="danger-full-access"),
        **agent_variables("failing", model_upstream="down"),
        "DRIFTGATE_UPSTREAMS__DOWN__URL": f"http://127.0.0.1:{free_port()}",
    }
    words = ("--contracts", str(folder / "contracts"))
    return backends.start_serve(session_proc, sim.url, folder / "history.duckdb", *words, env=env)


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with asking(served) as client:
        yield client


@pytest.fixture
def heard() -> Iterator[socket.socket]:
    """Listens on 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def asking(served: Served) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0, timeout=60)


def said(prompt: str) -> list[Any]:
    return [{"role": "user", "content": prompt}]


def streamed(client: openai.OpenAI, model: str, prompt: str, **more: Any) -> tuple[str, str]:
    """The text of a streamed chat answer, and what it tells beside it."""
    told = ["", ""]
    stream = client.chat.completions.create(model=model, messages=said(prompt), stream=True, **more)
    for chunk in stream:
        for choice in chunk.choices:
            told[0] += choice.delta.content or ""
            told[1] += getattr(choice.delta, "reasoning_content", None) or ""
    return told[0], told[1]


def was_reached(heard: socket.socket) -> bool:
    try:
        heard.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def command_of(served: Served, prompt: str) -> tuple[Any, ...]:
    """The only command of the only turn that was asked this."""
    quoted = prompt.replace("'", "''")
    [row] = served.ask(
        "SELECT title, agent_items.status, exit_code, agent_items.text FROM agent_items JOIN agent_turns "
        f"USING (call_id, attempt) WHERE prompt = '{quoted}' AND kind = 'command'"
    )
    return row


def fail(sim: Backend, fault: str) -> None:
    """The model fails so from now on."""
    request = urllib.request.Request(f"{sim.url}/sim/fault", fault.encode(), method="PUT")
    urllib.request.urlopen(request, timeout=5).close()


@pytest.mark.parametrize(("agent", "is_free"), [("agent", False), ("free", True)])
def test_a_streamed_answer_comes_from_a_command_and_its_sandbox_holds(
    served: Served,
    client: openai.OpenAI,
    heard: socket.socket,
    agent: str,
    is_free: bool,
) -> None:
    """The second agent has none, so that the same command shows what the first one's keeps from it."""
    out, port = served.history.with_name(f"{agent}.out"), heard.getsockname()[1]
    command = f"echo told $((6 * 7)); echo x > {out}; echo > /dev/tcp/127.0.0.1/{port}; exit 5"
    text, beside = streamed(client, agent, f"run: {command}")
    assert "told 42" in text
    assert beside == f"$ {command}\nexit 5\n"
    assert (out.exists(), was_reached(heard)) == (is_free, is_free)
    title, _, code, output = command_of(served, f"run: {command}")
    assert (title, code) == (command, 5)
    assert output.startswith("told 42\n")


def by_chat(client: openai.OpenAI, prompt: str) -> Label | None:
    answer = client.chat.completions.parse(
        model="agent", messages=said(prompt), response_format=Label
    )
    return answer.choices[0].message.parsed


def by_responses(client: openai.OpenAI, prompt: str) -> Label | None:
    return client.responses.parse(model="agent", input=prompt, text_format=Label).output_parsed


def by_stream(client: openai.OpenAI, prompt: str) -> Label | None:
    with client.responses.stream(model="agent", input=prompt, text_format=Label) as stream:
        return stream.get_final_response().output_parsed


@pytest.mark.parametrize("ask", [by_chat, by_responses, by_stream])
def test_a_schema_binds_the_answer_of_a_turn_that_ran_a_command(
    served: Served, client: openai.OpenAI, ask: Callable[[openai.OpenAI, str], Label | None]
) -> None:
    prompt = f"run: echo {ask.__name__}"
    assert isinstance(ask(client, prompt), Label)
    assert command_of(served, prompt) == (
        f"echo {ask.__name__}",
        "completed",
        0,
        f"{ask.__name__}\n",
    )


def test_a_turn_is_a_tree_in_the_history(served: Served, client: openai.OpenAI) -> None:
    answer = client.responses.create(model="agent", input="run: echo one\nrun: echo two")
    kinds = ["shell_call", "shell_call_output"] * 2 + ["message"]
    assert [item.type for item in answer.output] == kinds
    turn = "agent, status, model, model_upstream, sandbox, model_calls, input_tokens, output_tokens"
    [(call_id, *told)] = served.ask(
        f"SELECT call_id, {turn} FROM agent_turns WHERE prompt LIKE '%one%two'"
    )
    assert answer.usage is not None
    counted = [answer.usage.input_tokens, answer.usage.output_tokens]
    assert told == ["agent", "completed", "gemma4-sim:v1", "default", "read-only", 3, *counted]
    inner = ("agent", 200, "completed", "default", "gemma4-sim:v1", 200, "turn")
    assert served.ask(TREE.format(call_id)) == [inner] * 3
    items = f"SELECT kind, title FROM agent_items WHERE call_id = '{call_id}' ORDER BY position"
    [*commands, (kind, _)] = served.ask(items)
    assert commands == [("command", "echo one"), ("command", "echo two")]
    assert kind == "message"
    sums = f"sum(input_tokens), sum(output_tokens) FROM calls WHERE parent_call_id = '{call_id}'"
    assert served.ask(f"SELECT {sums}") == [tuple(counted)]
    branches = [
        line.split()[0] + (" " + line.split("$ ")[1].split("  ")[0] if "$ " in line else "")
        for line in served.command("show", str(call_id)).stdout.splitlines()
        if line[:1] in ("├", "│", "└")
    ]
    assert branches == ["├─", "│ echo one", "├─", "│ echo two", "└─"]
    listed = json.loads(served.command("calls", "--parent", str(call_id), "--json").stdout)
    assert [each["parent"] for each in listed] == [str(call_id)] * 3


def attempts(served: Served, contract: str) -> list[tuple[Any, ...]]:
    """The attempts of the calls of a contract with their turns and the model calls in these."""
    return served.ask(
        "SELECT attempts.attempt, attempts.reason, attempts.upstream, agent_turns.status, error_code, "
        "(SELECT count(*) FROM agent_calls WHERE parent_call_id = attempts.call_id "
        "AND agent_calls.attempt = attempts.attempt AND agent_calls.status = 200) "
        "FROM attempts JOIN calls USING (call_id) "
        "JOIN agent_turns ON agent_turns.call_id = attempts.call_id AND agent_turns.attempt = attempts.attempt "
        f"WHERE calls.contract = '{contract}' ORDER BY attempts.attempt"
    )


def test_a_contract_has_a_turn_run_again_until_it_keeps_it(
    served: Served, client: openai.OpenAI, sim: Backend
) -> None:
    fail(sim, "fault=dropped_schema; times=1")
    answer = client.responses.create(model="careful", input="Hello", text={"format": FORMAT})
    assert Label.model_validate_json(answer.output_text)
    turn = ("careful", "completed", None, 1)
    assert attempts(served, "again") == [(1, "first", *turn), (2, "reask", *turn)]
    asked = "SELECT outcome, verdict, attempts FROM calls WHERE contract = 'again'"
    assert served.ask(asked) == [("completed", "pass", 2)]


def test_a_contract_falls_back_to_an_agent_whose_model_answers(
    served: Served, client: openai.OpenAI
) -> None:
    text, _ = streamed(client, "failing", "run: echo it works elsewhere")
    assert "it works elsewhere" in text
    failed = ("failing", "failed", "model_failed", 0)
    assert attempts(served, "elsewhere") == [
        (1, "first", *failed),
        (2, "retry", *failed),
        (3, "fallback", "agent", "completed", None, 2),
    ]
    asked = "SELECT DISTINCT status FROM attempts WHERE upstream IN ('failing', 'down')"
    assert served.ask(asked) == [(502,)], "nobody is told that the request was bad"
    asked = "SELECT outcome, verdict, attempts FROM calls WHERE contract = 'elsewhere'"
    assert served.ask(asked) == [("completed", "pass", 3)]


def gate(served: Served, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [*DRIFTGATE, "gate", *map(str, words), "--history", str(served.history), "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def test_a_gate_over_ten_turns_comes_to_a_verdict(
    served: Served, client: openai.OpenAI, proc: Start, tmp_path: Path
) -> None:
    """The candidate's model calls no tool any more: what the agent says is another thing each time."""
    for number in range(GATED):
        streamed(client, "agent", f"run: echo the {number}th of them", user="gated")
    live = served.ask("SELECT count(*) FROM calls")
    broken = backends.start_sim(proc, "--fault", "json_tool_as_text")
    file = tmp_path / "candidate.toml"
    file.write_text(f'upstream = "{broken.url}"\n')
    of_them = "input_text LIKE 'run: echo the %th of them'"
    policy = tmp_path / "policy.toml"
    policy.write_text(f"minimum = {GATED}\nanswers = true\n")
    words = ("--policy", policy, "--where", of_them, "--no-collapse")
    done = gate(served, "--candidate", file, *words)
    told = json.loads(done.stdout)
    assert done.returncode == 1, told["sentence"]
    assert told["sentence"].startswith("Drift: answers as a whole differ")
    assert "not among those" not in done.stderr
    assert told["decision"]["health"]["served"] == {"baseline": 2 * GATED, "candidate": 2 * GATED}
    assert served.ask("SELECT count(*) FROM calls") == live
    turns = served.ask(
        "SELECT arm, status, model_calls, count(*) FROM all_agent_turns "
        "WHERE run_id IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )
    assert turns == [
        ("baseline", "completed", 2, 2 * GATED),
        ("candidate", "completed", 1, 2 * GATED),
    ]
    said_so = "SELECT arm, count(*) FROM replays WHERE output_text LIKE '%th of them' GROUP BY arm"
    assert served.ask(said_so) == [("baseline", 2 * GATED)]


def test_what_is_wrong_with_a_codex_is_one_line_everywhere(
    proc: Start, sim: Backend, tmp_path: Path
) -> None:
    for name in ("old", "changed"):
        (tmp_path / name).mkdir()
    old = fake_codex(tmp_path / "old", version="0.98.0")
    changed = fake_codex(tmp_path / "changed", version="0.200.1", unknown=["thread/start"])
    env = {
        **agent_variables("missing", program=str(tmp_path / "nowhere")),
        **agent_variables("old", program=str(old)),
        **agent_variables("changed", program=str(changed)),
    }
    served = backends.start_serve(proc, sim.url, tmp_path / "h.duckdb", env=env)
    wanted = {
        "missing": ("codex_missing", "is not there", "npm install -g @openai/codex"),
        "old": ("codex_too_old", "Codex 0.98.0", "needs 0.150.0 or newer"),
        "changed": ("codex_protocol", "Codex 0.200.1", "thread/start", "tested with 0.169.0"),
    }
    with asking(served) as client:
        for agent, (code, *words) in wanted.items():
            with pytest.raises(openai.APIStatusError) as raised:
                streamed(client, agent, "Hello")
            error = raised.value.body
            assert isinstance(error, dict)
            assert (raised.value.status_code, error["code"]) == (502, code)
            message = error["message"]
            assert "\n" not in message
            assert [word for word in words if word not in message] == []
            row = f"SELECT error_code, error FROM agent_turns WHERE agent = '{agent}'"
            assert served.ask(row) == [(code, message)]
    lines = [line for line in served.process.output if "agent '" in line]
    assert len(lines) == len(wanted) - 1  # the last one starts, and is found out by its first turn
