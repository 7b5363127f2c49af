"""The real openai and ollama clients get the same answers through driftgate as without it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ollama
import openai
import pytest

from tests.support.backends import Backend, Served, Start, start_serve
from tests.support.processes import free_port

pytestmark = pytest.mark.timeout(180)

Serve = Callable[..., Served]
# What differs between two equal answers: identities, clocks, and what a warm cache changes.
VOLATILE = {
    *("id", "item_id", "call_id", "tool_call_id", "created", "created_at", "completed_at"),
    *("timings", "usage", "total_duration", "load_duration", "prompt_eval_duration"),
    *("eval_duration", "sequence_number", "obfuscation"),
}
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
    },
}
ASK: Any = [{"role": "user", "content": "What is the weather in Paris in celsius?"}]
SUPPORT: Any = [
    {"role": "user", "content": "Classify this message: I was charged twice this month."}
]
EVEN: dict[str, Any] = {"temperature": 0, "seed": 7}


@pytest.fixture(params=["sim", "llama_server"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each of the two backends in turn."""
    found: Backend = request.getfixturevalue(request.param)
    return found


@dataclass(frozen=True)
class Since(Served):
    """A proxy that others have called too; its history is asked about what came after them."""

    after: Any

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT of calls and tool_calls."""
        ours = f"calls AS (FROM main.calls WHERE started_at > '{self.after}')"
        tools = "tool_calls AS (FROM main.tool_calls SEMI JOIN calls USING (call_id))"
        return super().ask(f"WITH {ours}, {tools} {sql}")


@pytest.fixture(scope="module")
def proxies(session_proc: Start, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Served]:
    """One in front of each backend, by the backend's address."""

    class Started(dict[str, Served]):
        def __missing__(self, url: str) -> Served:
            history = tmp_path_factory.mktemp("proxy") / "history.duckdb"
            self[url] = start_serve(session_proc, url, history)
            return self[url]

    return Started()


@pytest.fixture
def served(proxies: dict[str, Served], backend: Backend) -> Since:
    """The proxy in front of the backend."""
    proxy = proxies[backend.url]
    [(last,)] = proxy.ask("SELECT coalesce(max(started_at)::VARCHAR, '1970-01-01') FROM calls")
    return Since(proxy.url, proxy.history, proxy.process, last)


def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="sk-not-a-secret", max_retries=0)


