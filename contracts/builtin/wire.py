"""What was wrong on the wire: events of a stream, and token counts that cannot be.

The dialects note facts while they read (`Answer.wire`, see `driftgate.proxy.dialects.wire_facts`);
here they become findings, and the counts are looked at. Counts are warnings, with wide margins: two
servers count the same text differently, and templates and hidden reasoning add tokens.
"""

import re

from driftgate.contracts.builtin.context import TRUNCATED
from driftgate.contracts.exchange import Answer, Answered, Asked
from driftgate.contracts.finish import LENGTH, STOP, TOOL_CALLS, finish_of
from driftgate.contracts.verdict import Severity, Source, Violation

USAGE_MISSING, USAGE_IMPLAUSIBLE = "usage_missing", "usage_implausible"
MISSING_TERMINAL, INVALID_JSON = "missing_terminal", "invalid_json"
# A fact that is no fault: an agent's turn sums the counts of its model calls, whose prompts and tool
# calls are not all in the request and the answer.
USAGE_SUMMED = "usage_summed"
_NO_FAULTS = frozenset([TRUNCATED, USAGE_SUMMED])
# clients that follow the format pass over these: no answer is lost by them
_HARMLESS = frozenset(["event_order", USAGE_IMPLAUSIBLE, USAGE_MISSING])
_EVENT = re.compile(r"event (\d{1,9}): (.*)", re.DOTALL)
_INCLUDE_USAGE = re.compile(rb'"include_usage"\s*:\s*true')
_ERROR = 400  # the first HTTP status that is an error
_TERMINALS = {
    "responses": "response.completed, response.incomplete or response.failed",
    "chat": "a finish_reason or [DONE]",
    "completions": "a finish_reason or [DONE]",
    "ollama_chat": '"done": true',
    "ollama_generate": '"done": true',
}
_ENDS = frozenset([STOP, LENGTH, TOOL_CALLS])
# Emoji take up to four tokens a character; markup of a tool call and of a turn comes on top.
_TOKENS_A_CHARACTER, _TOKENS_A_PART = 4, 16
_CHARACTERS_A_TOKEN, _FREE_CHARACTERS = 40, 100
_TEMPLATE_TOKENS = 1_000  # a server's own system prompt and template
_MORE_THAN_BODY = (
    b"previous_response_id",
    b"conversation",
    b'"context"',
    b"image",
    b"audio",
    b"file",
)


def wire_findings(asked: Asked, answered: Answered) -> list[Violation]:
    """What is wrong with the events and counts of an answer; empty where nothing is."""
    answer = answered.answer
    if answered.cut or answered.status >= _ERROR:
        return []
    found = [
        _of_fact(keyword, detail)
        for keyword, detail in answer.wire
        if keyword not in _NO_FAULTS
        and (keyword != USAGE_MISSING or _usage_expected(asked, answered))
    ]
    if answer.complete:
        counted = _usage(asked, answered)
        if counted is not None and not any(v.keyword == counted.keyword for v in found):
            found.append(counted)
    elif answer.error is None:
        found.append(_unfinished(asked, answered))
    return found


def _of_fact(keyword: str, detail: str) -> Violation:
    place = _EVENT.fullmatch(detail)
    path, reason = (f"events/{place[1]}", place[2]) if place else ("events", detail)
    if keyword in (USAGE_IMPLAUSIBLE, USAGE_MISSING):
        path = "events/usage"
    severity = Severity.WARNING if keyword in _HARMLESS else Severity.ERROR
    return Violation(Source.WIRE, keyword, path, reason, severity)


def _unfinished(asked: Asked, answered: Answered) -> Violation:
    if answered.streamed:
        last = _TERMINALS.get(asked.dialect, "its last event")
        reason = f"the stream ended without {last}"
        return Violation(Source.WIRE, MISSING_TERMINAL, "events", reason)
    reason = "the body is neither JSON nor a stream of events"
    return Violation(Source.WIRE, INVALID_JSON, "body", reason)


def _usage(asked: Asked, answered: Answered) -> Violation | None:
    answer = answered.answer
    usage = answer.usage
    if usage.input_tokens is None and usage.output_tokens is None:
        if not _usage_expected(asked, answered):
            return None
        return _warning(USAGE_MISSING, "the answer does not say how many tokens it took")
    if any(keyword == USAGE_SUMMED for keyword, _ in answer.wire):
        return None
    reason = _output_reason(answer) or _input_reason(asked, usage.input_tokens)
    return _warning(USAGE_IMPLAUSIBLE, reason) if reason else None


def _usage_expected(asked: Asked, answered: Answered) -> bool:
    """A chat stream reports usage only where it was asked to."""
    answer = answered.answer
    if not answer.complete or answer.error is not None or finish_of(answer) not in _ENDS:
        return False
    if answered.streamed and asked.dialect in ("chat", "completions"):
        return b"include_usage" in asked.body and bool(_INCLUDE_USAGE.search(asked.body))
    return True


def _output_reason(answer: Answer) -> str | None:
    tokens, text = answer.usage.output_tokens, answer.text or ""
    if tokens is None:
        return None
    size = len(text) + len(answer.reasoning or "")
    for call in answer.tool_calls:
        size += len(call.name) + len(call.arguments)
    hidden = answer.usage.reasoning_tokens or 0
    parts = 1 + len(answer.tool_calls)
    if tokens - hidden > _TOKENS_A_CHARACTER * size + _TOKENS_A_PART * parts:
        return f"{tokens} output tokens are more than {size} characters can have"
    if tokens <= 0 and size:
        return f"{tokens} output tokens, and {size} characters"
    if size > _CHARACTERS_A_TOKEN * tokens + _FREE_CHARACTERS:
        visible = size - sum(map(text.count, " \n\t-=_*#."))  # runs of these are one token
        if visible > _CHARACTERS_A_TOKEN * tokens + _FREE_CHARACTERS:
            return f"{tokens} output tokens are too few for {size} characters"
    return None


def _input_reason(asked: Asked, tokens: int | None) -> str | None:
    """More tokens than the request has bytes, where all of the prompt is in the request."""
    body = asked.body
    if tokens is None or not body or tokens <= len(body) + _TEMPLATE_TOKENS:
        return None
    if any(part in body for part in _MORE_THAN_BODY) or not any(i.text for i in asked.items):
        return None
    return f"{tokens} input tokens are more than a request of {len(body)} bytes can have"


def _warning(keyword: str, reason: str) -> Violation:
    return Violation(Source.WIRE, keyword, "events/usage", reason, Severity.WARNING)
