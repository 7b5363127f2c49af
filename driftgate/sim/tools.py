"""Which tool to call, and with which arguments."""

import json
import re
from typing import Any

from driftgate.sim.ask import Ask, Call, Json, SimError, Tool
from driftgate.sim.dice import Dice
from driftgate.sim.prompt import hints
from driftgate.sim.schema_instance import checked, fits, satisfying

_RUN = re.compile(r"^\s*run:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_CALL = re.compile(r"\bcall:?\s+([A-Za-z_][\w.-]*)\s*(\{.*\})?", re.DOTALL)
_IDLE_WORDS = frozenset(("get", "set", "list", "do", "make", "find", "search", "the", "a", "to"))
_COMMAND = ("cmd", "command")
_OUTPUT = re.compile(
    r"^Output:\n", re.MULTILINE
)  # Codex: what a command printed comes after this line


def choose(ask: Ask, dice: Dice) -> tuple[Call, ...]:
    """The tool calls that the conversation wants now; none where text is wanted."""
    if not ask.tools or ask.tool_choice == "none":
        return ()
    done = len(ask.results)
    commands = _RUN.findall(ask.prompt[:_READ_LIMIT])
    runner = next((t for t in ask.tools if _command_key(t)), None)
    if runner and done < len(commands):
        return (_call(runner, {_command_key(runner): commands[done]}, dice, done),)
    if done and ask.tool_choice in ("auto", "required"):
        return ()
    tool, arguments = _wanted(ask)
    if tool is None:
        return ()
    if arguments is None:
        arguments = arguments_for(tool, ask.prompt, dice)
    return (_call(tool, arguments, dice, done),)


def _wanted(ask: Ask) -> tuple[Tool | None, Json | None]:
    by_name = {tool.name: tool for tool in ask.tools}
    asked = _CALL.search(ask.prompt[:_READ_LIMIT])
    if asked and asked[1] in by_name:
        return by_name[asked[1]], _object(asked[2])
    if ask.tool_choice not in ("auto", "required"):
        if ask.tool_choice not in by_name:
            raise SimError(400, f"tool_choice names an undeclared tool: {ask.tool_choice}")
        return by_name[ask.tool_choice], None
    words = set(re.findall(r"[a-z]+", ask.prompt[:_READ_LIMIT].lower()))
    found = next((t for t in ask.tools if _named_in(t, words)), None)
    return found or (ask.tools[0] if ask.tool_choice == "required" else None), None


def _named_in(tool: Tool, words: set[str]) -> bool:
    parts = set(re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", tool.name).lower()))
    telling = parts - _IDLE_WORDS
    return bool(telling) and telling <= words


def arguments_for(tool: Tool, prompt: str, dice: Dice) -> Json:
    """Arguments that satisfy the tool's schema; optional ones only where the prompt names them."""
    properties = tool.parameters.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    required = tool.parameters.get("required") or []
    known: dict[str, Any] = {"": prompt, **hints(prompt)}
    for name in ("query", "text", "prompt", "message", "input"):
        known.setdefault(name, prompt.strip()[:200])
    kept = {
        name: schema
        for name, schema in properties.items()
        if name in required or name.lower() in known or _mentions(schema, prompt)
    }
    schema = {**tool.parameters, "properties": kept}
    made = satisfying(schema, known, dice)
    return made if isinstance(made, dict) and fits(checked(tool.parameters), made) else {}


def _mentions(schema: Any, prompt: str) -> bool:
    choices = schema.get("enum") if isinstance(schema, dict) else None
    said = prompt.lower()
    return any(isinstance(c, str) and c and c.lower() in said for c in choices or [])


def _command_key(tool: Tool) -> str:
    properties = tool.parameters.get("properties")
    return next((k for k in _COMMAND if isinstance(properties, dict) and k in properties), "")


def _object(text: str | None) -> Json | None:
    try:
        value = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _call(tool: Tool, arguments: Json, dice: Dice, number: int) -> Call:
    text = json.dumps(arguments, ensure_ascii=False)
    return Call(tool.name, text, f"call_{dice.name(f'call {number}')}", tool.namespace)


def about(result: str) -> str:
    """What to say about a tool's result."""
    parts = _OUTPUT.split(result, maxsplit=1)
    text = parts[-1].strip()[:500]
    return f"The tool says: {text}" if text else "The tool has nothing to say."


_READ_LIMIT = 20_000
