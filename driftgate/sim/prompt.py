"""The conversation as the text a model would be fed, and what can be read from a prompt."""

import json
import re
from typing import Any

from driftgate.sim.ask import Ask, Message

_PAIR = re.compile(r"\b([A-Za-z_][\w-]{1,40})\s*(?:[:=]| is )\s*(\"[^\"]*\"|[\w.+@/-]+)")
_QUOTED = re.compile(r"[\"'`]([^\"'`\n]{1,200})[\"'`]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_CITY = re.compile(r"\b(?:in|from|to|for|at|of)\s+([A-Z][a-z]+(?:\s[A-Z][a-z]+)?)")
_NAME = re.compile(r"\b([A-Z][a-z]{2,})\b")
_NOT_NAMES = frozenset(
    [
        "The",
        "This",
        "That",
        "What",
        "Which",
        "How",
        "Return",
        "Text",
        "Extract",
        "Please",
        "Sentence",
        "Classify",
        "Ticket",
        "Hey",
        "Hello",
        "On",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Json",
        "Answer",
        "Give",
        "Read",
        "Reply",
        "Support",
        "Message",
        "Tell",
        "Sum",
        "Write",
        "Use",
    ]
)


def render(ask: Ask) -> str:
    """The prompt's text in the manner of Gemma's template (only its length matters)."""
    parts = ["<bos>"]
    if ask.tools:
        declared = [
            {"name": t.name, "description": t.description, "parameters": t.parameters}
            for t in ask.tools
        ]
        parts.append(f"<|turn>system\n{json.dumps(declared)}<turn|>\n")
    if ask.customs:
        parts.append(f"<|turn>system\n{json.dumps(ask.customs)}<turn|>\n")
    parts.extend(render_message(message) for message in ask.messages)
    parts.append("<|turn>model\n")
    return "".join(parts)


def render_message(message: Message) -> str:
    """One message of it."""
    calls = "".join(f"<|tool_call>call:{c.name}{c.arguments}<tool_call|>" for c in message.calls)
    role = "model" if message.role == "assistant" else message.role
    return f"<|turn>{role}\n{message.text}{calls}<turn|>\n"


def numbers(text: str) -> list[float | int]:
    """The numbers that a prompt mentions, in order."""
    found = _NUMBER.findall(text)[:50]
    return [float(n) if "." in n else int(n) for n in found if len(n) < _LONG_NUMBER]


def hints(text: str) -> dict[str, Any]:
    """Values that a prompt names, by property name in lower case."""
    text = text[:_READ_LIMIT]
    found: dict[str, Any] = {}
    if city := city_in(text):
        found.update(city=city, location=city, place=city)
    if name := name_in(text):
        found.update(name=name)
    if amounts := numbers(text):
        found.update(amount=amounts[0], number=amounts[0])
    if quoted := _QUOTED.search(text):
        found.update(text=quoted[1], query=quoted[1])
    found.update({key.lower(): value.strip('"') for key, value in _PAIR.findall(text)})
    return found


def city_in(text: str) -> str | None:
    """The first capitalised word after a preposition that is not a day or month."""
    return next((c for c in _CITY.findall(text) if c.split()[0] not in _NOT_NAMES), None)


def name_in(text: str) -> str | None:
    """The first capitalised word that looks like a person's name."""
    city = city_in(text)
    return next((n for n in _NAME.findall(text) if n not in _NOT_NAMES and n != city), None)


_READ_LIMIT = 20_000  # characters of a prompt that rules look at
_LONG_NUMBER = 16
