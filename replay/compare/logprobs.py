"""How far the probabilities are apart that two backends give to the same tokens.

The mean absolute difference of the log probabilities, as in "Log Probability Tracking of LLM APIs"
(arXiv 2512.03816), there of one token of a fixed prompt; here over the tokens that both answers
begin with alike, since only those were drawn in the same context. Beside it the 99th percentile:
a quantized copy differs a little everywhere, and much at few tokens.
"""

from dataclasses import dataclass
from math import ceil, expm1

import numpy as np

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features
from driftgate.replay.compare.told import counted

_QUANTILE = 0.99


@dataclass(frozen=True, slots=True)
class Drift:
    """The absolute differences in nats: their mean, their 99th percentile, over how many tokens."""

    mean: float
    p99: float
    tokens: int


def drift(one: Features, other: Features) -> Drift | None:
    """The differences on the common prefix of tokens; None where there is none."""
    count = min(len(one.tokens), len(other.tokens))
    if not count:
        return None
    unlike = one.tokens[:count] != other.tokens[:count]
    first = int(unlike.argmax())
    if unlike[first]:
        count = first
    if not count:
        return None
    apart = np.sort(np.abs(one.logprobs[:count] - other.logprobs[:count]))
    return Drift(float(apart.mean()), float(apart[ceil(_QUANTILE * count) - 1]), count)


def logprobs(one: Features, other: Features) -> Aspect | None:
    """1 - exp(-mean), so that no difference is 0 and none is above 1.

    None: one of them gives no logprobs, or already the first tokens differ.
    """
    found = drift(one, other)
    if found is None:
        return None
    if not found.mean:
        return Aspect(0.0)
    reason = (
        f"log probabilities {found.mean:.3g} nats apart on average, p99 {found.p99:.3g}, "
        f"over the first {counted(found.tokens, 'token')}"
    )
    return Aspect(-expm1(-found.mean), reason)
