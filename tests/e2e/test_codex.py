"""The real Codex CLI through driftgate: to a real llama-server, and to the simulated backend."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.backends import (
    Backend,
    Codex,
    CodexRun,
    Served,
    Start,
    start_sim,
)
from tests.support.processes import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Serve = Callable[..., Served]
PROMPT = "Hello"  # the tiny model, always taking its likeliest token, answers it in a few words
TURN = """
    SELECT session_id, turn_id, tool_names, input_tokens, output_tokens, output_text, status,
           outcome, originator, stream, model, dialect
    FROM calls WHERE request_kind = 'turn' ORDER BY started_at
"""
FINGERPRINT = """
    SELECT DISTINCT facts FROM calls JOIN fingerprints USING (fingerprint_id)
    WHERE session_id IS NOT NULL
"""


def said(run: CodexRun) -> str:
    assert run.code == 0, run.output
    return str(run.items("agent_message")[-1]["text"])


def test_a_turn_through_a_custom_provider_is_recorded(
    codex: Codex, serve: Serve, llama_server_for_codex: Backend
) -> None:
    served = serve(llama_server_for_codex.url)
    run = codex.run(PROMPT, *codex.provider(f"{served.url}/v1"), "-m", "gemma4-tiny")
    check_turn(run, served, said(run))


def test_a_turn_of_codex_oss_is_recorded(
    codex: Codex, serve: Serve, llama_server_for_codex: Backend
) -> None:
    """llama-server has no /api/version, so Codex asks it as it would ask LM Studio."""
    served = serve(llama_server_for_codex.url)
    base = {"CODEX_OSS_BASE_URL": f"{served.url}/v1"}
    run = codex.run(PROMPT, "--oss", "--local-provider", "lmstudio", "-m", "gemma4-tiny", env=base)
    check_turn(run, served, said(run))
    paths = [path for (path,) in served.ask("SELECT path FROM calls ORDER BY started_at")]
    assert paths[0] == "/v1/models"
    assert paths[-1] == "/v1/responses"


def check_turn(run: CodexRun, served: Served, answer: str) -> None:
    """One turn, its session, tools, tokens and the server's fingerprint, by SQL alone."""
    [turn] = served.ask_until(TURN, 1)
    session, turn_id, tools, tokens_in, tokens_out, text, *rest = turn
    assert session == run.thread_id
    assert turn_id
    assert "exec_command" in tools
    assert rest == [200, "completed", "codex_exec", True, "gemma4-tiny", "responses"]
    assert text == answer
    usage = next(e for e in run.events if e["type"] == "turn.completed")["usage"]
    assert (tokens_in, tokens_out) == (usage["input_tokens"], usage["output_tokens"])
    assert served.ask("SELECT turns FROM sessions WHERE session_id IS NOT NULL") == [(1,)]
    [(facts,)] = served.ask_until(FINGERPRINT, 1)
    assert "gemma4-tiny" in json.dumps(json.loads(facts))


def test_a_tool_loop_of_codex_oss_is_recorded(codex: Codex, serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    base = {"CODEX_OSS_BASE_URL": f"{served.url}/v1"}
    local = ("--oss", "--local-provider", "ollama", "-m", sim.model)
    run = codex.run("run: echo driftgate-was-here", *local, env=base)
    said(run)
    [command] = run.items("command_execution")
    assert "driftgate-was-here" in command["aggregated_output"]
    served.ask_until(TURN, 2)
    [(calls, tools)] = served.ask("SELECT calls, tools FROM turns WHERE turn_id IS NOT NULL")
    assert calls == 2
    assert tools == ["exec_command"]
    [(arguments,)] = served.ask("SELECT arguments FROM tool_calls WHERE name = 'exec_command'")
    assert "echo driftgate-was-here" in json.loads(arguments)["cmd"]
    results = served.ask("SELECT text FROM messages WHERE kind = 'tool_result'")
    assert len(results) == 1
    assert "driftgate-was-here" in results[0][0]


def test_a_resumed_session_stays_one_session(codex: Codex, serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    options = [*codex.provider(f"{served.url}/v1"), "-m", sim.model]
    first = codex.run("echo: one", *options)
    said(first)
    second = codex.run("echo: two", "resume", *options, first.thread_id)
    assert second.thread_id == first.thread_id
    served.ask_until(TURN, 2)
    rows = served.ask("SELECT session_id, turns FROM sessions WHERE session_id IS NOT NULL")
    assert rows == [(first.thread_id, 2)]


def test_codex_falls_back_from_websockets_at_once(codex: Codex, serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    begin = time.monotonic()
    provider = codex.provider(f"{served.url}/v1", supports_websockets=True)
    said(codex.run("echo: hi", *provider, "-m", sim.model))
    assert time.monotonic() - begin < 6  # any refusal but 426 costs 6.5 s of reconnecting alone
    asked = "SELECT method, status FROM calls WHERE path = '/v1/responses' ORDER BY started_at"
    assert served.ask_until(asked, 2) == [("GET", 426), ("POST", 200)]


def test_a_turn_over_a_websocket_is_recorded(codex: Codex, serve: Serve, proc: Start) -> None:
    sim = start_sim(proc, "--websockets")
    served = serve(sim.url)
    provider = codex.provider(f"{served.url}/v1", supports_websockets=True)
    run = codex.run("echo: over a websocket", *provider, "-m", sim.model)
    assert "over a websocket" in said(run)
    asked = "SELECT session_id, method, status, output_text, len(frame_us) FROM calls WHERE path = '/v1/responses'"
    [(session, method, status, text, frames)] = served.ask_until(asked, 1)
    assert (session, method, status) == (run.thread_id, "GET", 101)
    assert "over a websocket" in text
    assert frames > 4


def test_an_absent_upstream_does_not_cost_thirty_requests(codex: Codex, serve: Serve) -> None:
    served = serve(f"http://127.0.0.1:{free_port()}")
    retries: dict[str, Any] = {"request_max_retries": 4, "stream_max_retries": 5}
    run = codex.run("hi", *codex.provider(f"{served.url}/v1", **retries), "-m", "gemma4")
    assert run.code == 1
    assert "driftgate" in run.output
    [(count,)] = served.ask("SELECT count(*) FROM calls WHERE outcome = 'upstream_refused'")
    assert 1 <= count <= 6


def test_what_codex_sends_again_is_numbered(codex: Codex, serve: Serve, proc: Start) -> None:
    sim = start_sim(proc, "--fault", "fault=status; status=503; times=2; path=/v1/responses")
    served = serve(sim.url)
    provider = codex.provider(f"{served.url}/v1", request_max_retries=4)
    run = codex.run("echo: third time", *provider, "-m", sim.model)
    assert "third time" in said(run)
    asked = """
        SELECT status, retry_number, retry_of, call_id, turn_id, session_id
        FROM calls WHERE dialect = 'responses' ORDER BY started_at
    """
    rows = served.ask_until(asked, 3)
    first, turn = rows[0][3:5]
    assert turn
    tries = [(503, 0, None, turn), (503, 1, first, turn), (200, 2, first, turn)]
    assert [(*row[:3], row[4]) for row in rows] == tries
    assert {row[5] for row in rows} == {run.thread_id}
    assert served.ask("SELECT calls, retries, failures FROM turns") == [(3, 2, 2)]
