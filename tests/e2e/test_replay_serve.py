"""Recorded through the proxy, played back without a model: the same bytes, and real clients take them."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ollama
import openai
import pytest

from driftgate.proxy.history.drain import Drain
from driftgate.proxy.journal.writer import JournalWriter, Rules
from tests.support.backends import Backend, Codex, CodexRun, Served, Start
from tests.support.processes import DRIFTGATE, LISTENING, Proc

pytestmark = pytest.mark.timeout(180)

SET = "5e1ec710-0000-4000-8000-000000000001"
Serve = Callable[..., Served]
SUPPORT: Any = [{"role": "user", "content": "Classify this message: I was charged twice."}]
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@dataclass(frozen=True)
class Player:
    """A running `driftgate replay serve`."""

    url: str
    process: Proc


def play(start: Start, history: Path, *words: str) -> Player:
    where = ["--listen", "127.0.0.1:0", "--history", str(history)]
    process = start([*DRIFTGATE, "replay", "serve", *words, *where])
    return Player(process.wait_for(LISTENING)[1], process)


def keep_all(history: Path, name: str) -> None:
    """Makes a golden set of every call there is, as a journal tells it."""
    from driftgate.proxy.history.reader import open_history  # noqa: PLC0415 - DuckDB only where it is asked

    with open_history(history, drain=False) as reader:
        rows = reader.ask("SELECT call_id::VARCHAR FROM calls ORDER BY started_at").rows
    root = history.with_name(history.name + ".journal")
    journal = JournalWriter(root, "kept", Rules(min_free_bytes=0))
    made = {"selection_id": SET, "name": name, "made_at": "2026-11-25 07:00:00"}
    journal.rows("selections", [made])
    chosen = [
        {"selection_id": SET, "position": n, "call_id": call} for n, (call,) in enumerate(rows)
    ]
    journal.rows("selection_calls", chosen)
    journal.close()
    drain = Drain(history, root)
    while drain.step().more:
        pass


def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="sk-not-a-secret", max_retries=0)


def raw(url: str, path: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, header without what belongs to one connection or one call, and body."""
    request = urllib.request.Request(f"{url}{path}", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, headers, got = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        status, headers, got = error.code, error.headers, error.read()
    ours = ("x-driftgate-", "transfer-encoding", "connection")
    kept = [pair for pair in headers.items() if not pair[0].lower().startswith(ours)]
    return status, sorted(kept), got


def asked(model: str, **more: Any) -> bytes:
    return json.dumps({"model": model, "messages": SUPPORT, "max_tokens": 48, **more}).encode()


def test_the_same_bytes_come_back_without_the_backend(
    serve: Serve, proc: Start, sim: Backend
) -> None:
    served = serve(sim.url)
    bodies = [
        ("/v1/chat/completions", asked(sim.model)),
        ("/v1/chat/completions", asked(sim.model, stream=True)),
        ("/v1/chat/completions", asked(sim.model, temperature="hot")),  # an error is an answer too
        ("/v1/responses", json.dumps({"model": sim.model, "input": "Say hello"}).encode()),
        ("/v1/responses", json.dumps({"model": sim.model, "input": "hi", "stream": True}).encode()),
        ("/api/chat", asked(sim.model, stream=True)),
        ("/v1/embeddings", json.dumps({"model": sim.model, "input": "hello"}).encode()),
        ("/v1/nowhere", b"not json \xff"),
    ]
    then = [raw(served.url, path, body) for path, body in bodies]
    served.ask_until("SELECT call_id FROM calls", len(bodies))
    served.process.stop()
    keep_all(served.history, "golden")
    played = play(proc, served.history, "golden", "--timing", "recorded")
    assert [raw(played.url, path, body) for path, body in bodies] == then
    assert {status for status, _, _ in then} == {200, 400, 404}


def test_the_real_clients_take_what_is_played_while_the_proxy_runs(
    serve: Serve, proc: Start, sim: Backend
) -> None:
    served = serve(sim.url)
    tools: Any = [{"type": "function", "function": WEATHER}]
    session = {"x-driftgate-session": "recorded"}

    def ask(url: str) -> list[Any]:
        to = client(url)
        options: dict[str, Any] = {"model": sim.model, "extra_headers": session}
        chat = to.chat.completions.create(messages=SUPPORT, max_tokens=48, **options)
        chunks = list(to.chat.completions.create(messages=SUPPORT, stream=True, **options))
        first = to.responses.create(input="Say hello", **options)
        events = list(to.responses.create(input="Say hello", stream=True, **options))
        then = to.responses.create(input="And now?", previous_response_id=first.id, **options)
        weather: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
        called = to.chat.completions.create(messages=weather, tools=tools, **options)
        native = ollama.Client(url, headers=session).chat(sim.model, messages=SUPPORT, stream=True)
        names = [model.id for model in to.models.list().data]
        return [chat, *chunks, first, *events, then, called, *native, names]

    recorded = ask(served.url)
    served.ask_until("SELECT call_id FROM calls", 8)
    played = play(proc, served.history, "--session", "recorded")
    assert ask(played.url) == recorded
    assert ask(played.url) == recorded
    with pytest.raises(openai.NotFoundError, match="differs at /messages/0/content"):
        client(played.url).chat.completions.create(
            model=sim.model,
            messages=[{"role": "user", "content": "Classify: hello"}],
            max_tokens=48,
        )
    assert served.ask("SELECT count(*) FROM all_calls") == [(8,)]  # what is played is not recorded


def said(run: CodexRun) -> str:
    assert run.code == 0, run.output
    return str(run.items("agent_message")[-1]["text"])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_codex_gets_the_same_turn_played_back(
    codex: Codex, serve: Serve, proc: Start, sim: Backend
) -> None:
    """Another thread, another folder: a tool loop with its command run anew, and the same end."""
    served = serve(sim.url)
    prompt = "run: echo driftgate-was-here"
    first = codex.run(prompt, *codex.provider(f"{served.url}/v1"), "-m", sim.model)
    answer = said(first)
    served.ask_until("SELECT call_id FROM calls WHERE request_kind = 'turn'", 2)
    played = play(proc, served.history, "--session", first.thread_id[:18])
    again = codex.run(prompt, *codex.provider(f"{played.url}/v1"), "-m", sim.model)
    assert said(again) == answer
    assert again.thread_id != first.thread_id
    [command] = again.items("command_execution")
    assert "driftgate-was-here" in command["aggregated_output"]
    other = codex.run("run: echo other", *codex.provider(f"{played.url}/v1"), "-m", sim.model)
    assert other.code != 0
    assert f"the nearest, call {_first(served)}, differs at /input/" in other.output


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_codex_oss_gets_the_models_and_the_turn_played_back(
    codex: Codex, serve: Serve, proc: Start, sim: Backend
) -> None:
    served = serve(sim.url)

    def run(url: str) -> CodexRun:
        local = ("--oss", "--local-provider", "ollama", "-m", sim.model)
        return codex.run("echo: hi", *local, env={"CODEX_OSS_BASE_URL": f"{url}/v1"})

    first = run(served.url)
    answer = said(first)
    served.ask_until("SELECT call_id FROM calls WHERE request_kind = 'turn'", 1)
    served.process.stop()
    played = play(proc, served.history, "--session", first.thread_id)
    assert said(run(played.url)) == answer


def _first(served: Served) -> str:
    [(call,)] = served.ask("SELECT min(call_id)::VARCHAR FROM calls WHERE request_kind = 'turn'")
    return str(call)
