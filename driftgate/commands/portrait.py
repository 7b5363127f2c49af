"""One call as a page of text: who, what was said, what came back, how fast."""

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from driftgate.commands.rows import is_inner
from driftgate.commands.turn_tree import turn_lines
from driftgate.commands.verdict import verdict_lines
from driftgate.commands.when import local
from driftgate.proxy.harmless import harmless, one_line
from driftgate.proxy.history.readable import decoded, header
from driftgate.proxy.history.whole import Call
from driftgate.proxy.units import size, span

INDENT = "    "
LABEL = 13  # cells before the facts of the head
FOLDED_LINES = 12
FOLDED_TEXT = 1000  # characters
LITTLE_TEXT = 80  # characters that are not worth folding, unless they take many lines
LITTLE_LINES = 2
_PARAMETERS = (
    *("temperature", "top_p", "top_k", "min_p", "seed", "max_tokens", "num_ctx"),
    *("reasoning_effort", "response_format", "tool_choice", "stop"),
)


def portrait(
    call: Call,
    *,
    full: bool = False,
    headers: bool = False,
    limit: int | None = None,
    room: int | None = None,
) -> list[str]:
    """The lines of the page; every text of strangers in it is harmless.

    Args:
        call: the call.
        full: long texts are not folded.
        headers: the headers are shown too.
        limit: how many items of the conversation, the latest; None or 0 for all.
        room: the terminal's width, at which lines are wrapped; None for no wrapping.
    """
    lines = [*_head(call), *_tokens_and_times(call), *verdict_lines(call)]
    lines += turn_lines(call.turns, full=full, room=room)
    if headers:
        lines += _headers("request headers", call.request_headers)
        lines += _headers("response headers", call.response_headers)
    return wrapped([*lines, *said(call, full=full, limit=limit)], room)


def said(call: Call, *, full: bool = False, limit: int | None = None) -> list[str]:
    """The lines of the conversation and of the answer; as for portrait()."""
    return [*_conversation(call, limit, full=full), *_answer(call, full=full)]


def wrapped(lines: list[str], room: int | None) -> list[str]:
    """The lines, none wider than the terminal; None for no wrapping."""
    return lines if room is None else [part for line in lines for part in _wrapped(line, room)]


def _wrapped(line: str, room: int) -> list[str]:
    """`line` in parts no wider than a terminal, the later ones indented as its text is."""
    if len(line) <= room:
        return [line]
    indent = " " * (len(INDENT) if line.startswith(INDENT) else LABEL)
    inner = max(room, len(indent) + 1)
    return textwrap.wrap(line, inner, subsequent_indent=indent, drop_whitespace=False, tabsize=4)


def _fact(name: str, *parts: Any) -> Iterator[str]:
    said = [one_line(str(part)) for part in parts if part not in (None, "", [])]
    if said:
        yield f"{name:<{LABEL - 1}} {'  '.join(said)}"


def _named(name: str, value: Any) -> str:
    return "" if value in (None, "", []) else f"{name} {value}"


def _head(call: Call) -> Iterator[str]:
    row = call.row
    status = row["status"] if row["status"] is not None else "no status"
    yield f"call {call.id}  {local(row['started_at'], 'milliseconds')}"
    yield from _fact("request", f"{row['method']} {call.target}", _named("dialect", row["dialect"]))
    yield from _fact("outcome", row["outcome"], status, _named("finish", row["finish_reason"]))
    yield from _fact("error", row["error"] or row["answer_error"])
    yield from _fact("upstream", row["upstream"], _named("fingerprint", row["fingerprint_id"]))
    yield from _fact("client", row["client"], row["user_agent"])
    yield from _fact(
        "session",
        row["session_id"],
        _named("turn", row["turn_id"]),
        _named("window", row["window_id"]),
        _named("kind", row["request_kind"]),
    )
    parent = row["parent_call_id"]
    yield from _fact("part of" if is_inner(row) else "continues", parent)
    if row["retry_number"]:
        yield from _fact("retry", f"number {row['retry_number']}", _named("of", row["retry_of"]))
    answered = row["answer_model"] if row["answer_model"] != row["model"] else None
    streamed = "streamed" if row["stream"] else ""
    yield from _fact("model", row["model"], streamed, _named("answered by", answered))
    yield from _fact("parameters", *(_named(name, row[name]) for name in _PARAMETERS))
    yield from _fact("tools", ", ".join(row["tool_names"] or []))


