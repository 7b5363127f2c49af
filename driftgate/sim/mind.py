"""From what is asked to what is replied: tool calls, JSON by schema, or one of the small tasks."""

import json
from dataclasses import replace
from typing import Any

from driftgate.sim.ask import Ask, Call, Reply
from driftgate.sim.dice import Dice
from driftgate.sim.faults import Fault
from driftgate.sim.prompt import hints
from driftgate.sim.schema_instance import checked, fits, satisfying
from driftgate.sim.spoil import spoilt
from driftgate.sim.tasks import Done, perform
from driftgate.sim.tools import about, choose
from driftgate.sim.versions import Version

DEFAULT_TEMPERATURE = 1.0  # Gemma's own


def dice_for(ask: Ask, version: Version, seed: int) -> Dice:
    """The draws of one request: temperature 0 is the same for every seed."""
    cold = ask.temperature is not None and ask.temperature <= 0
    return Dice(version.habits, ask.prompt[:2000], 0 if cold else seed, cold=cold)


def answer(ask: Ask, version: Version, dice: Dice, fault: Fault | None = None) -> Reply:
    """The whole reply, before any limit on tokens.

    Raises:
        SimError: the tools or the schema cannot be used.
    """
    calls = choose(ask, dice)
    if fault and fault.name == "repeat_tool_call":
        calls = _repeated(ask, calls, fault.count, dice)
    if calls:
        return spoilt(Reply(reasoning=_thought(ask, "call a tool"), calls=calls), ask, fault)
    task, text = _text(ask, version, dice)
    return spoilt(Reply(text=text, reasoning=_thought(ask, task)), ask, fault)


def _text(ask: Ask, version: Version, dice: Dice) -> tuple[str, str]:
    if ask.results and ask.schema is None:
        return "tell a tool's result", about(ask.results[-1])
    system = "\n".join(m.text for m in ask.messages if m.role in ("system", "developer"))
    instructions = system if len(system) < _CODEX_SIZED else ""
    done = perform(instructions, ask.prompt, version, dice)
    if ask.schema is not None:
        return "fill a JSON schema", _as_json(_by_schema(ask, done, dice))
    if ask.json_object and done.value is None:
        return done.task, _as_json({"answer": done.text})
    return done.task, done.text


def _by_schema(ask: Ask, done: Done, dice: Dice) -> Any:
    schema = ask.schema if ask.schema is not None else True
    if done.value is not None and fits(checked(schema), done.value):
        return done.value
    known = {"": ask.prompt, **hints(ask.prompt), **(done.value or {})}
    known = {key: value for key, value in known.items() if value is not None}
    for key in ("answer", "text", "summary", "message", "content"):
        known.setdefault(key, done.text)
    return satisfying(schema, known, dice)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _thought(ask: Ask, task: str) -> str:
    return f"The user wants something that rules can do: {task}.\n" if ask.think else ""


def _repeated(ask: Ask, calls: tuple[Call, ...], count: int, dice: Dice) -> tuple[Call, ...]:
    """The same call again and again; where the talk is past its tool call, the last one."""
    made = [call for message in ask.messages for call in message.calls]
    again = calls[:1] or tuple(made[-1:])
    return tuple(
        replace(call, call_id=f"call_{dice.name(f'again {len(made)} {n}')}")
        for call in again
        for n in range(count)
    )


_CODEX_SIZED = 3000  # characters; longer instructions name every task there is
