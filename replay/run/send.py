"""One answer of one arm: the request sent, what comes recorded, and sent again where waiting may help.

Each try is a recorded call of its own with the same mark; of several the last served one counts.
Tools that the model calls are never run: an answer is read, and nothing follows from it.
"""

import asyncio
import time
from random import Random
from uuid import UUID

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy import failures, policy
from driftgate.proxy.agent import mark
from driftgate.proxy.agent.origin import ATTEMPT_HEADER, CALL_HEADER, REPLAYED_HEADER
from driftgate.proxy.attempt_kind import classify_error
from driftgate.proxy.call import Call, new_id, text_id
from driftgate.proxy.dialects.describe import read_answer
from driftgate.proxy.errors import CallError
from driftgate.proxy.journal import head
from driftgate.proxy.record import Outcome, Replayed
from driftgate.proxy.tee import Recorder, Tee
from driftgate.proxy.upstream.wire import Pair
from driftgate.replay.compare.told import told
from driftgate.replay.read_answer import FAILURE
from driftgate.replay.run.exchange import passed, translated
from driftgate.replay.run.order import Job
from driftgate.replay.run.question import Question, Tried
from driftgate.replay.run.recording import check

BACKOFF_S, BACKOFF_LIMIT_S = 0.5, 8.0
ALL_TRIES_S = 600.0  # behind it no try begins
LONGEST_S = 3600.0  # a model that never ends would hold its place in the lane for ever


class Sender:
    """Sends the calls of one arm of a run. contracts: what its answers are judged by.

    arm: as the history has it; None: each job's own.
    """

    def __init__(
        self,
        run_id: str,
        recorder: Recorder,
        contracts: ContractSet,
        *,
        arm: str | None = None,
        seed: int = 0,
    ) -> None:
        self._run = UUID(run_id).bytes
        self._recorder = recorder
        self._contracts = contracts
        self._arm = arm
        self._limit = recorder.body_limit
        self._random = Random(seed)  # noqa: S311 - spreads retries, guards nothing

    async def answer(self, question: Question) -> Tried:
        """The last try's answer, or why there is none.

        Raises:
            DiskFullError: it cannot be recorded.
        """
        rules = policy.Rules(
            attempts=1 + question.target.configuration.retries,
            total_s=ALL_TRIES_S,
            backoff_s=BACKOFF_S,
            backoff_limit_s=BACKOFF_LIMIT_S,
        )
        began = time.monotonic()
        past: list[policy.Tried] = []
        while True:
            tried = await self._try(question)
            past.append(policy.Tried(tried.kind, retry_after_s=tried.retry_after_s))
            step = policy.next_step(
                rules, past, elapsed_s=time.monotonic() - began, random=self._random.random()
            )
            if not isinstance(step, policy.Retry):
                return tried
            await asyncio.sleep(step.delay_s)

    def unreplayable(self, question: Question, why: str) -> Tried:
        """Records that the call cannot be sent to this arm, so that it is counted, not forgotten."""
        recorded = question.recorded
        call, tee = self._call(question.job, recorded.method, recorded.target, "")
        tee.request([], b"", client="", target=recorded.target, url="")
        tried = Tried(call.id, call.started_ns, outcome=Outcome.CLIENT_INVALID)
        tried.failure = _one_line(why)
        tee.end(tried.outcome, tried.failure)
        return tried

    def _mark(self, job: Job) -> Replayed:
        arm = self._arm or job.arm.value
        return Replayed(self._run, arm, UUID(job.call_id).bytes, job.repetition)

    def _marks(self, job: Job, tried: Tried) -> list[Pair]:
        """What an agent is told of the call: its inner calls carry it on."""
        return [
            (CALL_HEADER.encode(), text_id(tried.call_id).encode()),
            (ATTEMPT_HEADER.encode(), b"1"),
            (REPLAYED_HEADER.encode(), mark.written(self._mark(job)).encode()),
        ]

    def _call(self, job: Job, method: str, target: str, upstream: str) -> tuple[Call, Tee]:
        check(self._recorder.journal)
        started = self._recorder.journal.now_ns()
        replayed = head.replayed(self._mark(job))
        call = Call(new_id(started), started, method, target, upstream, replayed=replayed)
        return call, Tee(self._recorder, call)

    async def _try(self, question: Question) -> Tried:
        asked, target = question.asked, question.target
        call, tee = self._call(question.job, asked.method, asked.target, target.name)
        tried = Tried(call.id, call.started_ns)
        where = {"client": "", "target": asked.target, "url": target.upstream.url}
        tee.request(asked.pairs, asked.body, **where)
        await tee.request_end()
        call.forwarded_ns = tee.now_ns() - call.started_ns
        said: str | None = None
        try:
            await self._ask(question, tee, tried)
        except CallError as error:
            tried.outcome, tried.kind = Outcome(error.outcome), classify_error(error)
            tried.failure, said = _one_line(error.message), _one_line(tee.noted(error).message)
        except asyncio.CancelledError:
            tee.end(Outcome.INTERRUPTED, "the run was stopped while the call ran")
            raise
        else:
            if tried.failure is not None:
                tried.failure = _with_reason(question, tried)
        tried.ended_ns = tee.now_ns() - call.started_ns
        await tee.finished(tried.outcome, said)
        return tried

    async def _ask(self, question: Question, tee: Tee, tried: Tried) -> None:
        """Raises CallError where there is no answer, or none that ends."""
        try:
            async with asyncio.timeout(LONGEST_S):
                if question.is_translated:
                    await translated(question, tee, tried, self._contracts, self._limit)
                else:
                    marks = self._marks(question.job, tried) if question.target.agent else ()
                    await passed(question, tee, tried, self._limit, marks)
        except TimeoutError:
            name, url = question.target.name, question.target.upstream.url
            what = f"it had no end within {LONGEST_S:g} s"
            raise failures.invalid(name, url, what) from None


def _with_reason(question: Question, tried: Tried) -> str:
    """The failure, and what the server itself says of it."""
    types = [value for name, value in tried.pairs if name.lower() == b"content-type"]
    content_type = types[0].decode("latin-1") if types else ""
    answer = read_answer(question.sent.dialect, tried.chunks, content_type)
    return told(f"{tried.failure}: {answer.error}", FAILURE) if answer.error else str(tried.failure)


def _one_line(text: str) -> str:
    return " ".join(text.split())
