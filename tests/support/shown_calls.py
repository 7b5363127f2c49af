"""The calls of `shown`, recorded by a real gateway: good ones, broken ones, mended ones."""

import base64
import json
import struct
import zlib
from collections.abc import Iterable
from typing import Any

from driftgate.proxy.dialects.meaning import Answer, ToolCall
from driftgate.proxy.dialects.meaning import Usage as Tokens
from tests.support.scripted import sized
from tests.support.shown_stage import Stage

MODEL = "gemma4:26b"
SESSION = "0198f2aa-5e5e-7000-8000-00000000c0de"
ORDER = {"customer": "Ada", "total": 3, "items": ["lamp", "desk", "chair"]}
BROKEN = (
    '{"customer": "Ada", "total": "three", "items": ["lamp"], "note": "write to ada@shop.example"}'
)
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
ORDERS = 40
SHELL = {"type": "function", "name": "shell", "parameters": {"type": "object"}}
_POEM = "The river bends beyond the mill, and every stone lies clear and still. "
Ids = dict[str, str]


def user(text: Any, **more: Any) -> dict[str, Any]:
    """A request with one message of the user, in the chat dialects."""
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}


def said(text: str | None, **more: Any) -> Answer:
    """An answer."""
    tokens = Tokens(120, max(1, len(text or "") // 4), 80)
    return Answer(
        **{"text": text, "finish_reason": "stop", "usage": tokens, "model": MODEL, **more}
    )


async def talk(stage: Stage) -> Ids:
    """One call in each dialect, whole and streamed, with reasoning, tools, images."""
    ids = {}
    poem = said(_POEM * 6, reasoning="A poem on rivers. Short lines, calm words.")
    for stream in (False, True):
        kind = "streamed" if stream else "plain"
        more = {"stream": stream, "temperature": 0.7, "seed": 11}
        system = {"role": "system", "content": "You are a poet."}
        chat = user("Write me a poem on rivers.", **more)
        chat["messages"] = [system, *chat["messages"]]
        ids[f"chat_{kind}"] = await stage.ask("chat", chat, poem)
        asked = {"model": MODEL, "input": "Write me a poem on rivers.", "stream": stream}
        ids[f"responses_{kind}"] = await stage.ask("responses", asked, poem)
        native = user("Write me a poem on rivers.", stream=stream, options={"num_ctx": 8192})
        ids[f"ollama_{kind}"] = await stage.ask("ollama_chat", native, poem)
        prompt = {"model": MODEL, "prompt": "Once upon a time", "stream": stream}
        ids[f"completions_{kind}"] = await stage.ask("completions", prompt, said(_POEM))
    ids["images"] = await stage.ask("chat", _with_images(), said("A red square, and nothing."))
    return ids


def png(size: int = 8) -> bytes:
    """A red square."""

    def part(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + b"\xd0\x20\x20" * size for _ in range(size))
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + part(b"IDAT", zlib.compress(rows))
        + part(b"IEND", b"")
    )


def _with_images() -> dict[str, Any]:
    """A picture, one that says it is a picture, one that would act, and one elsewhere."""
    real = "data:image/png;base64," + base64.b64encode(png()).decode()
    lie = "data:image/png;base64," + base64.b64encode(b"<script>alert(1)</script>").decode()
    svg = "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload=alert(1)>").decode()
    urls = (real, lie, svg, "https://pictures.example/cat.png")
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return user([{"type": "text", "text": "What is on these?"}, *images])


async def session(stage: Stage) -> Ids:
    """A Codex session: two turns of a thread, with commands, growing from request to request."""
    ids = {}
    items: list[dict[str, Any]] = [message("developer", "You are a coding agent.")]
    for turn, prompt in enumerate(("Which files are here?", "Delete the old one.")):
        items.append(message("user", prompt))
        for step, command in enumerate((["ls", "-la"], ["cat", "old.txt"])):
            call = ToolCall("shell", json.dumps({"command": command}), f"call_{turn}_{step}")
            asks = said(None, tool_calls=(call,), reasoning="I should look first.")
            ids[f"turn_{turn}_{step}"] = await stage.ask("responses", *_codex(items, turn, asks))
            items += [
                {"type": "function_call", "name": "shell", "arguments": call.arguments, "call_id": call.call_id},
                {"type": "function_call_output", "call_id": call.call_id, "output": "old.txt\nnew.txt\n" * (step + 1)},
            ]  # fmt: skip
        answer = said("There are two files.")
        ids[f"turn_{turn}_end"] = await stage.ask("responses", *_codex(items, turn, answer))
        items.append(message("assistant", "There are two files."))
    return ids


