"""One recorded call to its meaning: which dialect, what was asked, what came back, who asked."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from driftgate.proxy.call import about, text_id
from driftgate.proxy.dialects import (
    chat,
    chat_answer,
    embeddings,
    ollama,
    responses,
    responses_answer,
    websocket_exchange,
)
from driftgate.proxy.dialects.codings import decode, decode_chunks
from driftgate.proxy.dialects.digest import request_digest
from driftgate.proxy.dialects.faults import error_message, error_page
from driftgate.proxy.dialects.identity import read_identity
from driftgate.proxy.dialects.lenient import parse, scrubbed
from driftgate.proxy.dialects.meaning import Answer, Identity, Item, Parameters, Request
from driftgate.proxy.dialects.ndjson import read_lines
from driftgate.proxy.dialects.remembered import Remembered
from driftgate.proxy.dialects.scan import scan
from driftgate.proxy.dialects.scanned import Fields, Scan
from driftgate.proxy.dialects.sse import read_events
from driftgate.proxy.dialects.websocket import read_messages
from driftgate.proxy.dialects.wire_facts import MALFORMED_SSE
from driftgate.proxy.record import Chunk, Recorded

DECODE_LIMIT = 64 << 20  # bytes

_log = logging.getLogger(__name__)
_ERROR = 400  # the first status that is an error
_SSE_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry|):")
_JSON_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]")
_SNIFFED = 1024  # bytes looked at to tell a stream from JSON
_PATHS = (
    ("/chat/completions", "chat"),
    ("/completions", "completions"),
    ("/responses", "responses"),
    ("/api/chat", "ollama_chat"),
    ("/api/generate", "ollama_generate"),
    ("/api/embed", "ollama_embed"),
    ("/api/embeddings", "ollama_embed"),
    ("/embeddings", "embeddings"),
    ("/models", "models"),
)
_OLLAMA = re.compile(r"/api/(?!v\d+(?:/|$))[^/]+")
# Values, so one of each will do.
_NO_PARAMETERS, _NO_REQUEST, _NO_ANSWER, _NOBODY = Parameters(), Request(), Answer(), Identity()
_STREAMS = {  # dialects whose streams have an answer in them
    "responses": responses_answer.read_stream,
    "chat": chat_answer.read_stream,
    "completions": chat_answer.read_stream,
}


@dataclass(slots=True)
class Described:
    """What a call means.

    body: the request body that item offsets and boundaries refer to: as recorded, without its
        content coding; of a websocket connection, the client's messages joined by line feeds.
    body_complete: False where the body was cut by a limit, or its coding is corrupt or unknown.
    """

    dialect: str | None
    request: Request = _NO_REQUEST
    answer: Answer = _NO_ANSWER
    identity: Identity = _NOBODY
    body: bytes = b""
    body_complete: bool = True


def dialect_of(path: str) -> str | None:
    """The dialect of a path, which may carry a prefix and a query; None where it is unknown."""
    path = path.partition("?")[0].rstrip("/")
    for end, dialect in _PATHS:
        if path.endswith(end):
            return dialect
    return "ollama" if _OLLAMA.search(path) else None


def describe(
    recorded: Recorded,
    *,
    decode_limit: int = DECODE_LIMIT,
    remembered: Remembered | None = None,
) -> Described:
    """Reads a call. Never raises: what cannot be read stays None.

    Args:
        recorded: the call as the journal keeps it.
        decode_limit: bytes; a compressed body is decoded as far as this.
        remembered: earlier requests; what they share with this one is not read again.
    """
    described = Described(dialect_of(recorded.target), body=recorded.request_body)
    for step in STEPS:
        try:
            step(recorded, described, decode_limit, remembered)
        except Exception:  # noqa: BLE001 - a stranger's bytes must not stop the ingest of all other calls
            call_id, name = recorded.call_id, getattr(step, "__name__", "a step")
            _log.exception("call %s: %s failed", text_id(call_id), name, extra=about(call_id))
    return described


def _read_request(
    recorded: Recorded, described: Described, limit: int, remembered: Remembered | None = None
) -> None:
    headers = _lowered(recorded.request_headers)
    if recorded.frames:
        _read_websocket(recorded, described, limit)
        metadata = None
    else:
        coding = headers.get("content-encoding")
        body, complete = decode(recorded.request_body, coding, limit)
        described.body = body
        described.body_complete = complete and not recorded.request_truncated
        scanned = Scan(body)
        if described.dialect and _JSON_START.match(body):
            if remembered is not None:
                scanned = remembered.scan(described.dialect, body, headers)
            else:
                scanned = scan(body)
        described.request = _request(described, scanned)
        if remembered is not None and described.dialect:
            remembered.keep(described.dialect, headers, scanned, described.request.items)
        metadata = scanned.fields.values.get("metadata")
    client_metadata = described.request.client_metadata
    described.identity = read_identity(headers, client_metadata, metadata)


def _lowered(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Headers by lower-case name; of a repeated one, the last."""
    return {name.lower(): value for name, value in headers}


