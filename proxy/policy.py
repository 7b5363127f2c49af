"""What is done next with a managed call: deliver, retry, ask again, fall back, or give up. Pure.

The driver makes one attempt, says how it ended, and asks for the next step; time, chance, budget
and breaker are given. It always ends: each step but the last costs a try, and tries are bounded.
Within `attempts` each fallback that was not used yet keeps one try, so retries cannot use it up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from driftgate.proxy.attempt_kind import Kind

Why = Literal["contract", "upstream", "breaker_open"]


@dataclass(frozen=True, slots=True)
class Rules:
    """How much may be tried, from the contract; the defaults are for calls without one.

    attempts: tries in all, the first included. total_s: after so many seconds nothing begins any more but a
    fallback that was not used yet.
    reasks: on each target. fallbacks: how many there are.
    """

    attempts: int = 1
    total_s: float = 60.0
    backoff_s: float = 0.5
    backoff_limit_s: float = 8.0
    reasks: int = 0
    fallbacks: int = 0
    on_failure: Literal["error", "deliver"] = "deliver"


@dataclass(frozen=True, slots=True)
class Tried:
    """How one attempt ended.

    target: 0 is the call's own upstream, 1 the first fallback, and so on.
    reasked: it was a Reask (not the retry of one). sent: False where an open breaker kept it back.
    retry_after_s: what the upstream asked for.
    """

    kind: Kind
    target: int = 0
    retry_after_s: float | None = None
    reasked: bool = False
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Deliver:
    """The answer of tried[index] goes to the client."""

    index: int


@dataclass(frozen=True, slots=True)
class Pass:
    """The upstream's own refusal, tried[index], goes to the client as it is."""

    index: int


@dataclass(frozen=True, slots=True)
class Retry:
    """The same request to the same target, after so many seconds."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Reask:
    """The same target is told what was wrong, and asked once more."""


@dataclass(frozen=True, slots=True)
class FallBack:
    """The original request to this target (1: the first fallback), at once."""

    target: int


@dataclass(frozen=True, slots=True)
class Fail:
    """The client gets an error; tried[index] says the most about it."""

    why: Why
    index: int


Step = Deliver | Pass | Retry | Reask | FallBack | Fail


def next_step(
    rules: Rules,
    tried: Sequence[Tried],
    *,
    elapsed_s: float,
    random: float,
    budget_ok: bool = True,
    breaker_open: bool = False,
) -> Step:
    """The step behind the last attempt.

    Args:
        rules: what may be done.
        tried: all attempts in their order; at least one.
        elapsed_s: since the call began.
        random: in [0, 1), for the jitter.
        budget_ok: the last target's retry budget has one left.
        breaker_open: the last target's breaker lets nothing through.
    """
    last = tried[-1]
    if last.kind is Kind.GOOD:
        return Deliver(len(tried) - 1)
    left_s = rules.total_s - elapsed_s
    if left_s > 0 and not breaker_open and _may_stay(rules, tried):
        if last.kind is Kind.BROKEN and _reasked(tried) < rules.reasks:
            return Reask()
        if last.kind is Kind.TRANSIENT and budget_ok:
            delay_s = max(last.retry_after_s or 0.0, backoff(rules, _retries(tried), random))
            if delay_s < left_s:
                return Retry(delay_s)
    if last.target < rules.fallbacks:  # each is used once, so that it ends all the same
        return FallBack(last.target + 1)
    return _end(rules, tried)


def backoff(rules: Rules, retries: int, random: float) -> float:
    """Seconds before the next retry, behind so many: exponential, with full jitter.

    "Exponential Backoff And Jitter", AWS Architecture Blog: random between 0 and
    min(limit, base x 2^retries); it spreads the retries of many clients best.
    """
    doubled: float = rules.backoff_s * 2.0 ** min(retries, 64)  # beyond, any limit is passed
    return random * min(rules.backoff_limit_s, doubled)


def _may_stay(rules: Rules, tried: Sequence[Tried]) -> bool:
    """Whether this target may be asked again: a try is left beside those of the fallbacks.

    Not where a breaker kept the last one back: that cost no try, and would not end.
    """
    sent = sum(each.sent for each in tried)
    return tried[-1].sent and sent + rules.fallbacks - tried[-1].target < rules.attempts


def _reasked(tried: Sequence[Tried]) -> int:
    return sum(each.reasked for each in tried if each.target == tried[-1].target)


def _retries(tried: Sequence[Tried]) -> int:
    """How many attempts at the last target came to nothing before this one."""
    same = [each for each in tried if each.target == tried[-1].target]
    return sum(each.kind is Kind.TRANSIENT for each in same[:-1])


def _end(rules: Rules, tried: Sequence[Tried]) -> Step:
    """Nothing is left to do: whatever says the most to the client, the latest first.

    A broken answer says what the contract misses; a refusal is the upstream's own word.
    """
    broken = _latest(tried, Kind.BROKEN)
    if broken is not None:
        return Deliver(broken) if rules.on_failure == "deliver" else Fail("contract", broken)
    refused = _latest(tried, Kind.REFUSED)
    if refused is not None:
        return Pass(refused)
    sent = [index for index, each in enumerate(tried) if each.sent]
    return Fail("upstream", sent[-1]) if sent else Fail("breaker_open", 0)


def _latest(tried: Sequence[Tried], kind: Kind) -> int | None:
    found = [index for index, each in enumerate(tried) if each.kind is kind]
    return found[-1] if found else None
