"""An answer in its client's dialect: as a body, as a stream, or not yet."""

from driftgate.proxy.dialects.meaning import Answer
from driftgate.proxy.dialects.writing import (
    chat_body,
    chat_chunks,
    ollama_lines,
    responses_body,
    responses_events,
)
from driftgate.proxy.dialects.writing.written import Written

__all__ = ["Written", "content_type", "keep_alive", "verdict_comment", "write_body", "write_stream"]


def write_body(dialect: str, answer: Answer, ask: Written) -> bytes:
    """The answer as one JSON object, as the dialect's servers write it."""
    if dialect == "responses":
        return responses_body.write_body(answer, ask)
    if dialect == "chat":
        return chat_body.write_chat(answer, ask)
    if dialect == "completions":
        return chat_body.write_completion(answer, ask)
    return ollama_lines.write_body(answer, ask, chat=dialect == "ollama_chat")


def write_stream(dialect: str, answer: Answer, ask: Written) -> list[bytes]:
    """The answer as a stream, complete with its terminal event; each event apart."""
    if dialect == "responses":
        return responses_events.write_stream(answer, ask)
    if dialect == "chat":
        return chat_chunks.write_chat(answer, ask)
    if dialect == "completions":
        return chat_chunks.write_completion(answer, ask)
    return ollama_lines.write_stream(answer, ask, chat=dialect == "ollama_chat")


def keep_alive(dialect: str, ask: Written) -> bytes:
    """What may be sent before the answer so that the client's idle timer starts anew.

    Comments do not reset the timer of the Codex CLI; these are events that say nothing. They are
    counted in `ask`, with which `write_stream` or `stream_error` then has to be called.
    """
    if dialect == "responses":
        return responses_events.keep_alive(ask)
    if dialect.startswith("ollama"):
        return ollama_lines.keep_alive(ask, chat=dialect == "ollama_chat")
    return chat_chunks.keep_alive(ask, chat=dialect == "chat")


def content_type(dialect: str, stream: bool) -> str:
    """The content-type of an answer."""
    if not stream:
        return "application/json"
    return "application/x-ndjson" if dialect.startswith("ollama") else "text/event-stream"


def verdict_comment(dialect: str, verdict: str, attempts: int) -> bytes:
    """A comment at the end of a stream; empty where the dialect knows none."""
    if dialect.startswith("ollama"):
        return b""
    return f": driftgate verdict={verdict} attempts={attempts}\n\n".encode()
