"""The log probabilities of a recorded answer's tokens, where the backend gave them. Never raises.

- Chat Completions: `choices[0].logprobs.content`; Completions: the same (llama.cpp), or `tokens`
  beside `token_logprobs` (OpenAI, vLLM).
- Responses: `output[].content[].logprobs`; in a stream those of its deltas, else of its `done`
  events, else of the last response.
- Ollama: `logprobs` of each object.
"""

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from driftgate.proxy.dialects.codings import decode_chunks
from driftgate.proxy.dialects.describe import DECODE_LIMIT
from driftgate.proxy.dialects.lenient import clean, listing, mapping, number, parse
from driftgate.proxy.dialects.ndjson import read_lines
from driftgate.proxy.dialects.sse import read_events
from driftgate.proxy.dialects.websocket import read_messages
from driftgate.proxy.record import Chunk, Recorded

Logprobs = tuple[tuple[str, float], ...]

MAX_TOKENS = 100_000

_MARK, _OLD_MARK = b'"logprob"', b'"token_logprobs"'  # an empty `logprobs` stands everywhere
_FLOOR = -100.0  # nats; minus infinity is no number of JSON, and some backends write it
_DELTA, _DONE = "response.output_text.delta", "response.output_text.done"


def logprobs_of(recorded: Recorded, dialect: str | None) -> Logprobs:
    """(token, natural logarithm of its probability) in order; () where there are none."""
    if dialect == "responses" and recorded.frames:
        values = [parse(data) for data in _messages(recorded) if _marked(data)]
        return tuple(_of_responses(values)[:MAX_TOKENS])
    chunks = _decoded(recorded)
    body = b"".join([chunk.data for chunk in chunks])
    if not _marked(body):
        return ()
    values = _values(chunks, body)
    if dialect == "responses":
        found = _of_responses(values)
    elif dialect in ("chat", "completions"):
        found = [entry for value in values for entry in _of_chat(value)]
    else:
        found = [entry for value in values for entry in _entries(mapping(value).get("logprobs"))]
    return tuple(found[:MAX_TOKENS])


def _header(recorded: Recorded, name: str) -> str | None:
    return next((v for k, v in recorded.response_headers if k.lower() == name), None)


def _decoded(recorded: Recorded) -> list[Chunk]:
    coding = _header(recorded, "content-encoding")
    return decode_chunks(recorded.chunks, coding, DECODE_LIMIT).chunks


def _messages(recorded: Recorded) -> Iterator[bytes]:
    extensions = _header(recorded, "sec-websocket-extensions")
    for message in read_messages(recorded.frames, extensions, DECODE_LIMIT):
        if not message.from_client:
            yield message.data


def _marked(data: bytes) -> bool:
    return _MARK in data or _OLD_MARK in data


def _values(chunks: list[Chunk], body: bytes) -> list[Any]:
    """The JSON of the body, or of those events of the stream that have logprobs."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        value = parse(body)
        if value is not None:
            return [value]
    found = [line.removeprefix(b"data:") for line in body.split(b"\n") if _marked(line)]
    together = parse(b"[%b]" % b",".join(found))  # a third of the time that one by one takes
    if isinstance(together, list):
        return together
    streamed = [event.data for event in read_events(chunks)] or [
        line.data for line in read_lines(chunks)
    ]
    return [parse(data) for data in streamed if _marked(data)]


def _of_chat(value: Any) -> list[tuple[str, float]]:
    for choice in listing(mapping(value).get("choices")):
        if isinstance(choice, dict) and not choice.get("index"):
            given = mapping(choice.get("logprobs"))
            if "content" in given:
                return _entries(given["content"])
            tokens, logprobs = listing(given.get("tokens")), listing(given.get("token_logprobs"))
            pairs = zip(tokens, logprobs, strict=False)
            return [entry for token, logprob in pairs if (entry := _entry(token, logprob))]
    return []


def _of_responses(values: Sequence[Any]) -> list[tuple[str, float]]:
    found: dict[str, list[tuple[str, float]]] = {_DELTA: [], _DONE: [], "": []}
    for value in map(mapping, values):
        kind = value.get("type")
        if kind in (_DELTA, _DONE):
            found[kind] += _entries(value.get("logprobs"))
        elif "output" in value or "response" in value:
            whole = mapping(value.get("response")) or value
            found[""] += [
                entry
                for item in listing(whole.get("output"))
                for part in listing(mapping(item).get("content"))
                for entry in _entries(mapping(part).get("logprobs"))
            ]
    return found[_DELTA] or found[_DONE] or found[""]


def _entries(value: Any) -> list[tuple[str, float]]:
    return [
        entry
        for each in listing(value)
        if isinstance(each, dict) and (entry := _entry(each.get("token"), each.get("logprob")))
    ]


def _entry(token: Any, logprob: Any) -> tuple[str, float] | None:
    if not isinstance(token, str):
        return None
    known = _FLOOR if logprob == -inf else number(logprob)
    return None if known is None else (clean(token), known)
