"""A copy for a candidate that must be helped with the call's dialect, as live calls would be.

It is asked and read as one attempt of a managed call, which is recorded too; nothing is mended and
nothing is asked again, since an answer of the candidate's own is wanted.
"""

import asyncio
from collections.abc import Callable

from driftgate.contracts.contract_set import ContractSet
from driftgate.proxy.call import Call
from driftgate.proxy.enforce.question import Question, read_question
from driftgate.proxy.enforce.result import Result
from driftgate.proxy.enforce.target import Target, outgoing
from driftgate.proxy.enforce.trial import Trial
from driftgate.proxy.settings.model import Settings, Upstream
from driftgate.proxy.shadow_choice import Copied
from driftgate.proxy.tee import Tee
from driftgate.proxy.upstream.connection import Pool


async def exchange(
    settings: Settings,
    upstream: Upstream,
    pool: Pool,
    *,
    call: Call,
    tee: Tee,
    copied: Copied,
    chunk: Callable[[bytes, int], None],
) -> int:
    """Asks the candidate; its answer, in the client's dialect, goes to the tee. Gives its status.

    chunk: gets its bytes, and when they came; may raise a CallError to end it.

    Raises:
        CallError: the request has no counterpart in the candidate's dialect, or the candidate failed.
    """
    question = await asyncio.to_thread(_question, settings, upstream, copied)

    def begun(result: Result) -> None:
        if call.head_ns is None:
            tee.response(result.status, result.reason, result.pairs, tee.now_ns())

    async def sink(result: Result, data: bytes) -> None:
        begun(result)
        chunk(data, tee.now_ns())

    target = Target(call.upstream)
    limit = max(1, settings.record.body_limit_mb) << 20
    trial = Trial(question, tee, pool, upstream, limit=limit, sink=sink)
    sent = outgoing(question, upstream, target, copied.body, None)
    result = await trial.run(target, sent, 1, "first")
    if result.error is not None:
        raise result.error
    begun(result)  # nothing came behind the head
    return result.status


def _question(settings: Settings, upstream: Upstream, copied: Copied) -> Question:
    found = read_question(
        settings,
        ContractSet(),
        upstream,
        dialect=copied.dialect,
        target=copied.target,
        pairs=copied.pairs,
        raw=copied.body,
        codex=False,
    )
    assert found is not None, "an upstream that adapts manages every call that is an object"
    return found
