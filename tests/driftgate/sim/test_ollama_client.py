"""The real ollama client against the simulated server."""

import asyncio
from collections.abc import Iterator

import ollama
import pytest

from driftgate.sim.background import RunningSim

MODEL = "gemma4-sim:v1"


@pytest.fixture
def client(sim: RunningSim) -> Iterator[ollama.Client]:
    with ollama.Client(host=sim.url, timeout=10) as made:
        yield made


def _user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_a_chat_answer_has_text_counts_and_durations(client: ollama.Client) -> None:
    answer = client.chat(MODEL, messages=_user("echo: one two"))
    assert answer.message.content == "one two"
    assert (answer.done, answer.done_reason, answer.eval_count) == (True, "stop", 2)
    assert answer.total_duration is not None
    assert answer.prompt_eval_duration is not None
    assert answer.eval_duration is not None
    assert answer.total_duration > answer.prompt_eval_duration + answer.eval_duration


def test_a_chat_stream_has_one_line_a_token(client: ollama.Client) -> None:
    parts = list(client.chat(MODEL, messages=_user("count to 9"), think=True, stream=True))
    said = [part for part in parts if part.message.content or part.message.thinking]
    assert "".join(p.message.content or "" for p in parts) == "1 2 3 4 5 6 7 8 9"
    assert any(part.message.thinking for part in parts)
    assert parts[-1].done
    assert parts[-1].eval_count == len(said)


def test_a_tool_is_called_and_its_result_is_told(client: ollama.Client) -> None:
    def get_weather(city: str) -> str:
        """Look up the weather.

        Args:
            city: where.
        """
        return f"sunny in {city}"

    talk: list[ollama.Message | dict[str, str]] = list(_user("weather in Oslo"))
    first = client.chat(MODEL, messages=talk, tools=[get_weather])
    assert first.message.tool_calls is not None
    call = first.message.tool_calls[0].function
    assert (call.name, call.arguments) == ("get_weather", {"city": "Oslo"})
    talk += [first.message, {"role": "tool", "content": get_weather("Oslo")}]
    second = client.chat(MODEL, messages=talk, tools=[get_weather])
    assert second.message.content == "The tool says: sunny in Oslo"


def test_a_format_is_obeyed(client: ollama.Client) -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "score": {"type": "integer"}},
        "required": ["mood", "score"],
    }
    answer = client.chat(MODEL, messages=_user("I feel bad, score: 3"), format=schema)
    assert answer.message.content == '{"mood": "bad", "score": 3}'


def test_generate_answers_whole_and_streamed(client: ollama.Client) -> None:
    whole = client.generate(MODEL, "echo: a b c")
    parts = list(client.generate(MODEL, "echo: a b c", stream=True))
    assert whole.response == "a b c"
    assert "".join(part.response or "" for part in parts) == "a b c"
    assert parts[-1].done_reason == "stop"


def test_the_limit_on_tokens_is_obeyed(client: ollama.Client) -> None:
    answer = client.generate(MODEL, "count to 99", options={"num_predict": 3})
    assert (answer.response, answer.done_reason, answer.eval_count) == ("1 2 3", "length", 3)


def test_an_empty_request_loads_the_model(client: ollama.Client) -> None:
    assert client.generate(MODEL).done_reason == "load"
    assert client.chat(MODEL, messages=[]).done_reason == "load"


def test_tags_show_and_ps_tell_the_versions_apart(client: ollama.Client) -> None:
    digests = {model.model: model.digest for model in client.list().models}
    assert len({digests[f"gemma4-sim:{v}"] for v in ("v1", "v2", "v1-q8")}) == 3
    shown = client.show("gemma4-sim:v1-q8")
    assert shown.details is not None
    assert shown.details.quantization_level == "Q8_0"
    assert client.ps().models[0].digest == digests[MODEL]


def test_a_pull_reports_progress_and_makes_the_name_known(
    sim: RunningSim, client: ollama.Client
) -> None:
    sim.engine.shelf.answer_unknown = False
    with pytest.raises(ollama.ResponseError, match="not found") as caught:
        client.generate("gemma4:12b", "hello")
    assert caught.value.status_code == 404
    steps = list(client.pull("gemma4:12b", stream=True))
    assert steps[-1].status == "success"
    assert any(step.total and step.completed == step.total for step in steps)
    assert client.generate("gemma4:12b", "echo: here").response == "here"
    assert "gemma4:12b" in [model.model for model in client.list().models]


def test_embed_gives_a_vector_for_each_text(client: ollama.Client) -> None:
    answer = client.embed(MODEL, ["a", "b"])
    assert len(answer.embeddings) == 2
    assert answer.embeddings[0] != answer.embeddings[1]


async def test_the_async_client_streams(sim: RunningSim) -> None:
    client = ollama.AsyncClient(host=sim.url)

    async def one(number: int) -> str:
        stream = await client.chat(MODEL, messages=_user(f"echo: {number} ok"), stream=True)
        return "".join([part.message.content or "" async for part in stream])

    assert await asyncio.gather(*map(one, range(10))) == [f"{n} ok" for n in range(10)]
