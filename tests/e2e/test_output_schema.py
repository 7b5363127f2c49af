"""A schema that llama-server drops without a word: found without help, obeyed with adapt_format."""

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from jsonschema import Draft202012Validator

from tests.support.backends import Backend, Codex, Served, Start, start_llama_server, start_sim
from tests.support.processes import DRIFTGATE
from tests.support.tried import tried

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Serve = Callable[..., Served]
ADAPT_FORMAT = {"DRIFTGATE_UPSTREAMS__DEFAULT__ADAPT_FORMAT": "true"}
# short, so that the tiny model is through before its 64 tokens are
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "enum": ["billing", "bug", "question"]},
        "urgent": {"type": "boolean"},
    },
    "required": ["label", "urgent"],
    "additionalProperties": False,
}
FORMAT: Any = {
    "format": {"type": "json_schema", "name": "ticket", "strict": True, "schema": SCHEMA}
}
PROMPTS = [
    f"{before}{what}{after}"
    for before, after in (("", ""), ("Support message: ", "\nReturn the label as JSON."))
    for what in (
        "Hello",
        "Good morning!",
        "I was charged twice this month.",
        "The dashboard has no shortcuts any more.",
        "What is the weather in Paris in celsius?",
        "Erik lives in Rome and sold a lamp for 63 pounds.",
        "How can I cancel my plan?",
        "The export crashes each time. Please help.",
        "Thank you!",
        "My invoice shows the wrong address.",
    )
]
# The tiny model calls tools at random: one is left, which does nothing in `codex exec`.
HARMLESS = ("--disable", "shell_tool", "--disable", "unified_exec")


@pytest.fixture(scope="module")
def backend(session_proc: Start) -> Backend:
    """A llama-server that ends each answer after 64 tokens, for Codex sets no limit itself.

    It draws its tokens, with the same seed each time.
    """
    return start_llama_server(session_proc, "-n", "64", "--seed", "7")


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "ticket.json"
    path.write_text(json.dumps(SCHEMA), encoding="utf-8")
    return path


def is_valid(text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return Draft202012Validator(SCHEMA).is_valid(value)


def openai_client(served: Served) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="sk-not-a-secret", max_retries=0)


def answer_of(codex: Codex, served: Served, prompt: str, schema: Path, *options: str) -> str:
    """What Codex says last."""
    words = (*codex.provider(f"{served.url}/v1"), "-m", "gemma4-tiny", *options)
    run = codex.run(prompt, *words, "--output-schema", str(schema))
    assert run.code == 0, run.output
    return str(run.items("agent_message")[-1]["text"])


def test_codex_gets_valid_json_in_20_of_20_runs(
    codex: Codex, serve: Serve, backend: Backend, schema: Path
) -> None:
    served = serve(backend.url, env=ADAPT_FORMAT)
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda text: answer_of(codex, served, text, schema, *HARMLESS), PROMPTS)
        )
    assert len(answers) == 20
    assert [answer for answer in answers if not is_valid(answer)] == []
    calls = tried(served, 20)
    for first, *again in calls:
        assert first.asked["tools"]
        assert first.asked["text"]["format"]["schema"] == SCHEMA
        assert first.as_asked  # free, and nothing of it was changed
        assert "response_format" not in first.sent
        for each in again:
            assert each.reason in ("reask", "retry")
    plain = [call for call in calls if "constraint_dropped" in call[0].keywords]
    assert (
        len(plain) >= 5
    )  # else the tiny model has called a tool, which it may do anew, and wrongly
    for first, *_, last in plain:
        assert (first.reason, first.verdict, last.verdict) == ("first", "fail", "pass")
        assert last.sent["response_format"]["json_schema"]["schema"] == SCHEMA


def test_a_tool_loop_goes_on_under_a_schema_and_ends_with_it(
    codex: Codex, serve: Serve, proc: Start, schema: Path
) -> None:
    """Codex sends the schema with each request of the loop; only the last answer is about it."""
    sim = start_sim(proc, "--responses-format", "drop")
    served = serve(sim.url, env=ADAPT_FORMAT)
    prompt = "run: echo driftgate-was-here"
    options = (*codex.provider(f"{served.url}/v1"), "-m", sim.model, "--output-schema", str(schema))
    run = codex.run(prompt, *options)
    assert run.code == 0, run.output
    [command] = run.items("command_execution")
    assert "driftgate-was-here" in command["aggregated_output"]
    assert is_valid(run.items("agent_message")[-1]["text"])
    [[call], [free, bound]] = tried(served, 2)
    assert call.asked["text"] == free.asked["text"]
    assert (call.verdict, free.verdict, bound.verdict) == ("pass", "fail", "pass")
    assert ["response_format" in each.sent for each in (call, free, bound)] == [False, False, True]


def test_without_help_the_drop_is_found_and_nothing_is_changed(
    codex: Codex, serve: Serve, backend: Backend, schema: Path
) -> None:
    served = serve(backend.url)
    answer = answer_of(codex, served, "Hello", schema, *HARMLESS)
    assert not is_valid(answer)
    [[only]] = tried(served, 1)
    assert (only.verdict, only.as_asked) == ("fail", True)
    assert "constraint_dropped" in only.keywords
    [(verdict, contract)] = served.ask("SELECT verdict, contract FROM calls WHERE turn_id <> ''")
    assert (verdict, contract) == ("fail", "builtin")


def test_without_tools_the_schema_binds_at_once(serve: Serve, backend: Backend) -> None:
    served = serve(backend.url, env=ADAPT_FORMAT)
    ask: dict[str, Any] = {"model": backend.model, "input": "Hello", "text": FORMAT}
    with openai_client(served) as client:
        whole = client.responses.create(**ask)
        events = list(client.responses.create(**ask, stream=True))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert is_valid(whole.output_text)
    assert is_valid("".join(deltas))
    assert len(deltas) > 3
    for [only] in tried(served, 2):
        assert (only.reason, only.verdict) == ("first", "pass")
        assert only.sent == {**only.asked, "response_format": only.sent["response_format"]}
        assert only.given == only.came


def doctor(history: Path, config: Path) -> tuple[int, dict[str, Any]]:
    """What the doctor says of the upstream that the settings name, by the start of what it found."""
    done = subprocess.run(
        [*DRIFTGATE, "doctor", "--json", "--history", str(history)],
        cwd=config.parent,
        capture_output=True,
        check=False,
        timeout=60,
    )
    findings = json.loads(done.stdout)
    return done.returncode, {each["what"].split()[0]: each for each in findings}


def test_the_doctor_proposes_adapt_format_and_is_content_with_it(
    serve: Serve, backend: Backend, tmp_path: Path
) -> None:
    config = tmp_path / "driftgate.toml"
    config.write_text(f'[upstreams.default]\nurl = "{backend.url}"\n', encoding="utf-8")
    _, before = doctor(tmp_path / "history.duckdb", config)
    found = before["text.format"]
    assert found["state"] == "warning"
    [line] = [part for part in found["remedy"].split(" for ") if "adapt_format" in part]
    with config.open("a", encoding="utf-8") as file:
        file.write(line.removeprefix("set ") + "\n")
    _, after = doctor(tmp_path / "history.duckdb", config)
    assert after["text.format"]["state"] in ("ok", "good")
    served = serve(backend.url, "--config", str(config))
    with openai_client(served) as client:
        answer = client.responses.create(model=backend.model, input="Hello", text=FORMAT)
    assert is_valid(answer.output_text)
