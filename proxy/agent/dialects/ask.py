"""A client's request, read as one turn's worth of work for an agent. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.ask_chat import read_messages
from driftgate.proxy.agent.dialects.ask_responses import Earlier, read_input
from driftgate.proxy.agent.dialects.talk import Json, shown
from driftgate.proxy.agent.failures import bad_request
from driftgate.proxy.dialects.lenient import (
    clean,
    compact,
    filled,
    integer,
    listing,
    mapping,
    parse,
)

# what is read here, or in the conversation
_READ = {
    "chat": frozenset({"messages", "response_format", "n", "modalities", "audio", "functions"}),
    "responses": frozenset(
        {"input", "instructions", "previous_response_id", "text", "response_format", "reasoning"}
        | {"conversation", "background", "prompt"}
    ),
}
# what an agent takes, and what changes nothing in an answer
_NEUTRAL = frozenset(
    {"model", "stream", "stream_options", "tools", "tool_choice", "function_call"}
    | {"parallel_tool_calls", "user", "metadata", "store", "service_tier", "prompt_cache_key"}
    | {"prompt_cache_retention", "prompt_cache_options", "safety_identifier", "client_metadata"}
    | {"include", "truncation"}
)
_MOST_IGNORED, _NAME = 32, 64  # names, and characters of one: clients write what they like
_ANY_OBJECT = {"type": "object"}


def read(dialect: str, body: bytes, earlier: Earlier) -> Asked:
    """What the client asks.

    Args:
        dialect: chat or responses.
        body: the request's body.
        earlier: gives what was said up to an answer, by the answer's id; see `remembered`.

    Raises:
        AgentError: it is nothing that an agent can do: `bad_request`, with one line for the client.
    """
    if dialect not in _READ:
        raise bad_request(f"an agent answers chat completions and responses, not {shown(dialect)}")
    value = parse(body)
    if not isinstance(value, dict):
        raise bad_request("the request's body is no JSON object")
    _refuse(value)
    talk = read_messages(value) if dialect == "chat" else read_input(value, earlier)
    history, prompt = talk.divided()
    return Asked(
        dialect=dialect,
        model=filled(value.get("model")) or "",
        stream=value.get("stream") is True,
        input=prompt,
        history=history,
        instructions=talk.instructions,
        schema=_schema(value),
        ignored=_ignored(dialect, value, talk.dropped),
        usage=mapping(value.get("stream_options")).get("include_usage") is True,
        body=value,
    )


def _refuse(body: Json) -> None:
    offered = next((key for key in ("tools", "functions") if listing(body.get(key))), None)
    if offered and body.get("tool_choice") != "none":
        raise bad_request(
            f"{offered}: an agent has tools of its own and calls none of its client's; leave them out"
        )
    if (integer(body.get("n")) or 1) > 1:
        raise bad_request("n: an agent gives one answer; ask again for another")
    if body.get("audio") or "audio" in listing(body.get("modalities")):
        raise bad_request("audio: an agent answers in text only")


def _schema(body: Json) -> Any:
    """The JSON Schema of the answer, in any of the forms in which clients write it; None: text."""
    asked = mapping(body.get("text")).get("format")
    asked = body.get("response_format") if asked is None else asked
    kind = mapping(asked).get("type")
    if asked is None or kind == "text":
        return None
    if kind not in ("json_schema", "json_object"):
        raise bad_request(f"an agent knows no answer's format {shown(kind)}")
    schema = mapping(asked).get("schema")
    if schema is None:
        schema = mapping(mapping(asked).get("json_schema")).get("schema")
    if schema is None and kind == "json_object":
        return _ANY_OBJECT
    if not isinstance(schema, dict):
        raise bad_request("the answer's format has no schema, which must be an object")
    told = compact(schema)  # without what JSON has no word for
    if told is None:
        raise bad_request("the answer's schema is nested too deeply")
    return json.loads(told)


def _ignored(dialect: str, body: Json, dropped: Sequence[str]) -> tuple[str, ...]:
    known = _READ[dialect] | _NEUTRAL
    names = [key for key, value in body.items() if key not in known and value is not None]
    nested = (("reasoning", "effort"), ("text", "verbosity"))
    names += [f"{key}.{inner}" for key, inner in nested if mapping(body.get(key)).get(inner)]
    names += [key for key in ("tools", "functions") if listing(body.get(key))]  # not to be called
    return tuple([clean(name[:_NAME]) for name in (*names, *dropped)[:_MOST_IGNORED]])
