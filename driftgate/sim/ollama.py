"""Ollama's native dialect: /api/chat and /api/generate, JSON and NDJSON.

Shapes: https://github.com/ollama/ollama/blob/main/docs/api.md
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from driftgate.sim.ask import Ask, Call, Json, Message, SimError
from driftgate.sim.chat import messages
from driftgate.sim.generation import Generation
from driftgate.sim.reading import flag, member, name_of, real, stops, text_of, tools, whole
from driftgate.sim.wire import Event, line

_LOAD_NS = 1_000_000


def read_chat(body: Json) -> Ask:
    """What a chat request asks for.

    Raises:
        SimError: a member has the wrong type.
    """
    return _read(body, messages(body.get("messages")))


def read_generate(body: Json) -> Ask:
    """What a generate request asks for: its prompt counts as a user's message."""
    system = body.get("system")
    first = (Message("system", system),) if isinstance(system, str) and system else ()
    return _read(body, (*first, Message("user", text_of(body.get("prompt")))))


def _read(body: Json, talk: tuple[Message, ...]) -> Ask:
    if name_of(body) is None:
        raise SimError(400, "model is required")
    options = member(body, "options")
    wanted = body.get("format")
    return Ask(
        model=name_of(body),
        messages=talk,
        tools=tools(body.get("tools")),
        schema=wanted if isinstance(wanted, dict) and wanted else None,
        json_object=wanted == "json",
        max_tokens=whole(options, "num_predict"),
        context=whole(options, "num_ctx"),
        stop=stops(options.get("stop")),
        seed=whole(options, "seed"),
        temperature=real(options, "temperature"),
        think=bool(body.get("think")),
        stream=flag(body, "stream", True),
    )


def loads_only(body: Json) -> bool:
    """Whether the request only loads the model: no message, no prompt."""
    return not body.get("messages") and not body.get("prompt")


def loaded(body: Json, name: str) -> Json:
    """The answer to a request that only loads the model."""
    said: Json = {"message": {"role": "assistant", "content": ""}}
    if "messages" not in body:
        said = {"response": ""}
    reason = "unload" if body.get("keep_alive") in (0, "0") else "load"
    return {"model": name, "created_at": now(), **said, "done": True, "done_reason": reason}


def now() -> str:
    """The time as Ollama writes it: RFC 3339, UTC."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _counts(made: Generation) -> Json:
    prompt_ns, predicted_ns = made.durations()
    taken, given = made.usage
    counts = {"prompt_eval_count": taken, "eval_count": given} if made.usage_known else {}
    return {
        "done_reason": "length" if made.finish == "length" else "stop",
        "total_duration": _LOAD_NS + prompt_ns + predicted_ns,
        "load_duration": _LOAD_NS,
        "prompt_eval_duration": prompt_ns,
        "eval_duration": predicted_ns,
        **counts,
    }


def _head(ask: Ask, made: Generation) -> Json:
    return {"model": ask.model or made.version.name, "created_at": now()}


def whole_chat(ask: Ask, made: Generation) -> Json:
    """A chat answer as one JSON object."""
    message: Json = {"role": "assistant", "content": "".join(made.text)}
    if made.reasoning:
        message["thinking"] = "".join(made.reasoning)
    if made.calls:
        message["tool_calls"] = [_call(call, n) for n, (call, _) in enumerate(made.calls)]
    return {**_head(ask, made), "message": message, "done": True, **_counts(made)}


def _call(call: Call, index: int) -> Json:
    told: Json = {"function": {"index": index, "name": call.name, "arguments": _object(call)}}
    return told if call.call_id is None else {"id": call.call_id, **told}


def _object(call: Call) -> Any:
    """Arguments as an object; {} when a limit on tokens has cut them."""
    try:
        return json.loads(call.arguments)
    except ValueError:
        return {}


def stream_chat(ask: Ask, made: Generation) -> Iterator[Event]:
    """A chat answer as NDJSON; a tool call comes whole, as in Ollama."""
    for piece in made.reasoning:
        yield _said(ask, made, {"content": "", "thinking": piece}, 1)
    for piece in made.text:
        yield _said(ask, made, {"content": piece}, 1)
    for index, (call, parts) in enumerate(made.calls):
        yield _said(ask, made, {"content": "", "tool_calls": [_call(call, index)]}, len(parts))
    end = {"message": {"role": "assistant", "content": ""}, "done": True, **_counts(made)}
    yield Event(line({**_head(ask, made), **end}), terminal=True)


def _said(ask: Ask, made: Generation, message: Json, tokens: int) -> Event:
    told = {**_head(ask, made), "message": {"role": "assistant", **message}, "done": False}
    return Event(line(told), tokens)


def whole_generate(ask: Ask, made: Generation) -> Json:
    """A generate answer as one JSON object."""
    thought = {"thinking": "".join(made.reasoning)} if made.reasoning else {}
    said = {"response": "".join(made.text), **thought, "done": True}
    return {**_head(ask, made), **said, **_counts(made)}


def stream_generate(ask: Ask, made: Generation) -> Iterator[Event]:
    """A generate answer as NDJSON."""
    for piece in made.reasoning:
        told = {"response": "", "thinking": piece, "done": False}
        yield Event(line({**_head(ask, made), **told}), tokens=1)
    for piece in made.text:
        yield Event(line({**_head(ask, made), "response": piece, "done": False}), tokens=1)
    end = {"response": "", "done": True, **_counts(made)}
    yield Event(line({**_head(ask, made), **end}), terminal=True)
