"""Real clients and a real server on both ends of the translation."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from driftgate.sim.background import RunningSim, running
from driftgate.sim.engine import SimSettings
from tests.support.backends import Backend, Codex

Start = Callable[..., Any]
SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["bug", "other"]}},
    "required": ["label"],
    "additionalProperties": False,
}
TEXT: Any = {"format": {"type": "json_schema", "name": "a", "strict": True, "schema": SCHEMA}}
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "strict": False,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
PATCH: Any = {"type": "custom", "name": "patch", "description": "Patches."}


def only(output: Any) -> Any:
    """The one output item."""
    (item,) = output
    return item


@pytest.fixture
def chat_only() -> Iterator[RunningSim]:
    """A server that speaks chat completions and knows functions only."""
    with running(SimSettings(chat_only=True, strict_tools=True, context=32_768)) as sim:
        yield sim


@pytest.fixture
def client(adapted: Start, chat_only: RunningSim) -> Iterator[OpenAI]:
    url = adapted(chat_only.url).url
    with OpenAI(base_url=url, api_key="none", max_retries=0, timeout=30) as made:
        yield made


def test_a_plain_answer(client: OpenAI) -> None:
    got = client.responses.create(model="m", input="echo: hi there", instructions="Be brief.")
    assert (got.output_text, got.status) == ("hi there", "completed")
    assert got.usage is not None
    assert got.usage.total_tokens == got.usage.input_tokens + got.usage.output_tokens


def test_a_stream_with_reasoning(client: OpenAI) -> None:
    with client.responses.stream(
        model="m", input="count to 5", reasoning={"effort": "high", "summary": "auto"}
    ) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert "".join(deltas) == final.output_text == "1 2 3 4 5"
    assert len(deltas) > 2
    assert [item.type for item in final.output] == ["reasoning", "message"]


def test_a_tool_loop(client: OpenAI) -> None:
    talk: list[Any] = [{"role": "user", "content": "weather in Oslo"}]
    first = client.responses.create(model="m", input=talk, tools=[WEATHER])
    call = only(first.output)
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Oslo"})
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    talk += [call.model_dump(), result]
    second = client.responses.create(model="m", input=talk, tools=[WEATHER])
    assert second.output_text == "The tool says: rain"


def test_a_custom_tool_in_a_stream(client: OpenAI) -> None:
    with client.responses.stream(
        model="m", input="call: patch", tools=[PATCH, WEATHER], tool_choice={"type": "custom", "name": "patch"}
    ) as stream:  # fmt: skip
        kinds = [event.type for event in stream]
        call = only(stream.get_final_response().output)
    assert (call.type, call.name) == ("custom_tool_call", "patch")
    assert "response.custom_tool_call_input.delta" in kinds


def test_a_schema_and_a_limit(client: OpenAI) -> None:
    got = client.responses.create(model="m", input="a bug", text=TEXT)
    assert json.loads(got.output_text)["label"] in ("bug", "other")
    cut = client.responses.create(model="m", input="count to 50", max_output_tokens=16)
    assert (cut.status, cut.incomplete_details and cut.incomplete_details.reason) == (
        "incomplete",
        "max_output_tokens",
    )


def test_an_error_keeps_its_status_and_says_what_fits_not(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="m", input="word " * 40_000)
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize("fault", ["no_terminal", "close; after=4"])
def test_a_broken_stream_is_seen_to_be_broken(
    client: OpenAI, chat_only: RunningSim, fault: str
) -> None:
    chat_only.engine.faults.set(fault)
    try:
        kinds = [
            e.type for e in client.responses.create(model="m", input="count to 9", stream=True)
        ]
    except openai.APIError:
        kinds = []
    assert "response.completed" not in kinds


def test_functions_only_on_a_server_that_speaks_responses(adapted: Start) -> None:
    with running(SimSettings(strict_tools=True, responses_format="drop")) as sim:
        url = adapted(sim.url, to_chat=False).url
        with OpenAI(base_url=url, api_key="none", max_retries=0, timeout=30) as client:
            with client.responses.stream(
                model="m", input="call: patch", tools=[PATCH], tool_choice="required"
            ) as stream:
                events = list(stream)
                call = only(stream.get_final_response().output)
            assert (call.type, call.name) == ("custom_tool_call", "patch")
            assert [e.sequence_number for e in events] == list(range(len(events)))
            got = client.responses.create(model="m", input="a bug", text=TEXT)
            assert json.loads(got.output_text)["label"] in ("bug", "other")


def test_the_codex_cli_completes_a_tool_loop_on_a_chat_only_server(
    adapted: Start, chat_only: RunningSim, codex: Codex
) -> None:
    url = adapted(chat_only.url).url
    run = codex.run("run: echo said-in-chat", *codex.provider(url), "-m", "gemma4-sim:v1")
    assert run.code == 0, run.output
    (command,) = run.items("command_execution")
    assert "said-in-chat" in command["aggregated_output"]
    assert [item["text"] for item in run.items("agent_message")] == ["The tool says: said-in-chat"]


def test_the_codex_cli_completes_a_turn_on_a_real_llama_server_through_chat(
    adapted: Start, llama_server_for_codex: Backend, codex: Codex
) -> None:
    translation = adapted(llama_server_for_codex.url)
    run = codex.run("Say hi.", *codex.provider(translation.url), "-m", "gemma4-tiny")
    assert run.code == 0, run.output
    assert len(run.items("agent_message")) == 1
    (usage,) = [event["usage"] for event in run.events if event["type"] == "turn.completed"]
    assert usage["input_tokens"] > 1000
    assert [message["role"] for message in translation.seen[0]["messages"]] == ["system", "user"]


def test_a_real_llama_server_answers_through_chat(adapted: Start, llama_server: Backend) -> None:
    url = adapted(llama_server.url).url
    talk: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "input_text", "text": "A bug?"}]},
        {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "rain"},
        {"role": "developer", "content": "The mode has changed."},
        {"role": "user", "content": "And now?"},
    ]
    with OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client:
        ended = [
            event
            for event in client.responses.create(
                model="m", input=talk, max_output_tokens=16, tools=[WEATHER], stream=True
            )
            if event.type in ("response.completed", "response.incomplete")
        ]
        assert len(ended) == 1
        assert ended[0].response.usage is not None
        assert ended[0].response.usage.output_tokens <= 16
        got = client.responses.create(model="m", input="A bug.", text=TEXT, temperature=0)
    assert json.loads(got.output_text)["label"] in ("bug", "other")


def test_a_real_llama_server_obeys_what_it_drops_otherwise(
    adapted: Start, llama_server: Backend
) -> None:
    url = adapted(llama_server.url, to_chat=False).url
    with OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client:
        got = client.responses.create(model="m", input="A bug.", text=TEXT, max_output_tokens=64)
    assert json.loads(got.output_text)["label"] in ("bug", "other")
