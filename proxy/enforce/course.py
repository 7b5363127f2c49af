"""The attempts of one held call, one after the other, as the policy says."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from driftgate.contracts.contract import Contract
from driftgate.proxy import failures, policy
from driftgate.proxy.attempt_kind import PASSING_STATUSES, Kind
from driftgate.proxy.breaker import Breaker, State
from driftgate.proxy.call import Call, about
from driftgate.proxy.enforce.gear import Gear
from driftgate.proxy.enforce.kinds import kind_of
from driftgate.proxy.enforce.question import Question
from driftgate.proxy.enforce.result import Result, unjudged
from driftgate.proxy.enforce.target import Again, Target, outgoing
from driftgate.proxy.enforce.trial import Trial
from driftgate.proxy.errors import CallError, ClientError
from driftgate.proxy.judging import as_judged
from driftgate.proxy.retry_budget import RetryBudget
from driftgate.proxy.settings.model import Upstream
from driftgate.proxy.tee import Tee

log = logging.getLogger("driftgate")

# tries for the schema alone: a wrong tool call may be made anew first; the last answer goes as it is;
# one try more than that needs, for a connection that breaks
FORMAT_RULES = policy.Rules(attempts=4, total_s=600.0, reasks=2, on_failure="deliver")

_BUSY = frozenset({425, 429})  # the upstream is well, and says when to come again
_LEAST_S = 0.001


@dataclass(frozen=True, slots=True)
class Finish:
    """What the client gets: an answer, or the upstream's own refusal."""

    result: Result
    attempts: int
    fallback: str | None


def rules_of(contract: Contract | None) -> policy.Rules:
    """How much may be tried; None: no contract is enforced."""
    if contract is None:
        return policy.Rules()
    retry = contract.retry
    return policy.Rules(
        attempts=retry.attempts,
        total_s=retry.total_s,
        backoff_s=retry.backoff_s,
        backoff_limit_s=retry.backoff_limit_s,
        reasks=retry.reasks,
        fallbacks=len(contract.fallback),
        on_failure=contract.output.on_failure,
    )


