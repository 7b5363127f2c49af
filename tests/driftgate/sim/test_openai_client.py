"""The real openai client against the simulated server."""

import asyncio
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from driftgate.sim.background import RunningSim

MODEL = "gemma4-sim:v1"
WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "Look up the weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["city"],
    },
}


class Person(BaseModel):
    """What the structured answers are parsed into."""

    name: str
    city: str
    amount: int


def _user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def test_a_chat_answer_has_text_and_usage(openai_client: OpenAI) -> None:
    answer = openai_client.chat.completions.create(model=MODEL, messages=_user("echo: one two"))
    assert answer.choices[0].message.content == "one two"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 2
    assert answer.system_fingerprint == "driftgate-sim"


def test_a_chat_stream_has_one_delta_a_token_and_the_usage_at_its_end(
    openai_client: OpenAI,
) -> None:
    stream = openai_client.chat.completions.create(
        model=MODEL,
        messages=_user("count to 20"),
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    said = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert "".join(said).split() == [str(n) for n in range(1, 21)]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == len(said)


def test_a_chat_stream_without_include_usage_has_none(openai_client: OpenAI) -> None:
    stream = openai_client.chat.completions.create(
        model=MODEL, messages=_user("hello"), stream=True
    )
    assert all(chunk.usage is None for chunk in stream)


def test_a_tool_is_called_and_its_result_is_told(openai_client: OpenAI) -> None:
    tools: Any = [{"type": "function", "function": WEATHER}]
    talk = _user("How is the weather in Prague today? In fahrenheit, please.")
    first = openai_client.chat.completions.create(model=MODEL, messages=talk, tools=tools)
    message = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    assert message.tool_calls is not None
    call: Any = message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert call.function.arguments == '{"city": "Prague", "unit": "fahrenheit"}'
    talk += [message, {"role": "tool", "tool_call_id": call.id, "content": "64 and sunny"}]
    second = openai_client.chat.completions.create(model=MODEL, messages=talk, tools=tools)
    assert second.choices[0].message.content == "The tool says: 64 and sunny"


def test_streamed_arguments_join_to_the_call(openai_client: OpenAI) -> None:
    tools: Any = [{"type": "function", "function": WEATHER}]
    stream: Any = openai_client.chat.completions.create(
        model=MODEL, messages=_user("weather in Oslo"), tools=tools, stream=True
    )
    parts = [c.choices[0].delta.tool_calls[0] for c in stream if c.choices[0].delta.tool_calls]
    assert parts[0].id.startswith("call_")
    assert parts[0].function.name == "get_weather"
    assert "".join(part.function.arguments for part in parts) == '{"city": "Oslo"}'


def test_tool_choice_is_obeyed(openai_client: OpenAI) -> None:
    tools: Any = [{"type": "function", "function": WEATHER}]
    talk = _user("weather in Oslo")
    none = openai_client.chat.completions.create(
        model=MODEL, messages=talk, tools=tools, tool_choice="none"
    )
    assert none.choices[0].message.tool_calls is None
    forced = openai_client.chat.completions.create(
        model=MODEL, messages=_user("hello"), tools=tools, tool_choice="required"
    )
    assert forced.choices[0].message.tool_calls
    named = openai_client.chat.completions.create(
        model=MODEL,
        messages=_user("hello"),
        tools=tools,
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
    )
    assert named.choices[0].message.tool_calls


def test_chat_parse_gives_a_pydantic_value(openai_client: OpenAI) -> None:
    answer = openai_client.chat.completions.parse(
        model=MODEL,
        messages=_user("Extract: Erik lives in Rome and sold a lamp for 63 pounds."),
        response_format=Person,
    )
    assert answer.choices[0].message.parsed == Person(name="Erik", city="Rome", amount=63)


def test_logprobs_belong_to_the_version(openai_client: OpenAI) -> None:
    def probabilities(model: str) -> list[float]:
        answer = openai_client.chat.completions.create(
            model=model,
            messages=_user("echo: a b c"),
            logprobs=True,
            top_logprobs=3,
            temperature=0,
        )
        logprobs = answer.choices[0].logprobs
        assert logprobs is not None
        assert logprobs.content is not None
        assert all(len(entry.top_logprobs) == 3 for entry in logprobs.content)
        return [entry.logprob for entry in logprobs.content]

    first = probabilities("gemma4-sim:v1")
    assert first == probabilities("gemma4-sim:v1")
    near, far = probabilities("gemma4-sim:v1-q8"), probabilities("gemma4-sim:v2")
    assert first != near
    assert max(abs(a - b) for a, b in zip(first, near, strict=True)) < 0.02
    assert max(abs(a - b) for a, b in zip(first, far, strict=True)) > 0.02


def test_a_response_has_text_and_usage(openai_client: OpenAI) -> None:
    answer = openai_client.responses.create(model=MODEL, input="echo: one two")
    assert answer.output_text == "one two"
    assert answer.status == "completed"
    assert answer.usage is not None
    assert answer.usage.output_tokens == 2


def test_a_responses_stream_adds_up_to_its_last_event(openai_client: OpenAI) -> None:
    with openai_client.responses.stream(
        model=MODEL, input="count to 20", reasoning={"effort": "low"}
    ) as stream:
        events: list[Any] = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    deltas = [event for event in events if event.type.endswith(".delta")]
    assert final.usage is not None
    assert final.usage.output_tokens == len(deltas)
    reasoning = [event for event in deltas if event.type == "response.reasoning_text.delta"]
    assert final.usage.output_tokens_details.reasoning_tokens == len(reasoning) > 0
    text = "".join(e.delta for e in deltas if e.type == "response.output_text.delta")
    assert text == final.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_a_reasoning_summary_is_streamed_when_asked_for(openai_client: OpenAI) -> None:
    stream = openai_client.responses.create(
        model=MODEL, input="hello", reasoning={"summary": "auto"}, stream=True
    )
    kinds = [event.type for event in stream]
    assert "response.reasoning_summary_text.delta" in kinds
    assert "response.reasoning_text.delta" not in kinds


def test_a_response_calls_a_tool_and_tells_its_result(openai_client: OpenAI) -> None:
    tools: Any = [{"type": "function", "strict": False, **WEATHER}]
    talk: Any = [{"role": "user", "content": "weather in Oslo, in celsius"}]
    with openai_client.responses.stream(model=MODEL, input=talk, tools=tools) as stream:
        kinds = [event.type for event in stream]
        first = stream.get_final_response()
    assert "response.function_call_arguments.done" in kinds
    call: Any = first.output[0]
    assert (call.type, call.name) == ("function_call", "get_weather")
    assert call.arguments == '{"city": "Oslo", "unit": "celsius"}'
    talk += [
        call.model_dump(exclude_none=True),
        {"type": "function_call_output", "call_id": call.call_id, "output": "3 degrees"},
    ]
    second = openai_client.responses.create(model=MODEL, input=talk, tools=tools)
    assert second.output_text == "The tool says: 3 degrees"


def test_responses_parse_gives_a_pydantic_value(openai_client: OpenAI) -> None:
    answer = openai_client.responses.parse(
        model=MODEL,
        input="Maria from Dublin paid 322 francs for a chair. Extract name, city and amount.",
        text_format=Person,
    )
    assert answer.output_parsed == Person(name="Maria", city="Dublin", amount=322)


def test_a_response_that_is_cut_says_so(openai_client: OpenAI) -> None:
    answer = openai_client.responses.create(model=MODEL, input="count to 99", max_output_tokens=5)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.usage is not None
    assert answer.usage.output_tokens == 5


def test_an_answer_beyond_the_limit_ends_with_length(openai_client: OpenAI) -> None:
    answer = openai_client.chat.completions.create(
        model=MODEL, messages=_user("count to 99"), max_tokens=5
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.choices[0].message.content == "1 2 3 4 5"


def test_a_stop_sequence_ends_the_text_before_it(openai_client: OpenAI) -> None:
    answer = openai_client.chat.completions.create(
        model=MODEL, messages=_user("count to 99"), stop=[" 4"]
    )
    assert answer.choices[0].message.content == "1 2 3"
    assert answer.choices[0].finish_reason == "stop"


def test_a_prompt_beyond_the_context_is_refused_as_by_llama_server(openai_client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        openai_client.chat.completions.create(model=MODEL, messages=_user("word " * 9000))
    error: Any = caught.value.body
    assert error["type"] == "exceed_context_size_error"
    assert error["n_prompt_tokens"] > error["n_ctx"] == 8192


def test_a_repeated_prompt_is_cached(openai_client: OpenAI) -> None:
    talk = _user("Tell me about the north sea, in some detail and with care.")
    first = openai_client.chat.completions.create(model=MODEL, messages=talk)
    second = openai_client.chat.completions.create(model=MODEL, messages=talk)
    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.prompt_tokens_details is not None
    assert first.usage.prompt_tokens == second.usage.prompt_tokens
    assert second.usage.prompt_tokens_details.cached_tokens == second.usage.prompt_tokens - 1


def test_completions_answer_whole_and_streamed(openai_client: OpenAI) -> None:
    whole = openai_client.completions.create(model=MODEL, prompt="echo: a b c")
    stream = openai_client.completions.create(model=MODEL, prompt="echo: a b c", stream=True)
    assert whole.choices[0].text == "a b c"
    assert "".join(chunk.choices[0].text for chunk in stream) == "a b c"


def test_embeddings_are_unit_vectors_that_repeat(openai_client: OpenAI) -> None:
    answer = openai_client.embeddings.create(model=MODEL, input=["north river", "north stone"])
    again = openai_client.embeddings.create(model=MODEL, input="north river")
    one, other = (entry.embedding for entry in answer.data)
    assert sum(x * x for x in one) == pytest.approx(1)
    assert again.data[0].embedding == pytest.approx(one)
    assert 0.2 < sum(a * b for a, b in zip(one, other, strict=True)) < 0.9


def test_models_are_listed(openai_client: OpenAI) -> None:
    names = [model.id for model in openai_client.models.list()]
    assert {"gemma4-sim:v1", "gemma4-sim:v2", "gemma4-sim:v1-q8"} <= set(names)


async def test_the_async_client_streams_many_answers_at_once(sim: RunningSim) -> None:
    async with AsyncOpenAI(base_url=f"{sim.url}/v1", api_key="none", max_retries=0) as client:

        async def one(number: int) -> str:
            stream = await client.chat.completions.create(
                model=MODEL, messages=_user(f"echo: number {number}"), stream=True
            )
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        answers = await asyncio.gather(*map(one, range(20)))
    assert answers == [f"number {number}" for number in range(20)]


def test_an_unknown_model_is_answered_by_the_loaded_one(openai_client: OpenAI) -> None:
    answer = openai_client.chat.completions.create(model="nobody", messages=_user("echo: here"))
    assert (answer.model, answer.choices[0].message.content) == ("gemma4-sim:v1", "here")


def test_an_unknown_model_is_refused_when_so_configured(
    sim: RunningSim, openai_client: OpenAI
) -> None:
    sim.engine.shelf.answer_unknown = False
    with pytest.raises(openai.NotFoundError, match="model 'nobody' not found"):
        openai_client.chat.completions.create(model="nobody", messages=_user("hello"))
