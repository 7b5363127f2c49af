"""Contract folders, and the real clients that ask for JSON of one schema."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import ollama
import openai

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "people": {"type": "integer"},
        "rivers": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["city", "people", "rivers"],
    "additionalProperties": False,
}
ENFORCE = """\
name = "strict"
version = "1"
mode = "enforce"
[applies]
everything = true
[retry]
attempts = 3
backoff_s = 0.01
backoff_limit_s = 0.05
"""


def folder(at: Path, text: str = ENFORCE, name: str = "strict.toml") -> Path:
    """A folder with one contract file."""
    at.mkdir(exist_ok=True)
    (at / name).write_text(text, encoding="utf-8")
    return at


class Asker:
    """The clients of one server, which retry nothing by themselves; each method is a way to ask.

    All are asked the same, in plain dicts, as most programs do it; each gives the answer's text.
    """

    def __init__(self, url: str, model: str) -> None:
        self.model = model
        self.openai = openai.AsyncOpenAI(
            base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=30
        )
        self.ollama = ollama.AsyncClient(url, timeout=30)

    async def chat(self, prompt: str) -> str:
        """/v1/chat/completions, whole."""
        made = await self.openai.chat.completions.create(**self._chat(prompt))
        return str(made.choices[0].message.content)

    async def chat_stream(self, prompt: str) -> str:
        """/v1/chat/completions, streamed."""
        stream = await self.openai.chat.completions.create(**self._chat(prompt), stream=True)
        parts = [choice.delta.content async for chunk in stream for choice in chunk.choices]
        return "".join(part or "" for part in parts)

    async def responses(self, prompt: str) -> str:
        """/v1/responses, whole."""
        made = await self.openai.responses.create(**self._responses(prompt))
        return str(made.output_text)

    async def responses_stream(self, prompt: str) -> str:
        """/v1/responses, streamed: what the last event says."""
        stream = await self.openai.responses.create(**self._responses(prompt), stream=True)
        last = [event async for event in stream][-1]
        assert last.type == "response.completed", last.type
        return str(last.response.output_text)

    async def ollama_chat(self, prompt: str) -> str:
        """/api/chat, whole."""
        made = await self.ollama.chat(self.model, _said(prompt), format=SCHEMA)
        return made.message.content or ""

    async def ollama_stream(self, prompt: str) -> str:
        """/api/chat, streamed."""
        stream = await self.ollama.chat(self.model, _said(prompt), format=SCHEMA, stream=True)
        parts = [part async for part in stream]
        assert parts[-1].done
        return "".join(part.message.content or "" for part in parts)

    def ways(self) -> list[Callable[[str], Awaitable[str]]]:
        """All of them."""
        chats = [self.chat, self.chat_stream, self.ollama_chat, self.ollama_stream]
        return [*chats, self.responses, self.responses_stream]

    def _chat(self, prompt: str) -> dict[str, Any]:
        wanted = {"name": "city", "strict": True, "schema": SCHEMA}
        how = {"type": "json_schema", "json_schema": wanted}
        return {"model": self.model, "messages": _said(prompt), "response_format": how}

    def _responses(self, prompt: str) -> dict[str, Any]:
        wanted = {"type": "json_schema", "name": "city", "strict": True, "schema": SCHEMA}
        return {"model": self.model, "input": prompt, "text": {"format": wanted}}


def _said(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


def error_text(error: Exception) -> str:
    """What a client library tells of an error's body."""
    if isinstance(error, openai.APIStatusError):
        return error.response.text
    if isinstance(error, ollama.ResponseError):
        return str(error.error)
    return json.dumps(repr(error))