class Course:
    """Drives the attempts. raw: the client's body."""

    def __init__(self, gear: Gear, call: Call, tee: Tee, question: Question, raw: bytes) -> None:
        self._gear, self._call, self._tee = gear, call, tee
        self._question, self._raw = question, raw
        contract = question.contract if question.enforced else None
        self._rules = FORMAT_RULES if question.asks_format else rules_of(contract)
        self._targets = _targets(call.upstream, contract)
        self._began = gear.clock()
        self._tried: list[policy.Tried] = []
        self._results: list[Result | None] = []
        self._decisive = -1  # the attempt that an error is about

    def judged_failure(self) -> dict[str, object]:
        """The verdict that goes with the error that `run` raised, as it is recorded.

        Where nothing was sent it says so, lest the history takes the refusal for an attempt.
        """
        result = self._results[self._decisive] if self._results else None
        contract = self._question.contract
        return as_judged(unjudged(contract)) if result is None else result.as_judged(contract)

    async def run(self) -> Finish:
        """Attempts until there is something to deliver.

        Raises:
            CallError: there is nothing; the error says why.
        """
        index, reason = 0, "first"
        again: Again | None = None
        while True:
            await self._attempt(index, reason, again)
            match step := self._next():
                case policy.Deliver(index=at) | policy.Pass(index=at):
                    return self._finish(at)
                case policy.Retry(delay_s=delay_s):
                    self._budget(index).withdraw(self._gear.clock())
                    await asyncio.sleep(delay_s)
                    reason = "retry"
                case policy.Reask():
                    reason, again = "reask", self._again()
                case policy.FallBack(target=index):
                    reason, again = "fallback", None
                case policy.Fail():
                    self._decisive = step.index
                    raise self._failure(step)

    async def _attempt(self, index: int, reason: str, again: Again | None) -> None:
        target, gear = self._targets[index], self._gear
        breaker, now = self._breaker(target.upstream), gear.clock()
        permit = breaker.permit(now)
        if permit is None:
            self._note(policy.Tried(Kind.TRANSIENT, index, sent=False), None)
            return
        if reason != "retry":
            self._budget(index).deposit(now)

        def heard(status: int) -> None:
            """A probe is over when the upstream answers: the answer itself may take minutes."""
            if breaker.state(gear.clock()) is not State.CLOSED and status not in PASSING_STATUSES:
                breaker.note(permit, True, gear.clock())

        try:
            result = await self._try(index, reason, again, heard)
        except ClientError as error:  # it cannot be said to this upstream
            breaker.forget(permit)
            if index == 0:
                raise
            self._note(policy.Tried(Kind.FAILED, index, sent=False), None)
            told = about(self._call.id)
            log.warning(
                "no fallback to upstream '%s': %s", target.upstream, error.message, extra=told
            )
            return
        except BaseException:
            breaker.forget(permit)
            raise
        kind, wait_s = kind_of(result, self._question)
        if result.too_long or result.status in _BUSY:
            breaker.forget(permit)
        else:
            well = result.error is None and result.status not in PASSING_STATUSES
            breaker.note(permit, well, gear.clock())
        failed = None if result.error is None or result.too_long else result.error.message
        gear.note(target.upstream, failed)
        reasked = reason == "reask"
        self._note(policy.Tried(kind, index, retry_after_s=wait_s, reasked=reasked), result)

    async def _try(
        self, index: int, reason: str, again: Again | None, heard: Callable[[int], None]
    ) -> Result:
        """One attempt. Raises ClientError where the request cannot be said to this upstream."""
        target, gear = self._targets[index], self._gear
        upstream = gear.upstream(target.upstream)
        out = outgoing(self._question, upstream, target, self._raw, again)
        self._call.attempts += 1
        limits = self._limited(upstream, falls_back=index > 0)
        trial = Trial(
            self._question,
            self._tee,
            gear.pools[target.upstream],
            limits,
            limit=gear.limit,
            heard=heard,
            hurried=limits is not upstream,
        )
        return await trial.run(target, out, self._call.attempts, reason)

    def _limited(self, upstream: Upstream, *, falls_back: bool) -> Upstream:
        """The upstream with as much patience as the contract's time leaves.

        The first try has all of the upstream's where nothing else could be done. A fallback has its
        share of that time even when it is up: all of them together less than the time once more.
        """
        rules = self._rules
        if not self._tried and not rules.fallbacks:
            return upstream
        left_s = rules.total_s - (self._gear.clock() - self._began)
        share_s = rules.total_s / (1 + rules.fallbacks) if falls_back else _LEAST_S
        wait_s = max(left_s, share_s)
        if wait_s >= upstream.first_byte_timeout_s:
            return upstream
        return upstream.model_copy(update={"first_byte_timeout_s": wait_s})

    def _breaker(self, name: str) -> Breaker:
        """Without a contract in force nothing is refused for what happened to other calls."""
        if self._question.enforced:
            return self._gear.breakers[name]
        return Breaker(self._gear.upstream(name).model_copy(update={"breaker_failures": 0}))

    def _note(self, tried: policy.Tried, result: Result | None) -> None:
        """Keeps what can still be delivered: the last broken answer, the last refusal."""
        for before, old in zip(self._tried, self._results, strict=True):
            if old is not None and before.kind in (tried.kind, Kind.TRANSIENT):
                old.forget()
        self._tried.append(tried)
        self._results.append(result)

    def _next(self) -> policy.Step:
        gear, target = self._gear, self._targets[self._tried[-1].target]
        now = gear.clock()
        return policy.next_step(
            self._rules,
            self._tried,
            elapsed_s=now - self._began,
            random=gear.chance(),
            budget_ok=gear.budgets[target.upstream].available(now),
            breaker_open=self._breaker(target.upstream).opens_in(now) > 0,
        )

    def _budget(self, index: int) -> RetryBudget:
        return self._gear.budgets[self._targets[index].upstream]

    def _again(self) -> Again:
        result = self._results[-1]
        assert result is not None
        assert result.found is not None
        times = sum(each.reasked for each in self._tried)
        return Again(result.found.answer, result.found.judgement.errors, times)

    def _finish(self, at: int) -> Finish:
        result = self._results[at]
        assert result is not None
        index = self._tried[at].target
        fallback = self._targets[index].named(self._question) if index else None
        return Finish(result, self._call.attempts, fallback)

    def _failure(self, step: policy.Fail) -> CallError:
        """What the client is told; the record has every attempt."""
        result = self._results[step.index]
        if result is None:
            name = self._targets[self._tried[step.index].target].upstream
            opens_in_s = self._gear.breakers[name].opens_in(self._gear.clock())
            return failures.breaker_open(name, self._gear.upstream(name).url, opens_in_s)
        name = result.target.upstream
        if step.why == "contract" and result.judgement is not None:
            judgement = result.judgement
            return failures.contract_failed(
                name, judgement.contract, judgement.errors, self._call.attempts
            )
        error, url = result.error, self._gear.upstream(name).url
        if error is not None and not self._question.enforced:
            return error
        if error is None and result.served:
            said = result.found.answer.error if result.found is not None else None
            error = failures.no_answer(name, url, said)
        if error is None:
            error = failures.busy(name, url, result.status, self._tried[step.index].retry_after_s)
        return failures.gave_up(error, self._call.attempts)


def _targets(upstream: str, contract: Contract | None) -> list[Target]:
    fallback = contract.fallback if contract is not None else ()
    return [Target(upstream), *(Target(each.upstream or upstream, each.model) for each in fallback)]
