"""The attempts of one held call, one after the other, as the policy says."""

import asyncio
import time
from dataclasses import dataclass

from driftgate.contracts.contract import Contract
from driftgate.contracts.verdict import Judgement, Source, Verdict, Violation
from driftgate.proxy import failures, policy
from driftgate.proxy.attempt_kind import Kind, classify_answer, classify_error
from driftgate.proxy.call import Call
from driftgate.proxy.enforce.gear import Gear
from driftgate.proxy.enforce.question import Question
from driftgate.proxy.enforce.target import Again, Target, outgoing
from driftgate.proxy.enforce.trial import Result, Trial
from driftgate.proxy.errors import CallError
from driftgate.proxy.judging import as_judged
from driftgate.proxy.retry_budget import RetryBudget
from driftgate.proxy.tee import Tee

# tries for the schema alone: a wrong tool call may be made anew first; the last answer goes as it is;
# one try more than that needs, for a connection that breaks
FORMAT_RULES = policy.Rules(attempts=4, total_s=600.0, reasks=2, on_failure="deliver")

# llama-server says keep-alive and closes one in ten connections right behind a stream: seconds until
# that is seen, for what is sent at once is lost, and is one try
_REST_S = 0.02
_BUSY = frozenset({425, 429})  # the upstream is well, and says when to come again
_NO_STEP = frozenset({"invalid_arguments", "missing_name", "missing_call_id"})
_BROKEN_ANSWER = frozenset({"server_parser"})  # a 500 that is the model's doing: another try may do


@dataclass(frozen=True, slots=True)
class Finish:
    """What the client gets. passed: the upstream's own refusal, as it is."""

    result: Result
    attempts: int
    fallback: str | None
    passed: bool = False


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

    def last_judged(self) -> dict[str, object]:
        """The verdict on the last answer that there was, as it is recorded.

        Where nothing was sent it says so, lest the history takes the refusal for an attempt.
        """
        judged = [each.as_judged() for each in self._results if each is not None]
        if not judged:
            contract = self._question.contract
            name, id_ = (contract.name, contract.id) if contract is not None else ("builtin", None)
            return as_judged(Judgement(Verdict.UNJUDGED, contract=name, contract_id=id_))
        return next((each for each in reversed(judged) if each), {})

    async def run(self) -> Finish:
        """Attempts until there is something to deliver.

        Raises:
            CallError: there is nothing; the error says why.
        """
        index, reason = 0, "first"
        again: Again | None = None
        while True:
            await self._attempt(index, reason, again)
            step = self._next()
            match step:
                case policy.Deliver(index=at):
                    return self._finish(at, passed=False)
                case policy.Pass(index=at):
                    return self._finish(at, passed=True)
                case policy.Retry(delay_s=delay_s):
                    self._budget(index).withdraw(self._gear.clock())
                    await asyncio.sleep(delay_s)
                    reason = "retry"
                case policy.Reask():
                    await asyncio.sleep(_REST_S)
                    reason, again = "reask", self._again()
                case policy.FallBack(target=index):
                    reason, again = "fallback", None
                case policy.Fail():
                    raise self._failure(step)

    async def _attempt(self, index: int, reason: str, again: Again | None) -> None:
        target, gear = self._targets[index], self._gear
        breaker, now = gear.breakers[target.upstream], gear.clock()
        if not breaker.allows(now):
            self._note(policy.Tried(Kind.TRANSIENT, index, sent=False), None)
            return
        if reason != "retry":
            self._budget(index).deposit(now)
        upstream = gear.upstream(target.upstream)
        trial = Trial(
            self._question, self._tee, gear.pools[target.upstream], upstream, limit=gear.limit
        )
        try:
            out = outgoing(self._question, upstream, target, self._raw, again)
            self._call.attempts += 1
            result = await trial.run(target, out, self._call.attempts, reason)
        except BaseException:
            breaker.forget()
            raise
        kind, wait_s = _kind(result, self._question)
        if result.status in _BUSY:
            breaker.forget()
        else:
            breaker.note(kind not in (Kind.TRANSIENT, Kind.FAILED), gear.clock())
        gear.note(target.upstream, result.error.message if result.error is not None else None)
        reasked = reason == "reask"
        self._note(policy.Tried(kind, index, retry_after_s=wait_s, reasked=reasked), result)

    def _note(self, tried: policy.Tried, result: Result | None) -> None:
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
            breaker_open=gear.breakers[target.upstream].opens_in(now) > 0,
        )

    def _budget(self, index: int) -> RetryBudget:
        return self._gear.budgets[self._targets[index].upstream]

    def _again(self) -> Again:
        result = self._results[-1]
        assert result is not None
        assert result.found is not None
        times = sum(each.reasked for each in self._tried)
        return Again(result.found.answer, result.found.judgement.errors, times)

    def _finish(self, at: int, *, passed: bool) -> Finish:
        result = self._results[at]
        assert result is not None
        index = self._tried[at].target
        fallback = self._targets[index].named(self._question) if index else None
        return Finish(result, self._call.attempts, fallback, passed)

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
        error = result.error
        if error is None:
            url, wait_s = self._gear.upstream(name).url, self._tried[step.index].retry_after_s
            error = failures.busy(name, url, result.status, wait_s)
        return failures.gave_up(error, self._call.attempts)


def _targets(upstream: str, contract: Contract | None) -> list[Target]:
    fallback = contract.fallback if contract is not None else ()
    return [Target(upstream), *(Target(each.upstream or upstream, each.model) for each in fallback)]


def _kind(result: Result, question: Question) -> tuple[Kind, float | None]:
    if result.error is not None:
        return classify_error(result.error), None
    judgement = result.judgement
    broken = judgement is not None and judgement.verdict is Verdict.FAIL
    if question.asks_format and judgement is not None:
        broken = any(_needs_format(violation) for violation in judgement.errors)
    kind, wait_s = classify_answer(result.status, result.pairs, time.time())
    if kind is Kind.GOOD:
        return (Kind.BROKEN if broken else kind), None
    if broken and judgement is not None:
        keywords = {violation.keyword for violation in judgement.errors}
        return (Kind.BROKEN if keywords & _BROKEN_ANSWER else kind), wait_s
    return kind, wait_s


def _needs_format(violation: Violation) -> bool:
    """Whether a free answer has to be asked for again under the schema's constraint.

    A tool call takes the loop on, and a schema is about its last answer only. But one that cannot be
    sent back ends it: llama-server refuses every later request of that conversation.
    """
    broken = violation.source is Source.REQUEST and violation.path.split("/")[0] == "text"
    return broken or violation.keyword in _NO_STEP