def _tokens_and_times(call: Call) -> Iterator[str]:
    row = call.row
    yield from _fact(
        "tokens",
        _named("in", row["input_tokens"]),
        _named("cached", row["cached_tokens"]),
        _named("out", row["output_tokens"]),
        _named("reasoning", row["reasoning_tokens"]),
    )
    rate = row["tokens_per_second"]
    yield from _fact(
        "times",
        _named("connecting", span(row["connect_ms"] or None)),
        _named("first byte", span(row["first_byte_ms"])),
        _named("first token", span(row["first_token_ms"])),
        _named("total", span(row["total_ms"])),
        "" if rate is None else f"{rate:.1f} tokens/s",
        _named("driftgate", span(row["overhead_ms"])),
    )
    yield from _fact("backend", row["backend_timings"])
    yield from _fact("sizes", *_sizes(row))


def _sizes(row: dict[str, Any]) -> Iterator[str]:
    yield f"request {size(row['request_bytes'])}{' (cut)' if row['request_truncated'] else ''}"
    yield f"answer {size(row['response_bytes'])}{' (cut)' if row['response_truncated'] else ''}"
    if chunks := len(row["chunk_bytes"] or []):
        yield f"in {chunks} chunk{'' if chunks == 1 else 's'}"
    yield "" if row["events"] is None else f"{row['events']} events"
    yield "not complete" if row["answer_complete"] is False else ""


def _headers(title: str, pairs: list[tuple[str, str]]) -> Iterator[str]:
    yield from ("", f"== {title}")
    for name, value in pairs:
        yield one_line(f"{name}: {value}")


def _conversation(call: Call, limit: int | None, *, full: bool) -> Iterator[str]:
    items = call.described.request.items
    if not items:
        yield from _body("request body", call.described.body, full=full)
        return
    yield from ("", f"== conversation, {len(items)} item{'' if len(items) == 1 else 's'}")
    skipped = max(len(items) - limit, 0) if limit else 0
    if skipped:
        yield f"[... {skipped} earlier]"
    for number, item in enumerate(items[skipped:], skipped + 1):
        who = item.role or ""
        if item.kind != "message":
            tool = " ".join(part for part in (item.tool_name, item.tool_call_id) if part)
            who = f"{who} {item.kind} {tool}"
        yield one_line(f"[{number}] {who}")
        yield from folded(item.text, full=full)


def _answer(call: Call, *, full: bool) -> Iterator[str]:
    answer = call.described.answer
    said = False
    for title, text in (("reasoning", answer.reasoning), ("answer", answer.text)):
        if text:
            said = True
            yield from ("", f"== {title}")
            yield from folded(text, full=full)
    for tool in answer.tool_calls:
        said = True
        name = ".".join(part for part in (tool.namespace, tool.name) if part)
        yield from ("", one_line(f"== tool call {name} {tool.call_id or ''}"))
        yield from folded(tool.arguments, full=full)
    if not said:
        body = decoded(call.response, header(call.response_headers, "content-encoding"))
        yield from _body("response body", body, full=full)


def _body(title: str, body: bytes, *, full: bool) -> Iterator[str]:
    if not body:
        return
    yield from ("", f"== {title}")
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
        if text.count("\ufffd") > len(text) // 10:
            yield f"{INDENT}{size(len(body))} of binary data (--raw writes it)"
            return
    yield from folded(text, full=full)


def folded(text: str, *, full: bool) -> list[str]:
    """`text` indented; a long one cut after its beginning, with how much is left out."""
    start = "\n".join(text[:FOLDED_TEXT].split("\n")[:FOLDED_LINES])
    rest = text[len(start) :]
    fold = not full and (len(rest) > LITTLE_TEXT or rest.count("\n") > LITTLE_LINES)
    out = [f"{INDENT}{line}".rstrip() for line in harmless(start if fold else text).split("\n")]
    if fold:
        out.append(f"{INDENT}[... {len(rest)} more characters; --full shows all]")
    return out
