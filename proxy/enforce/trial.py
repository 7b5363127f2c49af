"""One attempt: sends the request to one upstream, records what comes, and judges it."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

from driftgate.contracts.exchange import Answered
from driftgate.contracts.live import LiveJudge
from driftgate.contracts.output import expects_json
from driftgate.contracts.verdict import Violation
from driftgate.proxy import failures
from driftgate.proxy.agent.calling import marked
from driftgate.proxy.dialects.codings import decode
from driftgate.proxy.dialects.describe import read_answer
from driftgate.proxy.dialects.stream import StreamReader
from driftgate.proxy.enforce.findings import Found, find
from driftgate.proxy.enforce.question import Question
from driftgate.proxy.enforce.result import OK, Result
from driftgate.proxy.enforce.target import Outgoing, Target, Translator
from driftgate.proxy.enforce.threads import in_thread
from driftgate.proxy.errors import CallError
from driftgate.proxy.record import Chunk, Outcome
from driftgate.proxy.settings.model import Upstream
from driftgate.proxy.tee import Tee
from driftgate.proxy.telemetry.context import traced
from driftgate.proxy.upstream.connection import Pool
from driftgate.proxy.upstream.exchange import Reply, send
from driftgate.proxy.upstream.wire import Pair, index

_STREAM, _BODY = b"text/event-stream", b"application/json"

LAST_WORDS_S = 1.0  # for the end of an answer whose last event has come; some servers forget it

Sink = Callable[[Result, bytes], Awaitable[None]]


class Trial:
    """One attempt of a call.

    limit: bytes of an answer that are held back at most.
    sink: gets the bytes for the client as they come; None: they are held back.
    heard: gets the status when the answer's head has come.
    hurried: the limit on the answer's first byte is what is left of the contract's time.
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
        heard: Callable[[int], None] = lambda _: None,
        hurried: bool = False,
    ) -> None:
        self._hurried = hurried
        self._question, self._tee, self._sink, self._heard = question, tee, sink, heard
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
        outcome = Outcome.FAILED
        try:
            try:
                await self._exchange(result, number)
            except CallError as error:
                result.error = self._explained(error, target)
            await self._judge(result)
            outcome = Outcome.COMPLETED if result.error is None else Outcome(result.error.outcome)
        except (asyncio.CancelledError, ConnectionError):
            outcome = Outcome.CLIENT_GONE
            raise
        finally:
            said = tee.noted(result.error).message if result.error is not None else result.stopped
            await tee.attempt_end(outcome, said, result.as_judged(self._question.contract))
        return result

    def _explained(self, error: CallError, target: Target) -> CallError:
        contract, limit_s = self._question.contract, self._upstream.first_byte_timeout_s
        if not self._hurried or contract is None or "first_byte_timeout_s" not in error.message:
            return error
        setting = f"retry.total_s of contract '{contract.name}'"
        what = f"no answer within {limit_s:.3g} s"
        return failures.timed_out(target.upstream, self._upstream.url, what, setting)

    async def _exchange(self, result: Result, number: int) -> None:
        question, out = self._question, result.outgoing
        pairs: Sequence[Pair] = question.pairs
        if self._upstream.codex is not None:
            pairs = marked(pairs, self._tee.call.id, number)
        if self._tee.call.traced:
            pairs = traced(pairs, index(pairs), self._tee.call.id, number)
        reply = await send(
            self._pool,
            self._upstream,
            result.target.upstream,
            "POST",
            out.target,
            pairs,
            out.body,
            now_ns=self._tee.now_ns,
        )
        self._tee.connected(reply.connect_ns)
        result.status, result.reason, result.pairs = reply.status, reply.reason, reply.pairs
        self._heard(reply.status)
        self._tee.attempt_response(reply.status, reply.reason, reply.pairs, reply.head_ns)
        translator = out.translator() if out.translator is not None else None
        coding = _coding(reply.pairs)
        if out.dialect != question.dialect and reply.status in OK:
            # a translation is what the client asked for, whatever the upstream made of that
            result.pairs = _typed(result.pairs, _STREAM if question.wants_stream else _BODY)
        try:
            if coding or (translator is not None and not (result.streamed and reply.status in OK)):
                await self._whole(reply, result, translator, coding)
            else:
                await self._pieces(reply, result, translator)
        finally:
            reply.abort()  # whatever ended it early, the upstream need not go on

    async def _pieces(self, reply: Reply, result: Result, translator: Translator | None) -> None:
        """A body as it comes; in `enforce` a stream that can only fail is stopped at once."""
        watch = self._watch(result)
        size, loop = 0, asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None) as limit:
                async for data, at_ns in reply.pieces():
                    self._tee.attempt_chunk(data, at_ns)
                    size += len(data)
                    self._check_size(result, size)
                    piece = translator.feed(data) if translator is not None else data
                    await self._take(result, piece, at_ns)
                    if watch is not None and (found := watch(piece)) is not None:
                        result.early = found
                        return
                    if result.ended and limit.when() is None:
                        limit.reschedule(loop.time() + LAST_WORDS_S)
        if translator is not None:
            await self._take(result, translator.end(), self._tee.now_ns())

    async def _whole(
        self, reply: Reply, result: Result, translator: Translator | None, coding: str
    ) -> None:
        """A body that means something only as a whole: JSON to translate, or a coded one."""
        parts: list[bytes] = []
        size = 0
        async for data, at_ns in reply.pieces():
            self._tee.attempt_chunk(data, at_ns)
            size += len(data)
            self._check_size(result, size, whole=True)
            parts.append(data)
        data, sound = decode(b"".join(parts), coding or None, self._limit)
        if not sound:
            raise self._invalid(result, f"its content coding ({coding}) is not what it says")
        if translator is not None:
            data = _translated(translator, data, result)
        result.whole = True
        await self._take(result, data, self._tee.now_ns())

    def _check_size(self, result: Result, size: int, *, whole: bool = False) -> None:
        if size > self._limit and (whole or self._sink is None):
            told = f"it is longer than {self._limit} bytes (setting record.body_limit_mb)"
            result.too_long = True
            raise self._invalid(result, told)
        result.cut = size > self._limit

    def _invalid(self, result: Result, what: str) -> CallError:
        return failures.invalid(result.target.upstream, self._upstream.url, what)

    async def _take(self, result: Result, data: bytes, at_ns: int) -> None:
        if not data:
            return
        if self._sink is not None:
            await self._sink(result, data)
        if not result.cut:
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
            streamed = answer.events is not None
            answered = Answered(result.status, answer, streamed=streamed, cut=result.cut)
            return find(
                question.asked,
                question.contract,
                answered,
                answer,
                early=result.early,
                enforced=question.enforced,
            )

        result.found = await in_thread(look)
        result.judged_us = round((time.perf_counter() - began) * 1e6)


def _typed(pairs: Sequence[Pair], content_type: bytes) -> list[Pair]:
    kept = [pair for pair in pairs if pair[0].lower() != b"content-type"]
    return [*kept, (b"Content-Type", content_type)]


def _coding(pairs: Sequence[Pair]) -> str:
    """The content codings, though none was asked for; empty: none."""
    values = [value for name, value in pairs if name.lower() == b"content-encoding"]
    coding = b",".join(values).decode("latin-1").strip().lower()
    return "" if coding == "identity" else coding


def _translated(translator: Translator, data: bytes, result: Result) -> bytes:
    if result.status not in OK:
        return translator.error(result.status, data)
    if result.streamed:
        return translator.feed(data) + translator.end()
    return translator.body(data)
