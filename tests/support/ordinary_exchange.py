"""One ordinary exchange, and words to make texts of."""

import json
import random
from dataclasses import dataclass

from driftgate.contracts.exchange import Answered, Asked
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, ToolCall, Usage

TOOLS = ("get_weather", "exec_command", "write_stdin", "multi_agent_v1.spawn_agent")
_TOOLS_JSON = json.dumps(
    [{"type": "function", "function": {"name": name}} for name in TOOLS]
).encode()
WORDS = [
    "the",
    "server",
    "reads",
    "a",
    "request",
    "and",
    "gives",
    "an",
    "answer",
    "that",
    "people",
    "can",
    "use",
    "while",
    "it",
    "keeps",
    "what",
    "was",
    "asked",
    "so",
    "that",
    "nobody",
    "has",
    "to",
    "guess",
    "later",
    "how",
    "long",
    "a",
    "call",
    "took",
    "or",
    "which",
    "model",
    "had",
    "spoken",
]


@dataclass(frozen=True)
class Ordinary:
    """One exchange with which nothing is wrong."""

    family: str
    asked: Asked
    answered: Answered


def exchange(
    family: str,
    prompt: str,
    text: str | None,
    *,
    finish: str = "stop",
    calls: tuple[ToolCall, ...] = (),
    history: tuple[Item, ...] = (),
    tools: bool = False,
    tokens: int | None = None,
) -> Ordinary:
    """An exchange in the chat dialect."""
    items = (Item(0, 1, "message", "user", prompt), *history)
    parameters = Parameters(tool_names=TOOLS if tools else None)
    size = len(text or "x") + sum(len(call.arguments) for call in calls)
    usage = Usage(12, tokens if tokens is not None else max(1, size // 4))
    answer = Answer(text=text, tool_calls=calls, finish_reason=finish, usage=usage, complete=True)
    return Ordinary(
        family,
        Asked(
            "chat",
            "/v1/chat/completions",
            parameters,
            items,
            body=b'{"messages":[]}',
            tools=_TOOLS_JSON if tools else b"",
        ),
        Answered(200, answer),
    )


def sentence(dice: random.Random, words: int) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(words)).capitalize() + "."
