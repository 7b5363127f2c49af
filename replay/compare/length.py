"""How long the answers are."""

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features
from driftgate.replay.compare.told import counted


def length(one: Features, other: Features) -> Aspect | None:
    """The difference in characters of text and tool arguments, as a share of the longer answer.

    Characters, since two models may count the same text in different tokens. None: neither has any.
    """
    first, second = one.size, other.size
    longer = max(first, second)
    if not longer:
        return None
    if first == second:
        return Aspect(0.0)
    reason = f"{first:,} against {counted(second, 'character')}"
    tokens = one.answer.output_tokens, other.answer.output_tokens
    if tokens[0] is not None and tokens[1] is not None:
        reason += f" ({tokens[0]:,} against {counted(tokens[1], 'token')})"
    return Aspect(abs(first - second) / longer, reason)
