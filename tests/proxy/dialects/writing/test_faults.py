"""Errors inside a stream: clients stop, and show the message."""

import json
from typing import Any

import ollama
import openai
import pytest

from driftgate.proxy import failures
from driftgate.proxy.dialects.writing.faults import stream_error
from driftgate.proxy.dialects.writing.write import keep_alive

FINAL = failures.disk_full("no space")
PASSING = failures.connect_timeout("u", "http://u", 3)
NAMES: dict[str, Any] = {"call_id": "c1", "upstream": "u"}


def client(url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0)


@pytest.mark.parametrize("alive", [0, 1, 2])
async def test_the_openai_client_sees_a_failed_response(reader: Any, alive: int) -> None:
    ask = reader.ask()
    pieces = [keep_alive("responses", ask) for _ in range(alive)]
    pieces.append(stream_error("responses", FINAL, **NAMES, codex=False, ask=ask))
    async with (
        reader.server("text/event-stream", *pieces) as url,
        client(url) as to,
        to.responses.stream(model="m", input="") as stream,
    ):
        last: Any = [event async for event in stream][-1]
    assert last.type == "response.failed"
    assert last.response.error.code == "disk_full"
    assert last.response.error.message == FINAL.message
    answer = reader.described("responses", *pieces).answer
    assert answer.error == FINAL.message


@pytest.mark.parametrize(("error", "code"), [(FINAL, "invalid_prompt"), (PASSING, "server_error")])
def test_codex_is_told_in_the_codes_it_knows(reader: Any, error: Any, code: str) -> None:
    told = stream_error("responses", error, **NAMES, codex=True).decode().split("\n\n")
    response = json.loads(told[-2].split("\ndata: ")[1])["response"]
    assert response["error"]["code"] == code
    assert response["error"]["driftgate"]["code"] == error.code
    assert response["id"] == "resp_c1"


async def test_the_openai_client_raises_on_a_chats_error(reader: Any) -> None:
    ask = reader.ask()
    alive = keep_alive("chat", ask)
    told = stream_error("chat", FINAL, **NAMES, codex=False, ask=ask)
    async with reader.server("text/event-stream", alive, told) as url, client(url) as to:
        asked = await to.chat.completions.create(model="m", messages=[], stream=True)
        with pytest.raises(openai.APIError, match="no space"):
            _ = [chunk async for chunk in asked]


async def test_the_ollama_client_raises_on_a_lines_error(reader: Any) -> None:
    told = stream_error("ollama_chat", FINAL, **NAMES, codex=False)
    async with reader.server("application/x-ndjson", told) as url:
        asked = await ollama.AsyncClient(url).chat("m", [], stream=True)
        with pytest.raises(ollama.ResponseError, match="no space"):
            _ = [part async for part in asked]
