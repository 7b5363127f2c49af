"""Answers, and what is different in them, as text for people. Harmless for a terminal."""

from driftgate.replay.answer import Answer
from driftgate.replay.compare.told import printable, told

MAX_CHARACTERS = 200_000  # of an answer that is shown

_FAILURE = 300


def harmless(text: str) -> str:
    """The text with everything escaped that does not print, but line ends and tabs."""
    return printable(text.replace("\r\n", "\n"), kept="\n\t")


def shown(answer: Answer) -> str:
    """The answer as a person reads it: its failure, its text, its tool calls, each on lines of its own.

    Cut after 200,000 characters, with a line that says so.
    """
    parts = []
    if not answer.served:
        failure = answer.failure or f"failed with status {answer.status}"
        parts.append(f"[no answer: {told(failure, _FAILURE)}]")
    if answer.text:
        parts.append(_cut(answer.text))
    parts += [
        _cut(f"[calls {call.name}] {call.arguments}", MAX_CHARACTERS // 10)
        for call in answer.tool_calls[:100]
    ]
    more = len(answer.tool_calls) - 100
    if more > 0:
        parts.append(f"[and {more} more tool calls]")
    return _cut("\n".join(parts)) or "[an empty answer]"


def _cut(text: str, limit: int = MAX_CHARACTERS) -> str:
    text = harmless(text[: limit + 1])
    return text if len(text) <= limit else f"{text[:limit]}\n[cut here]"
