"""A Chat Completions or Completions answer as a stream of chunks.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from collections.abc import Iterator

from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.dialects.writing.chat_body import head, text_choice, text_finish, tool_calls
from driftgate.proxy.dialects.writing.words import chat_usage, finish, llama_timings, pieces
from driftgate.proxy.dialects.writing.written import Json, Written, event

DONE = b"data: [DONE]\n\n"

_CHAT, _TEXT = "chat.completion.chunk", "text_completion"


def write_chat(answer: Answer, ask: Written) -> list[bytes]:
    """A chat's chunks: role, reasoning, text, tool calls, finish, usage where asked, [DONE]."""
    choices = [_choice(delta) for delta in _deltas(answer, ask)]
    return _stream(_CHAT, [*choices, _choice({}, finish(answer))], answer, ask)


def write_completion(answer: Answer, ask: Written) -> list[bytes]:
    """A completion's chunks."""
    choices = [text_choice(piece, None) for piece in pieces(answer.text or "")]
    return _stream(_TEXT, [*choices, text_choice("", text_finish(answer))], answer, ask)


def keep_alive(ask: Written, *, chat: bool) -> bytes:
    """A chunk that says nothing: an empty delta, or an empty text."""
    choice = _choice({}) if chat else text_choice("", None)
    ask.begun += 1
    return event({**head(_CHAT if chat else _TEXT, Answer(), ask), "choices": [choice]})


def _choice(delta: Json, reason: str | None = None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


def _deltas(answer: Answer, ask: Written) -> Iterator[Json]:
    yield {"role": "assistant", "content": None if answer.text is None else ""}
    for piece in pieces(answer.reasoning or ""):
        yield {"reasoning_content": piece}
    for piece in pieces(answer.text or ""):
        yield {"content": piece}
    for index, call in enumerate(tool_calls(answer, ask)):
        kind = call["type"]
        key = "input" if kind == "custom" else "arguments"
        opened = {**call, kind: {**call[kind], key: ""}}
        yield {"tool_calls": [{"index": index, **opened}]}
        for piece in pieces(call[kind][key]):
            yield {"tool_calls": [{"index": index, kind: {key: piece}}]}


def _stream(kind: str, choices: list[Json], answer: Answer, ask: Written) -> list[bytes]:
    first = head(kind, answer, ask)
    chunks: list[Json] = [{**first, "choices": [choice]} for choice in choices]
    usage = chat_usage(answer.usage) if ask.include_usage else None
    if usage is not None:
        chunks.append({**first, "choices": [], "usage": usage})
    chunks[-1] |= llama_timings(answer)
    return [*[event(chunk) for chunk in chunks], DONE]
