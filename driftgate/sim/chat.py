"""OpenAI Chat Completions and completions: requests in, JSON and events out.

Shapes: https://platform.openai.com/docs/api-reference/chat and what llama-server sends.
"""

from collections.abc import Iterator
from typing import Any

from driftgate.sim.ask import Ask, Call, Json, Message, SimError
from driftgate.sim.generation import SYSTEM_FINGERPRINT, Generation
from driftgate.sim.logprobs import content
from driftgate.sim.reading import (
    chat_calls,
    customs,
    flag,
    member,
    name_of,
    objects,
    real,
    stops,
    text_of,
    thinks,
    tool_choice,
    tools,
    wanted_format,
    whole,
)
from driftgate.sim.wire import Event, sse

_DONE = b"data: [DONE]\n\n"


def read(body: Json) -> Ask:
    """What a chat request asks for.

    Raises:
        SimError: there are no messages, or a member has the wrong type.
    """
    if not isinstance(body.get("messages"), list):
        raise SimError(400, "'messages' is required")
    schema, as_object = wanted_format(body.get("response_format"))
    return Ask(
        model=name_of(body),
        messages=messages(body["messages"]),
        tools=tools(body.get("tools")),
        customs=customs(body.get("tools")),
        tool_choice=tool_choice(body.get("tool_choice") or "auto"),
        schema=schema,
        json_object=as_object,
        think=thinks(body),
        **_sampling(body),
    )


def read_completion(body: Json) -> Ask:
    """What a completion request asks for: its prompt counts as a user's message."""
    prompt = body.get("prompt")
    if isinstance(prompt, list) and all(isinstance(p, int) for p in prompt):
        prompt = " ".join(map(str, prompt))
    if prompt is None:
        raise SimError(400, "'prompt' is required")
    text = text_of(prompt)
    return Ask(model=name_of(body), messages=(Message("user", text),), **_sampling(body))


def _sampling(body: Json) -> dict[str, Any]:
    return {
        "max_tokens": whole(body, "max_tokens", "max_completion_tokens", "n_predict"),
        "stop": stops(body.get("stop")),
        "seed": whole(body, "seed"),
        "temperature": real(body, "temperature"),
        "stream": flag(body, "stream"),
    }


def messages(given: Any) -> tuple[Message, ...]:
    """`messages` of Chat Completions and Ollama."""
    return tuple(
        Message(
            str(m.get("role") or "user"),
            text_of(m.get("content")),
            chat_calls(m.get("tool_calls")),
        )
        for m in objects(given)
    )


def _head(made: Generation, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{made.request_id}",
        "object": kind,
        "created": made.created,
        "model": made.version.name,
        "system_fingerprint": SYSTEM_FINGERPRINT,
    }


def usage(made: Generation) -> Json:
    """The usage object."""
    taken, given = made.usage
    return {
        "completion_tokens": given,
        "prompt_tokens": taken,
        "total_tokens": taken + given,
        "prompt_tokens_details": {"cached_tokens": made.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": len(made.reasoning)},
    }


def _ending(made: Generation) -> Json:
    known = {"usage": usage(made)} if made.usage_known else {}
    return {**known, "timings": made.timings()}


def whole_body(made: Generation, body: Json) -> Json:
    """A chat answer as one JSON object."""
    message: Json = {"role": "assistant", "content": "".join(made.text) or None}
    if not made.calls:
        message["content"] = "".join(made.text)
    if made.reasoning:
        message["reasoning_content"] = "".join(made.reasoning)
    if made.calls:
        message["tool_calls"] = [
            _call(call, n, call.arguments) for n, (call, _) in enumerate(made.calls)
        ]
    choice: Json = {"index": 0, "message": message, "finish_reason": made.finish}
    if flag(body, "logprobs"):
        top = whole(body, "top_logprobs") or 0
        choice["logprobs"] = {"content": content(made.text, made.version, top)}
    return {**_head(made, "chat.completion"), "choices": [choice], **_ending(made)}


def _call(call: Call, index: int | None, arguments: str) -> Json:
    told: Json = {"type": "function", "function": {"name": call.name, "arguments": arguments}}
    if call.call_id is not None:
        told["id"] = call.call_id
    return told if index is None else {"index": index, **told}


def stream(made: Generation, body: Json) -> Iterator[Event]:
    """A chat answer as SSE chunks, ended by a usage chunk (if asked for) and [DONE]."""
    head = _head(made, "chat.completion.chunk")
    probabilities = _probabilities(made, body)
    yield _chunk(head, {"role": "assistant", "content": None})
    for piece in made.reasoning:
        yield _chunk(head, {"reasoning_content": piece}, tokens=1)
    for index, piece in enumerate(made.text):
        extra = {"logprobs": {"content": [probabilities[index]]}} if probabilities else {}
        yield _chunk(head, {"content": piece}, tokens=1, **extra)
    for index, (call, parts) in enumerate(made.calls):
        yield _chunk(head, {"tool_calls": [_call(call, index, "")]})
        for piece in parts:
            more = {"index": index, "function": {"arguments": piece}}
            yield _chunk(head, {"tool_calls": [more]}, tokens=1)
    yield from _end(made, body, head)


def _probabilities(made: Generation, body: Json) -> list[Json]:
    if not flag(body, "logprobs"):
        return []
    return content(made.text, made.version, whole(body, "top_logprobs") or 0)


def _chunk(head: Json, delta: Json, *, tokens: int = 0, **choice: Any) -> Event:
    told = {"index": 0, "delta": delta, "finish_reason": None, **choice}
    last = told["finish_reason"] is not None
    return Event(sse({**head, "choices": [told]}), tokens, terminal=last)


def _end(made: Generation, body: Json, head: Json) -> Iterator[Event]:
    yield _chunk(head, {}, finish_reason=made.finish)
    if flag(member(body, "stream_options"), "include_usage"):
        yield Event(sse({**head, "choices": [], **_ending(made)}), terminal=True)
    yield Event(_DONE, terminal=True)


def whole_completion(made: Generation, _body: Json) -> Json:
    """A completion as one JSON object."""
    choice = {
        "text": "".join(made.text),
        "index": 0,
        "logprobs": None,
        "finish_reason": made.finish,
    }
    return {**_head(made, "text_completion"), "choices": [choice], **_ending(made)}


def stream_completion(made: Generation, body: Json) -> Iterator[Event]:
    """A completion as SSE chunks."""
    head = _head(made, "text_completion")
    for piece in made.text:
        choice = {"text": piece, "index": 0, "logprobs": None, "finish_reason": None}
        yield Event(sse({**head, "choices": [choice]}), tokens=1)
    choice = {"text": "", "index": 0, "logprobs": None, "finish_reason": made.finish}
    yield Event(sse({**head, "choices": [choice]}), terminal=True)
    if flag(member(body, "stream_options"), "include_usage"):
        yield Event(sse({**head, "choices": [], **_ending(made)}), terminal=True)
    yield Event(_DONE, terminal=True)
