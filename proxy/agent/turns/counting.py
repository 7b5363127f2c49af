"""Model calls and tokens of one turn, from the app server's notifications. Pure.

`rawResponse/completed` comes once for each answered model call, with or without usage, compactions
too. A Codex that does not send it tells `thread/tokenUsage/updated` alone: twice around a compaction,
never where the server reports no usage, and once more with made-up counts where the context is full.
"""

from typing import Any

from driftgate.proxy.agent.steps import Usage
from driftgate.proxy.dialects.lenient import integer, mapping

Json = dict[str, Any]

_COUNTS = ("inputTokens", "cachedInputTokens", "outputTokens", "reasoningOutputTokens")


class Counting:
    """The counts of one turn. usage: the sum; model_calls: how many were answered."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.model_calls = 0
        self._each = False  # whether each call is told by itself
        self._total: tuple[int, ...] | None = None

    def answered(self, params: Json) -> Usage:
        """`rawResponse/completed`: one model call."""
        self._each = True
        return self._count(usage_of(params.get("usage")))

    def tokens(self, params: Json) -> Usage | None:
        """`thread/tokenUsage/updated`: a model call's usage, or None where it is no news."""
        told = mapping(params.get("tokenUsage"))
        total, last = _numbers(told.get("total")), usage_of(told.get("last"))
        news = total != self._total and last != Usage()
        self._total = total
        return self._count(last) if news and not self._each else None

    def _count(self, usage: Usage) -> Usage:
        self.usage += usage
        self.model_calls += 1
        return usage


def usage_of(counts: Any) -> Usage:
    """Codex's token counts; what is no count is zero."""
    return Usage(*_numbers(counts))


def _numbers(counts: Any) -> tuple[int, ...]:
    return tuple(max(0, integer(mapping(counts).get(key)) or 0) for key in _COUNTS)
