"""One attempt: sends the request to one upstream, records what comes, and judges it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from driftgate.contracts.exchange import Answered
from driftgate.contracts.live import LiveJudge
from driftgate.contracts.output import expects_json
from driftgate.contracts.verdict import Judgement, Violation
from driftgate.proxy import failures
from driftgate.proxy.dialects.describe import read_answer
from driftgate.proxy.dialects.stream import StreamReader
from driftgate.proxy.enforce.findings import Found, find
from driftgate.proxy.enforce.question import Question
from driftgate.proxy.enforce.target import Outgoing, Target, Translator
from driftgate.proxy.errors import CallError
from driftgate.proxy.judging import as_judged
from driftgate.proxy.record import Chunk, Outcome
from driftgate.proxy.settings.model import Upstream
from driftgate.proxy.tee import Tee
from driftgate.proxy.upstream.connection import Pool
from driftgate.proxy.upstream.exchange import Reply, send
from driftgate.proxy.upstream.wire import Pair

_OK = range(200, 300)
_STREAM, _BODY = b"text/event-stream", b"application/json"

Sink = Callable[["Result", bytes], Awaitable[None]]


@dataclass(slots=True)
class Result:
    """How one attempt ended.

    chunks: the answer in the client's dialect, translated where that was needed.
    found: what judging found and mending made of it; None where nothing was judged.
    early: why it was stopped while it streamed.
    """

    target: Target
    outgoing: Outgoing
    status: int = 0
    reason: bytes = b""
    pairs: list[Pair] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    error: CallError | None = None
    early: Violation | None = None
    found: Found | None = None
    judged_us: int = 0

    @property
    def content_type(self) -> str:
        """Of what came."""
        found = [value for name, value in self.pairs if name.lower() == b"content-type"]
        return found[-1].decode("latin-1") if found else ""

    @property
    def streamed(self) -> bool:
        """Whether a stream came."""
        return self.content_type.startswith(("text/event-stream", "application/x-ndjson"))

    @property
    def served(self) -> bool:
        """Whether a whole answer of the model came."""
        return self.error is None and self.status in _OK

    @property
    def judgement(self) -> Judgement | None:
        """The verdict, if there is one."""
        return self.found.judgement if self.found is not None else None

    def as_judged(self) -> dict[str, object]:
        """The verdict as it is recorded."""
        if self.found is None:
            return {}
        return as_judged(self.found.judgement, self.found.repairs, self.judged_us)


class Trial:
    """One attempt of a call.

    limit: bytes of an answer that are held back at most.
    sink: gets the bytes for the client as they come; None: they are held back.
    """

    def __init__(
        self,
        question: Question,
        tee: Tee,
        pool: Pool,
        upstream: Upstream,
        *,
        limit: int,
        sink: Sink | None = None,
    ) -> None:
        self._question, self._tee, self._sink = question, tee, sink
        self._pool, self._upstream, self._limit = pool, upstream, limit

    async def run(self, target: Target, outgoing: Outgoing, number: int, reason: str) -> Result:
        """Makes it. An upstream's failure is in the result; only ours, and the client's, raise."""
        tee, result = self._tee, Result(target, outgoing)
        await tee.attempt(
            number,
            reason,
            upstream=target.upstream,
            url=self._upstream.url,
            target=outgoing.target,
            dialect=outgoing.dialect,
            model=target.model or self._question.model,
            body=outgoing.body if outgoing.changed else None,
        )
        outcome = Outcome.CLIENT_GONE  # whatever raises: nobody waits for the answer any more
        try:
            try:
                await self._exchange(result)
            except CallError as error:
                result.error = error
            await self._judge(result)
            outcome = Outcome.COMPLETED if result.error is None else Outcome(result.error.outcome)
        finally:
            said = result.error.message if result.error is not None else None
            await tee.attempt_end(outcome, said, result.as_judged())
        return result

    async def _exchange(self, result: Result) -> None:
        question, out = self._question, result.outgoing
        reply = await send(
            self._pool,
            self._upstream,
            result.target.upstream,
            "POST",
            out.target,
            question.pairs,
            out.body,
            now_ns=self._tee.now_ns,
        )
        result.status, result.reason, result.pairs = reply.status, reply.reason, reply.pairs
        self._tee.attempt_response(reply.status, reply.reason, reply.pairs, reply.head_ns)
        translator = out.translator() if out.translator is not None else None
        if out.dialect != question.dialect and reply.status in _OK:
            # a translation is what the client asked for, whatever the upstream made of that
            result.pairs = _typed(result.pairs, _STREAM if question.wants_stream else _BODY)
        try:
            if translator is not None and not (result.streamed and reply.status in _OK):
                await self._whole(reply, result, translator)
            else:
                await self._pieces(reply, result, translator)
        finally:
            reply.abort()  # whatever ended it early, the upstream need not go on

    async def _pieces(self, reply: Reply, result: Result, translator: Translator | None) -> None:
        """A body as it comes; in `enforce` a stream that can only fail is stopped at once."""
        watch = self._watch(result)
        size = 0
        async for data, at_ns in reply.pieces():
            self._tee.attempt_chunk(data, at_ns)
            size += len(data)
            self._check_size(result, size)
            piece = translator.feed(data) if translator is not None else data
            await self._take(result, piece, at_ns)
            if watch is not None and (found := watch(piece)) is not None:
                result.early = found
                break
        if translator is not None and result.early is None:
            await self._take(result, translator.end(), self._tee.now_ns())

    async def _whole(self, reply: Reply, result: Result, translator: Translator) -> None:
        parts: list[bytes] = []
        size = 0
        async for data, at_ns in reply.pieces():
            self._tee.attempt_chunk(data, at_ns)
            size += len(data)
            self._check_size(result, size)
            parts.append(data)
        data = b"".join(parts)
        served = reply.status in _OK
        whole = translator.body(data) if served else translator.error(reply.status, data)
        await self._take(result, whole, self._tee.now_ns())

    def _check_size(self, result: Result, size: int) -> None:
        if size > self._limit and self._sink is None:
            raise failures.invalid(
                result.target.upstream,
                self._upstream.url,
                f"it is longer than {self._limit} bytes (setting record.body_limit_mb)",
            )

    async def _take(self, result: Result, data: bytes, at_ns: int) -> None:
        if not data:
            return
        if self._sink is not None:
            await self._sink(result, data)
        result.chunks.append(Chunk(at_ns, data))

    def _watch(self, result: Result) -> Callable[[bytes], Violation | None] | None:
        """Looks at a held stream as it comes."""
        question = self._question
        if not (question.enforced and result.streamed and self._sink is None):
            return None
        contract, asked = question.contract, question.asked
        assert contract is not None
        expects = expects_json(asked, contract)
        live = LiveJudge(asked, contract, expects_json=expects)
        reader = StreamReader(question.dialect, result.content_type)

        def watch(data: bytes) -> Violation | None:
            piece = reader.feed(data)
            return live.feed(piece.text, piece.reasoning, piece.arguments, piece.tool_names)

        return watch

    async def _judge(self, result: Result) -> None:
        """In a thread: a slow pattern must not hold up other calls (it lets go of the GIL)."""
        if result.error is not None or not result.status:
            return
        question, began = self._question, time.perf_counter()

        def look() -> Found:
            answer = read_answer(question.dialect, result.chunks, result.content_type)
            answered = Answered(result.status, answer, streamed=answer.events is not None)
            return find(
                question.asked,
                question.contract,
                answered,
                answer,
                early=result.early,
                enforced=question.enforced,
            )

        result.found = await asyncio.to_thread(look)
        result.judged_us = round((time.perf_counter() - began) * 1e6)


def _typed(pairs: Sequence[Pair], content_type: bytes) -> list[Pair]:
    kept = [pair for pair in pairs if pair[0].lower() != b"content-type"]
    return [*kept, (b"Content-Type", content_type)]
