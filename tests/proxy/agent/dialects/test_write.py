"""Turns behind a small server, as the real `openai` client sees them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import openai
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from openai import AsyncOpenAI
from pydantic import BaseModel

from driftgate.proxy.agent.dialects.ask import read
from driftgate.proxy.agent.dialects.remembered import Remembered
from driftgate.proxy.agent.dialects.write import error_body, full_id, writer
from driftgate.proxy.agent.failures import AgentError, busy
from driftgate.proxy.agent.steps import Began, Ended, Kind, Step
from driftgate.proxy.dialects.describe import dialect_of
from tests.support.turns import FAILED, LS, TURN

MESSAGES: Any = [{"role": "user", "content": "Which files?"}]


class Files(BaseModel):
    """What the recorded turn answers."""

    files: int


class Recorded:
    """Answers every request with the same steps. asked: what came."""

    def __init__(self) -> None:
        self.steps: Sequence[Step] = TURN
        self.asked: list[Any] = []
        self.known = Remembered()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        dialect = dialect_of(request.path) or ""
        try:
            asked = read(dialect, await request.read(), self.known.get)
        except AgentError as error:
            return self._refused(dialect, error.error)
        self.asked.append(asked)
        made = writer(asked, str(len(self.asked)), 0)
        response: web.StreamResponse | None = None
        for step in self.steps:
            data = made.feed(step)
            if data and response is None:
                response = web.StreamResponse(headers={"content-type": made.content_type})
                await response.prepare(request)
            if response is not None:
                await response.write(data)
        if made.error is None:
            self.known.keep(made.answer_id, asked, made.history())
        if response is not None:
            return response
        if made.error is not None:
            return self._refused(dialect, made.error)
        return web.Response(body=made.body(), content_type=made.content_type)

    def _refused(self, dialect: str, error: Any) -> web.Response:
        body = error_body(error)
        return web.Response(status=error.status, body=body, content_type="application/json")


@pytest.fixture
def agent() -> Recorded:
    return Recorded()


@pytest.fixture
async def client(agent: Recorded) -> AsyncIterator[AsyncOpenAI]:
    application = web.Application()
    application.router.add_post("/v1/{path:.*}", agent.answer)
    async with TestServer(application) as server:
        url = str(server.make_url("/v1"))
        async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=30) as made:
            yield made


async def test_a_chat(client: AsyncOpenAI) -> None:
    got = await client.chat.completions.create(model="agent", messages=MESSAGES)
    (choice,) = got.choices
    assert choice.message.content == 'I look.\n\n{"files":1}'
    assert "$ ls -la\nexit 0" in choice.message.model_dump()["reasoning_content"]
    assert got.usage is not None
    assert got.usage.total_tokens == 2_060


async def test_a_streamed_chat(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="agent", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == 'I look.\n\n{"files":1}'
    assert chunks[-1].usage is not None


async def test_a_chat_bound_by_a_schema(client: AsyncOpenAI) -> None:
    got = await client.chat.completions.parse(model="agent", messages=MESSAGES, response_format=Files)  # fmt: skip
    assert got.choices[0].message.parsed == Files(files=1)
    async with client.chat.completions.stream(
        model="agent", messages=MESSAGES, response_format=Files
    ) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.parsed == Files(files=1)


async def test_a_response(client: AsyncOpenAI) -> None:
    got = await client.responses.create(model="agent", input="Which files?")
    assert got.output_text == 'I look.{"files":1}'
    shells = [item for item in got.output if item.type == "shell_call"]
    assert [item.action.commands for item in shells] == [["ls -la"]]


async def test_a_streamed_response_bound_by_a_schema(client: AsyncOpenAI) -> None:
    got = await client.responses.parse(model="agent", input="Which?", text_format=Files)
    assert got.output_parsed == Files(files=1)
    async with client.responses.stream(
        model="agent", input="Which?", text_format=Files, reasoning={"summary": "auto"}
    ) as stream:
        kinds = [event.type async for event in stream]
        final = await stream.get_final_response()
    assert final.output_parsed == Files(files=1)
    assert kinds[-1] == "response.completed"
    assert "response.reasoning_summary_text.delta" in kinds


async def test_a_conversation_goes_on_by_id_and_by_items(
    client: AsyncOpenAI, agent: Recorded
) -> None:
    first = await client.responses.create(model="agent", input="one", instructions="Be brief.")
    await client.responses.create(model="agent", input="two", previous_response_id=first.id)
    items: Any = [
        {"role": "user", "content": "one"},
        *(item.model_dump(exclude_none=True) for item in first.output),
        {"role": "user", "content": "two"},
    ]
    await client.responses.create(model="agent", input=items, store=False)
    by_id, by_items = agent.asked[1], agent.asked[2]
    assert by_id.history == by_items.history
    assert by_id.input == by_items.input == [{"type": "text", "text": "two"}]
    assert [item["type"] for item in by_id.history[:4]] == ["message", "message", "function_call", "function_call_output"]  # fmt: skip
    assert by_id.instructions == ""


async def test_an_early_failure_has_its_status(client: AsyncOpenAI, agent: Recorded) -> None:
    agent.steps = [Ended("failed", busy(1, 2).error)]
    with pytest.raises(openai.RateLimitError) as caught:
        await client.chat.completions.create(model="agent", messages=MESSAGES, stream=True)
    assert caught.value.code == "agent_busy"
    with pytest.raises(openai.BadRequestError, match="an agent gives one answer"):
        await client.chat.completions.create(model="agent", messages=MESSAGES, n=2)


async def test_a_late_failure_is_raised_while_reading(client: AsyncOpenAI, agent: Recorded) -> None:
    agent.steps = [*LS, Began(Kind.COMMAND, "c2", "sleep 9"), FAILED]
    stream = await client.chat.completions.create(model="agent", messages=MESSAGES, stream=True)
    with pytest.raises(openai.APIError, match="ended while it ran a turn"):
        async for _ in stream:
            pass
    events = await client.responses.create(model="agent", input="x", stream=True)
    last = [event async for event in events][-1]
    assert last.type == "response.failed"
    assert [item.type for item in last.response.output] == ["shell_call", "shell_call_output", "shell_call"]  # fmt: skip


def test_an_id_has_its_dialects_prefix_once() -> None:
    assert full_id("chat", "1") == full_id("chat", "chatcmpl-1") == "chatcmpl-1"
    assert full_id("responses", "1") == full_id("responses", "resp_1") == "resp_1"
