"""Log probabilities that belong to a version: what a behavioural fingerprint would read."""

from driftgate.sim.ask import Json
from driftgate.sim.dice import Dice
from driftgate.sim.versions import Version

_FEW = 20  # most alternatives, as OpenAI allows
_NOISE = 0.01  # how far a quantized copy strays
_OTHERS: tuple[str, ...] = (" the", " a", ",", ".", " is", " to", " and", " of", "\n", " in")
_OTHERS += (" that", " it", " for", " on", " with", " as", " at", " by", " be", " or")


def content(tokens: list[str], version: Version, top: int) -> list[Json]:
    """One entry for each token, as Chat Completions gives them."""
    return [_entry(token, index, version, top) for index, token in enumerate(tokens)]


def _entry(token: str, index: int, version: Version, top: int) -> Json:
    logprob = _logprob(token, index, version)
    best = [_one(token, logprob)]
    others = [other for other in _OTHERS if other != token]
    for rank in range(min(top, _FEW) - 1):
        logprob = logprob - 1.0 + _logprob(others[rank % len(others)], index, version)
        best.append(_one(others[rank % len(others)], logprob))
    return {**best[0], "top_logprobs": best[:top]}


def _logprob(token: str, index: int, version: Version) -> float:
    """Between -0.5 and 0: from the family's draw, and a little from the quantization's."""
    shared = Dice(version.habits)
    own = Dice(version.name)
    label = f"{index} {token}"
    return -0.4 * shared.fraction(label) - _NOISE * own.fraction(label)


def _one(token: str, logprob: float) -> Json:
    encoded = list(token.encode("utf-8", "replace"))
    return {"token": token, "logprob": round(logprob, 6), "bytes": encoded}