def _read_websocket(recorded: Recorded, described: Described, limit: int) -> None:
    extensions = _lowered(recorded.response_headers).get("sec-websocket-extensions")
    messages = read_messages(recorded.frames, extensions, limit)
    conversation = websocket_exchange.read_conversation(messages)
    described.body = conversation.body
    if described.dialect == "responses":
        described.request, described.answer = conversation.request, conversation.answer


def _request(described: Described, scanned: Scan) -> Request:
    fields = scanned.fields
    parameters, items = _asked(described.dialect, fields)
    client_metadata = fields.values.get("client_metadata")
    return Request(
        parameters=parameters,
        items=items if scanned.valid else (),
        boundaries=scanned.boundaries,
        tools=_tools(scanned),
        digest=request_digest(scanned) if described.body_complete else None,
        client_metadata=scrubbed(client_metadata) if isinstance(client_metadata, dict) else {},
    )


def _tools(scanned: Scan) -> bytes:
    span = scanned.fields.spans.get("tools") if scanned.valid else None
    return scanned.body[slice(*span)] if span else b""


def _asked(dialect: str | None, fields: Fields) -> tuple[Parameters, tuple[Item, ...]]:
    readers = _REQUESTS.get(dialect or "")
    if readers is None or not fields.values:
        return _NO_PARAMETERS, ()
    read_parameters, read_items = readers
    return read_parameters(fields), read_items(fields)


def _read_answer(
    recorded: Recorded, described: Described, limit: int, _: Remembered | None = None
) -> None:
    if recorded.frames or not recorded.chunks:
        return
    failed = recorded.status is not None and recorded.status >= _ERROR
    if described.dialect is None and not failed:
        return
    headers = _lowered(recorded.response_headers)
    decoded = decode_chunks(recorded.chunks, headers.get("content-encoding"), limit)
    content_type = headers.get("content-type", "").strip().lower()
    answer = _answer(described.dialect, decoded.chunks, content_type)
    if failed and answer.error is None:
        answer = replace(answer, error=error_page(decoded.joined()))
    described.answer = answer


def read_answer(dialect: str | None, chunks: list[Chunk], content_type: str) -> Answer:
    """An answer out of its decoded bytes. Never raises."""
    try:
        return _answer(dialect, chunks, content_type.strip().lower())
    except Exception:  # noqa: BLE001 - a stranger's bytes
        _log.exception("an answer cannot be read")
        return _NO_ANSWER


def _answer(dialect: str | None, chunks: list[Chunk], content_type: str) -> Answer:
    head = _head(chunks)
    ollama_native = dialect is not None and dialect.startswith("ollama")
    if ollama_native and content_type.startswith("application/x-ndjson"):
        return ollama.read_stream(read_lines(chunks))
    if _JSON_START.match(head):
        value = parse(b"".join([chunk.data for chunk in chunks]))
        if value is None and ollama_native:
            return ollama.read_stream(read_lines(chunks))
        return _body_answer(dialect, value)
    if content_type.startswith("text/event-stream") or _SSE_START.match(head):
        return _stream_answer(dialect, chunks)
    return _NO_ANSWER


def _stream_answer(dialect: str | None, chunks: list[Chunk]) -> Answer:
    events = read_events(chunks)
    read = _STREAMS.get(dialect or "")
    if read is None:
        return Answer(events=len(events))
    answer = read([(e.offset_ns, e.data) for e in events])
    if events.malformed is None:
        return answer
    return replace(answer, wire=(*answer.wire, (MALFORMED_SSE, events.malformed)))


def _head(chunks: list[Chunk]) -> bytes:
    """The first bytes that are not white space, a few hundred of them."""
    head = b""
    for chunk in chunks:
        head = (head + chunk.data[:_SNIFFED]).lstrip()
        if len(head) >= _SNIFFED or b"\n" in head or head[:1] in (b"{", b"["):
            break
    return head


def _body_answer(dialect: str | None, value: Any) -> Answer:
    if value is None:
        return _NO_ANSWER
    read = _BODIES.get(dialect or "")
    return read(value) if read else Answer(complete=True, error=error_message(value))


_BODIES: dict[str, Callable[[Any], Answer]] = {
    "responses": responses_answer.read_body,
    "chat": chat_answer.read_body,
    "completions": chat_answer.read_body,
    "embeddings": embeddings.read_body,
    "ollama_embed": embeddings.read_body,
    "ollama_chat": ollama.read_body,
    "ollama_generate": ollama.read_body,
    "ollama": ollama.read_body,
}

_REQUESTS: dict[
    str, tuple[Callable[[Fields], Parameters], Callable[[Fields], tuple[Item, ...]]]
] = {
    "responses": (responses.read_parameters, responses.read_items),
    "chat": (chat.read_parameters, chat.read_items),
    "completions": (chat.read_parameters, chat.read_prompts),
    "embeddings": (chat.read_parameters, embeddings.read_items),
    "ollama_embed": (ollama.read_parameters, embeddings.read_items),
    "ollama_chat": (ollama.read_parameters, ollama.read_items),
    "ollama_generate": (ollama.read_parameters, ollama.read_items),
    "ollama": (ollama.read_parameters, ollama.read_items),
}

# The steps of `describe`; each reads its part of the call into the Described.
STEPS: tuple[Callable[..., None], ...] = (_read_request, _read_answer)
