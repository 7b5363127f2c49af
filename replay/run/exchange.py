"""What goes to the server and what comes back, recorded as it comes.

Where the server is asked in other words than the client used, the call is recorded as the client
would have it, and its one attempt holds what was really said, as the proxy records an adapted call.
"""

import time
from collections.abc import AsyncGenerator, Sequence

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy import failures
from driftgate.proxy.attempt_kind import Kind, classify_answer
from driftgate.proxy.dialects.describe import describe
from driftgate.proxy.judging import judged
from driftgate.proxy.record import Chunk, Outcome
from driftgate.proxy.tee import Tee
from driftgate.proxy.upstream.exchange import Reply, send
from driftgate.proxy.upstream.wire import Pair
from driftgate.replay.candidate.prepared import read_back
from driftgate.replay.run.question import Question, Tried, as_recorded

_STREAM, _BODY = b"text/event-stream", b"application/json"
_REPLACED = frozenset({b"content-type", b"content-length", b"content-encoding"})


async def passed(
    question: Question, tee: Tee, tried: Tried, limit: int, marks: Sequence[Pair] = ()
) -> None:
    """Asks in the recorded dialect; what comes is the call's answer.

    limit: bytes of an answer; a model that never ends would fill the memory.
    marks: headers that are driftgate's own, and not recorded.

    Raises:
        CallError: there is none, or it broke off.
    """
    reply = await _send(question, tee, marks)
    _note(tried, reply)
    tee.response(reply.status, reply.reason, reply.pairs, reply.head_ns)
    try:
        async for data, at_ns in _within(limit, reply, question):
            tee.chunk(data, at_ns)
            tried.chunks.append(Chunk(at_ns - tried.started_ns, data))
    finally:
        reply.abort()
    if reply.trailers:
        tee.trailers(reply.trailers)
    tried.outcome = Outcome.COMPLETED


async def translated(
    question: Question, tee: Tee, tried: Tried, contracts: ContractSet, limit: int
) -> None:
    """Asks in the server's words, and gives its answer in the client's. Raises as `passed`."""
    sent, target = question.sent, question.target
    await tee.attempt(
        1,
        "first",
        upstream=target.name,
        url=target.upstream.url,
        target=sent.target,
        dialect=sent.dialect or None,
        model=target.configuration.model,
        body=sent.body,
    )
    outcome, verdict = Outcome.FAILED, {}
    try:
        raw = await _attempted(question, tee, tried, limit)
        data = read_back(sent, tried.status or 0, tried.pairs, [c.data for c in raw], limit)
        last_ns = raw[-1].offset_ns if raw else 0
        times = [chunk.offset_ns for chunk in raw][: len(data)]
        times += [last_ns] * (len(data) - len(times))
        tried.chunks = [Chunk(at, each) for at, each in zip(times, data, strict=True) if each]
        tried.pairs = _typed(tried.pairs, _STREAM if sent.streams else _BODY)
        outcome = tried.outcome = Outcome.COMPLETED
        recorded = as_recorded(question, tried)
        verdict = judged(recorded, describe(recorded), contracts)
    finally:
        await tee.attempt_end(outcome, None, verdict)
    await tee.judged(verdict)
    _deliver(tee, tried)


async def _attempted(question: Question, tee: Tee, tried: Tried, limit: int) -> list[Chunk]:
    """The answer as it came."""
    reply = await _send(question, tee)
    _note(tried, reply)
    tee.attempt_response(reply.status, reply.reason, reply.pairs, reply.head_ns)
    raw = []
    try:
        async for data, at_ns in _within(limit, reply, question):
            tee.attempt_chunk(data, at_ns)
            raw.append(Chunk(at_ns - tried.started_ns, data))
    finally:
        reply.abort()
    return raw


async def _within(
    limit: int, reply: Reply, question: Question
) -> AsyncGenerator[tuple[bytes, int], None]:
    size, target = 0, question.target
    async for data, at_ns in reply.pieces():
        size += len(data)
        if size > limit:
            what = f"it is longer than {limit} bytes (setting record.body_limit_mb)"
            raise failures.invalid(target.name, target.upstream.url, what)
        yield data, at_ns


def _deliver(tee: Tee, tried: Tried) -> None:
    """The call's answer, at the times at which it came from the server."""
    began = tried.started_ns
    first = tried.chunks[0].offset_ns if tried.chunks else 0
    tee.response(tried.status or 0, tried.reason, tried.pairs, began + first)
    for chunk in tried.chunks:
        tee.chunk(chunk.data, began + chunk.offset_ns)


async def _send(question: Question, tee: Tee, marks: Sequence[Pair] = ()) -> Reply:
    sent, target = question.sent, question.target
    reply = await send(
        target.pool,
        target.upstream,
        target.name,
        sent.method,
        sent.target,
        [*sent.pairs, *marks],
        sent.body,
        now_ns=tee.now_ns,
    )
    tee.connected(reply.connect_ns)
    return reply


def _note(tried: Tried, reply: Reply) -> None:
    tried.status, tried.reason, tried.pairs = reply.status, reply.reason, reply.pairs
    tried.kind, tried.retry_after_s = classify_answer(reply.status, reply.pairs, time.time())
    if tried.kind is not Kind.GOOD:
        tried.failure = f"status {reply.status}"


def _typed(pairs: Sequence[Pair], kind: bytes) -> list[Pair]:
    """The header of an answer that was translated: another type, and no coding or length."""
    kept = [pair for pair in pairs if pair[0].lower() not in _REPLACED]
    return [*kept, (b"Content-Type", kind)]