def message(role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def _codex(items: list[dict[str, Any]], turn: int, answer: Answer) -> tuple[Any, ...]:
    told = {
        "session_id": SESSION,
        "thread_id": SESSION,
        "turn_id": f"{SESSION[:-1]}{turn}",
        "x-codex-window-id": f"{SESSION}:0",
    }
    body = {
        "model": MODEL,
        "stream": True,
        "input": list(items),
        "tools": [SHELL],
        "client_metadata": told,
    }
    return (
        body,
        answer,
        f"thread-id: {SESSION}",
        "originator: codex_exec",
        "user-agent: codex_exec/0.169.0",
    )


async def tools(stage: Stage) -> Ids:
    """The same in Chat Completions: a call, its result, the answer; and a call that loops."""
    named = "x-driftgate-session: weather talk"
    offered = [{"type": "function", "function": WEATHER}]
    body = user("How is the weather in Oslo?", tools=offered)
    call = ToolCall("get_weather", '{"city": "Oslo"}', "call_w")
    ids = {
        "tool": await stage.ask(
            "chat", body, said(None, tool_calls=(call,), finish_reason="tool_calls"), named
        )
    }
    made = {"name": call.name, "arguments": call.arguments}
    body["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "call_w", "type": "function", "function": made}]},
        {"role": "tool", "tool_call_id": "call_w", "content": '{"celsius": 3, "sky": "rain"}'},
    ]  # fmt: skip
    ids["tool_end"] = await stage.ask("chat", body, said("3 degrees and rain."), named)
    again = said(None, tool_calls=(call,) * 6, finish_reason="tool_calls")
    ids["loop"] = await stage.ask("chat", body, again, named)
    return ids


async def judged(stage: Stage) -> Ids:
    """Contracts: kept, broken with places in the text, mended by a second attempt, by a repair, by a fallback."""
    order = {"metadata": {"task": "order"}}
    strict = "x-driftgate-contract: strict"
    whole = json.dumps(ORDER)
    question = user("Write the order of Ada as JSON.", temperature=0.4, **order)
    ids = {"passing": await stage.ask("chat", question, said(whole))}
    ids["failing"] = await stage.ask(
        "chat", question, said(f"As an AI I say:\n```json\n{BROKEN}\n```")
    )
    ids["violating"] = await stage.ask("chat", question, said(BROKEN))
    ids["repaired"] = await stage.ask(
        "chat", user("An order."), said(f"Here it is: {whole}"), strict
    )
    ids["retried"] = await stage.ask("chat", user("One more."), [said(BROKEN), said(whole)], strict)
    stage.script("second", [[sized(_chat(whole), b"Content-Type: application/json")]])
    ids["fallback"] = await stage.ask("chat", user("And one."), [said(BROKEN)], strict)
    stage.script("second", [[sized(_chat("no"), b"Content-Type: application/json")]])
    ids["unmended"] = await stage.ask("chat", user("The last."), [said(BROKEN)], strict)
    limits = {"max_tokens": 5, "stop": ["mill"], "tool_choice": "required", "seed": 3}
    offered = [{"type": "function", "function": WEATHER}]
    dropped = user("Be brief, and call the tool.", tools=offered, **limits)
    ids["dropped"] = await stage.ask("chat", dropped, said(_POEM))
    return ids


def _chat(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    told = {"id": "c", "object": "chat.completion", "model": "qwen3:8b", "choices": [choice]}
    return json.dumps({**told, "usage": {"prompt_tokens": 9, "completion_tokens": 20}}).encode()


async def orders(stage: Stage, numbers: Iterable[int]) -> Ids:
    """Orders of sessions of four, of two models, a tenth broken: an hour apart; gates choose from them."""
    ids = {}
    for number in numbers:
        await stage.at(hours_ago=ORDERS - number)
        body = user(
            f"Write order {number} as JSON.",
            model=(MODEL, "gemma4:e4b")[number % 2],
            metadata={"task": "order"},
            temperature=0.2,
        )
        text = BROKEN if number % 10 == 9 else json.dumps({**ORDER, "total": number})
        named = f"x-driftgate-session: shop {number // 4}"
        ids[f"order_{number}"] = await stage.ask("chat", body, said(text), named)
    return ids
