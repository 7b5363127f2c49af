"""What was wrong with the events of a stream, noted while it is read.

Only facts that hold in the dialect as its clients read it: `driftgate.contracts.builtin.wire` makes
findings of them. The first of each keyword is kept, so that a hostile stream cannot fill memory.
"""

from typing import Any

INVALID_JSON = "invalid_json"
DUPLICATE_TERMINAL = "duplicate_terminal"
EVENT_AFTER_TERMINAL = "event_after_terminal"
EVENT_ORDER = "event_order"
UNFINISHED_ITEM = "unfinished_item"
MALFORMED_SSE = "malformed_sse"
USAGE_MISSING = "usage_missing"
USAGE_IMPLAUSIBLE = "usage_implausible"
# a fact that is no fault: the counts are a whole agent turn's, those of several model calls
USAGE_SUMMED = "usage_summed"
_CONTEXT_TRUNCATED = "context_truncated"  # a fact, of which the judge makes `context_cut`

_SHOWN = 60  # bytes
_NO_FAULT = frozenset([b"[DONE]", b"null", b""])


class WireFacts(dict[str, str]):
    """keyword -> detail. Events are numbered from 1, as they came."""

    def note(self, keyword: str, event: int, what: str) -> None:
        """Keep a fact, if it is the first of its keyword."""
        if keyword not in self:
            self[keyword] = f"event {event}: {what}"

    def unreadable(self, event: int, data: bytes) -> None:
        """An event whose data could not be read."""
        if INVALID_JSON not in self and data.strip() not in _NO_FAULT:
            self.note(INVALID_JSON, event, f"no JSON: {data[:_SHOWN]!r}")

    def cut_off(self, events: int) -> None:
        """The stream ended early: its last event may be half an event, which is no fault of its own."""
        if self.get(INVALID_JSON, "").startswith(f"event {events}:"):
            del self[INVALID_JSON]

    def usage(self, usage: Any, timings: Any) -> None:
        """A total that is not the sum (some servers add reasoning to the total alone); no usage.

        timings: llama.cpp's, which stand in for a usage that its client does not get.
        """
        if not isinstance(usage, dict):
            if isinstance(timings, dict):
                self.setdefault(USAGE_MISSING, "the answer does not say how many tokens it took")
            return
        get = usage.get
        total, read = get("total_tokens"), get("prompt_tokens", get("input_tokens"))
        made = get("completion_tokens", get("output_tokens"))
        if not (type(total) is int and type(read) is int and type(made) is int):
            return
        if total != read + made and not _reasoning_apart(get, total - read - made):
            self.setdefault(
                USAGE_IMPLAUSIBLE, f"the total of {total} tokens is not {read} + {made}"
            )

    def context(self, told: dict[str, Any]) -> None:
        """What a server says of its context, in the last object of an answer.

        llama.cpp: `truncated`, at the top or in `__verbose`; LM Studio: `stats.stop_reason`. The word
        `truncation` of Responses is the request's own setting, told back.
        """
        self._summed(told.get("driftgate"))
        verbose, stats = told.get("__verbose"), told.get("stats")
        if told.get("truncated") is True or (
            isinstance(verbose, dict) and verbose.get("truncated") is True
        ):
            self[_CONTEXT_TRUNCATED] = "the server says that its context was exceeded: truncated"
        elif isinstance(stats, dict) and stats.get("stop_reason") == "contextLengthReached":
            self[_CONTEXT_TRUNCATED] = (
                "the server says that its context was exceeded: contextLengthReached"
            )

    def _summed(self, ours: Any) -> None:
        """What an agent of driftgate's says of its turn, in its answer's `driftgate`."""
        calls = ours.get("model_calls") if isinstance(ours, dict) else None
        if type(calls) is int and calls > 0:
            self[USAGE_SUMMED] = f"the counts are those of {calls} model calls"

    def facts(self) -> tuple[tuple[str, str], ...]:
        """As an Answer has them."""
        return tuple(self.items()) if self else ()


def _reasoning_apart(get: Any, missing: int) -> bool:
    details = get("completion_tokens_details") or get("output_tokens_details")
    reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return type(reasoning) is int and missing == reasoning