def stable(value: Any) -> Any:
    """An answer without what differs between two equal ones."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: stable(item) for key, item in value.items() if key not in VOLATILE}
    return [stable(item) for item in value] if isinstance(value, list) else value


def both(backend: Backend, served: Served, ask: Callable[[openai.OpenAI], Any]) -> Any:
    """What a question gives through driftgate, after a check that it gives the same directly."""
    direct, through = (stable(ask(client(url))) for url in (backend.url, served.url))
    assert through == direct
    return through


def test_a_chat_completion_is_the_same_through_driftgate(served: Since, backend: Backend) -> None:

    def ask(to: openai.OpenAI) -> Any:
        return to.chat.completions.create(
            model=backend.model, messages=SUPPORT, max_tokens=64, **EVEN
        )

    answer = both(backend, served, ask)
    [row] = served.ask("SELECT dialect, output_text, temperature, seed, max_tokens FROM calls")
    assert row == ("chat", answer["choices"][0]["message"]["content"], 0, 7, 64)


def test_a_chat_stream_has_the_same_chunks(served: Since, backend: Backend) -> None:

    def ask(to: openai.OpenAI) -> Any:
        options = {"stream_options": {"include_usage": True}, "max_tokens": 64, **EVEN}
        return list(
            to.chat.completions.create(
                model=backend.model, messages=SUPPORT, stream=True, **options
            )
        )

    chunks = both(backend, served, ask)
    text = "".join(
        choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]
    )
    [row] = served.ask("SELECT output_text, stream, input_tokens > 0, output_tokens > 0 FROM calls")
    assert row == (text, True, True, True)


def test_a_tool_call_is_the_same(served: Since, backend: Backend) -> None:
    tools: Any = [{"type": "function", "function": WEATHER}]

    def ask(to: openai.OpenAI) -> Any:
        return to.chat.completions.create(
            model=backend.model, messages=ASK, tools=tools, max_tokens=96, **EVEN
        )

    [call] = both(backend, served, ask)["choices"][0]["message"]["tool_calls"]
    [(name, arguments)] = served.ask("SELECT name, arguments FROM tool_calls")
    assert name == call["function"]["name"] == "get_weather"
    assert json.loads(arguments) == json.loads(call["function"]["arguments"])


def test_a_response_and_its_stream_are_the_same(served: Since, backend: Backend) -> None:

    def ask(to: openai.OpenAI) -> Any:
        options: dict[str, Any] = {"max_output_tokens": 64, "temperature": 0}
        prompt = SUPPORT[0]["content"]
        whole = to.responses.create(model=backend.model, input=prompt, **options)
        events = list(
            to.responses.create(model=backend.model, input=prompt, stream=True, **options)
        )
        return [whole, *events]

    whole, *events = both(backend, served, ask)
    assert events[-1]["type"] == "response.completed"
    rows = served.ask("SELECT output_text FROM calls WHERE dialect = 'responses'")
    assert rows == [(whole["output"][-1]["content"][0]["text"],)] * 2


async def test_twenty_calls_at_once_keep_apart(served: Since, backend: Backend) -> None:
    async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key="k", max_retries=0) as to:

        async def one(number: int) -> tuple[str, str]:
            text = f"echo: number {number}"
            answer = await to.chat.completions.create(
                model=backend.model, messages=[{"role": "user", "content": text}], max_tokens=24
            )
            return text, answer.choices[0].message.content or ""

        answers = dict(await asyncio.gather(*(one(number) for number in range(20))))
    rows = await asyncio.to_thread(served.ask, "SELECT input_text, output_text FROM calls")
    assert dict(rows) == answers
    assert len(rows) == 20


async def test_an_async_stream_is_recorded_whole(served: Since, backend: Backend) -> None:
    async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key="k", max_retries=0) as to:
        stream = await to.chat.completions.create(
            model=backend.model, messages=SUPPORT, stream=True, max_tokens=64
        )
        parts = [c.choices[0].delta.content or "" async for c in stream if c.choices]
    [(text,)] = await asyncio.to_thread(served.ask, "SELECT output_text FROM calls")
    assert text == "".join(parts)


def test_the_key_of_a_client_is_not_kept(serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    client(served.url).models.list()
    [(headers,)] = served.ask("SELECT request_headers FROM calls WHERE dialect = 'models'")
    assert "authorization" in headers.lower()
    assert "sk-not-a-secret" not in headers
    kept = b"".join(p.read_bytes() for p in served.history.parent.rglob("*") if p.is_file())
    assert b"sk-not-a-secret" not in kept


def test_an_error_of_the_backend_reaches_the_client(served: Since, backend: Backend) -> None:
    failures = []
    for url in (backend.url, served.url):
        with pytest.raises(openai.BadRequestError) as caught:
            client(url).chat.completions.create(
                model=backend.model, messages=SUPPORT, extra_body={"temperature": "hot"}
            )
        failures.append((caught.value.status_code, caught.value.body))
    assert failures[0] == failures[1]
    assert served.ask("SELECT status, outcome FROM calls") == [(400, "completed")]


def test_an_absent_backend_is_named_in_the_clients_own_error(serve: Serve) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    served = serve(url)
    with pytest.raises(openai.APIStatusError, match="driftgate") as caught:
        client(served.url).chat.completions.create(model="gemma4", messages=ASK)
    assert url.removeprefix("http://") in str(caught.value)
    with pytest.raises(ollama.ResponseError, match="driftgate"):
        ollama.Client(served.url).chat("gemma4", messages=ASK)
    assert served.ask("SELECT DISTINCT outcome FROM calls") == [("upstream_refused",)]


def test_the_ollama_client_gets_the_same(serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    options = {"temperature": 0, "seed": 7, "num_predict": 64}

    def ask(url: str) -> list[Any]:
        to = ollama.Client(url)
        whole = to.chat(sim.model, messages=SUPPORT, options=options)
        parts = list(to.chat(sim.model, messages=SUPPORT, options=options, stream=True))
        tools = [{"type": "function", "function": WEATHER}]
        called = to.chat(sim.model, messages=ASK, tools=tools, options=options)
        made = to.generate(sim.model, "Say hello", options=options)
        return stable([whole, *parts, called, made, to.list(), to.show(sim.model)])  # type: ignore[no-any-return] # a list goes in

    direct, through = ask(sim.url), ask(served.url)
    assert through == direct
    count = "SELECT count(*), count(output_text) FROM calls WHERE dialect IN ('ollama_chat', 'ollama_generate')"
    assert served.ask(count) == [(4, 4)]
    [(seed, limit, stream)] = served.ask(
        "SELECT DISTINCT seed, max_tokens, stream FROM calls WHERE dialect = 'ollama_chat' AND stream"
    )
    assert (seed, limit, stream) == (7, 64, True)
    assert served.ask("SELECT name FROM tool_calls") == [("get_weather",)]


async def test_the_async_ollama_client_streams(serve: Serve, sim: Backend) -> None:
    served = serve(sim.url)
    to = ollama.AsyncClient(served.url)
    stream = await to.chat(sim.model, messages=SUPPORT, stream=True)
    text = "".join([part.message.content or "" async for part in stream])
    [(kept,)] = await asyncio.to_thread(served.ask, "SELECT output_text FROM calls")
    assert kept == text
