"""From what is asked to what is replied: tool calls, JSON by schema, or one of the small tasks."""

import json
from dataclasses import replace
from typing import Any

from driftgate.sim.ask import Ask, Call, Reply
from driftgate.sim.dice import Dice
from driftgate.sim.faults import Fault
from driftgate.sim.prompt import hints
from driftgate.sim.schema_instance import checked, fits, satisfying
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
    name = fault.name if fault else ""
    if name == "dropped_schema":
        ask = replace(ask, schema=None, json_object=False)
    calls = choose(ask, dice)
    if name == "repeat_tool_call":
        calls = _repeated(ask, calls, fault.count if fault else 1, dice)
    if calls:
        return _spoilt(Reply(reasoning=_thought(ask, "call a tool"), calls=calls), fault)
    task, text = _text(ask, version, dice)
    return _spoilt(Reply(text=text, reasoning=_thought(ask, task)), fault)


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


def _spoilt(reply: Reply, fault: Fault | None) -> Reply:
    """The reply as a faulty model or parser gives it."""
    if fault is None:
        return reply
    if fault.name == "leaked_channel":
        thought = reply.reasoning or "The user wants an answer.\n"
        text = f"<|channel>thought\n{thought}<channel|>{reply.text}"
        return replace(reply, text=text, reasoning="")
    if fault.name == "token_flood":
        return Reply(text="thought\n" * fault.count)
    if fault.name == "tool_as_text" and reply.calls:
        return Reply(text="".join(map(_written_out, reply.calls)), reasoning=reply.reasoning)
    if fault.name == "tool_without_id":
        return replace(reply, calls=tuple(replace(call, call_id=None) for call in reply.calls))
    return Reply() if fault.name == "empty" else reply


def _written_out(call: Call) -> str:
    """A tool call in Gemma 4's own notation, as it looks when no parser takes it."""
    members = json.loads(call.arguments)
    inside = ",".join(
        f'{key}:<|"|>{value}<|"|>' if isinstance(value, str) else f"{key}:{json.dumps(value)}"
        for key, value in members.items()
    )
    return f"<|tool_call>call:{call.name}{{{inside}}}<tool_call|>"


_CODEX_SIZED = 3000  # characters; longer instructions name every task there is
