"""Drives one managed call from its question to its one answer."""

import re
import time
from collections.abc import Sequence
from typing import Any

from driftgate.proxy import failures
from driftgate.proxy.call import Call, text_id
from driftgate.proxy.dialects.lenient import mapping
from driftgate.proxy.dialects.writing.faults import stream_error
from driftgate.proxy.dialects.writing.write import Written, verdict_comment
from driftgate.proxy.downstream import Downstream
from driftgate.proxy.enforce.course import Course, Finish
from driftgate.proxy.enforce.delivery import delivery, told_verdict
from driftgate.proxy.enforce.gear import Gear
from driftgate.proxy.enforce.out import Out
from driftgate.proxy.enforce.patience import Patience
from driftgate.proxy.enforce.question import Question
from driftgate.proxy.enforce.result import Result
from driftgate.proxy.enforce.target import Target, outgoing
from driftgate.proxy.enforce.trial import Trial
from driftgate.proxy.errors import CallError
from driftgate.proxy.record import Outcome
from driftgate.proxy.tee import Tee
from driftgate.proxy.upstream.wire import Pair

# events behind which clients of the dialects may leave; one that is split over two reads is missed,
# and its client, if it leaves there, is recorded as gone
_TERMINAL = (b"response.completed", b"response.incomplete", b"response.failed", b"[DONE]")
_DONE = re.compile(rb'"done"\s*:\s*true')  # Ollama
_ID_PREFIX = {"responses": "resp_", "chat": "chatcmpl-", "completions": "cmpl-"}


class Managed:
    """One call. raw: the client's body, as it came."""

    def __init__(
        self,
        gear: Gear,
        call: Call,
        tee: Tee,
        client: Downstream,
        *,
        question: Question,
        raw: bytes,
    ) -> None:
        self._gear, self._call, self._tee, self._question = gear, call, tee, question
        self._raw = raw
        self._out = Out(call, tee, client)
        self._last: list[bytes] = []  # is sent once the end is recorded
        self._left: int | None = None  # bytes of a body whose length is known
        self._announce = gear.settings.announce_verdict

    async def run(self) -> None:
        """To the answer's last byte.

        Raises:
            CallError: there is no answer, and the client has been sent nothing.
        """
        if self._question.holds:
            await self._held()
        else:
            await self._passed()

    async def _held(self) -> None:
        """Nothing is sent before it is judged."""
        question, settings = self._question, self._gear.settings
        ask = self._written()
        course = Course(self._gear, self._call, self._tee, question, self._raw)
        patience = Patience(
            self._out, question.dialect, ask, settings.hold_head_s, settings.keep_alive_s
        )
        if question.wants_stream:
            patience.begin()
        try:
            finish = await course.run()
        except CallError as error:
            await patience.end()
            await self._tee.judged(course.judged_failure())
            if not self._out.begun:
                raise
            await self._break(error, ask)
            return
        finally:
            await patience.end()
        await self._deliver(finish, ask)

    async def _deliver(self, finish: Finish, ask: Written) -> None:
        out, result = self._out, finish.result
        await self._tee.judged(self._judged(finish))
        if out.begun and not result.served:  # its own status cannot be told any more
            url = self._gear.upstream(result.target.upstream).url
            await self._break(failures.busy(result.target.upstream, url, result.status, None), ask)
            return
        given = delivery(self._question, ask, finish, announce=self._announce)
        if not out.begun:
            out.head(given.status, given.pairs, reason=given.reason, length=given.length)
        await out.end(given.pieces)

    async def _break(self, error: CallError, ask: Written) -> None:
        """An error behind the head: in the stream's own words."""
        noted, begun = self._tee.noted(error), ask.begun
        last = self._told(error, ask)
        ask.begun = begun  # the same event once more, as it may be recorded
        kept = last if noted is error else self._told(noted, ask)
        outcome = Outcome(error.outcome)
        await self._out.end([last], outcome, noted.message, recorded=[kept])

    def _told(self, error: CallError, ask: Written) -> bytes:
        call, question = self._call, self._question
        return stream_error(
            question.dialect,
            error,
            call_id=text_id(call.id),
            upstream=call.upstream,
            codex=question.codex,
            ask=ask,
        )

    async def _passed(self) -> None:
        """One attempt, translated where its upstream needs that; its bytes go on as they come.

        Raises:
            CallError: as the upstream failed; it may have sent a part of its answer before.
        """
        gear, call, question = self._gear, self._call, self._question
        target, upstream = Target(call.upstream), gear.upstream(call.upstream)
        pool, out = gear.pools[call.upstream], self._out
        trial = Trial(question, self._tee, pool, upstream, limit=gear.limit, sink=self._sink)
        sent = outgoing(question, upstream, target, self._raw, None)
        call.attempts = 1
        result = await trial.run(target, sent, 1, "first")
        gear.note(target.upstream, result.error.message if result.error is not None else None)
        if result.error is not None:
            raise result.error
        finish = Finish(result, 1, None)
        await self._tee.judged(self._judged(finish))
        if not out.begun:  # nothing came
            length = None if result.streamed else 0
            out.head(result.status, result.pairs, reason=result.reason, length=length)
        if self._announce and result.streamed:
            said = verdict_comment(question.dialect, told_verdict(result.judgement), 1)
            self._last.append(said)
        await out.end(self._last)

    async def _sink(self, result: Result, data: bytes) -> None:
        """A stream goes on piece by piece.

        The last bytes stay here: a client that has them may leave, and the end must be recorded
        before.
        """
        out = self._out
        if not out.begun:
            length = None if result.streamed else _length(result.pairs)
            length = len(data) if result.whole and not result.streamed else length
            self._left = length
            out.head(result.status, result.pairs, reason=result.reason, length=length)
        if self._left is not None:
            self._left -= len(data)
        result.ended = result.ended or _ends(data)
        if result.ended or (self._left is not None and self._left <= 0):
            self._last.append(data)
        else:
            await out.write(data)

    def _judged(self, finish: Finish) -> dict[str, Any]:
        """The verdict on what the client gets."""
        judged = finish.result.as_judged(self._question.contract)
        if finish.fallback is not None:
            judged["fallback"] = finish.fallback
        return judged

    def _written(self) -> Written:
        question = self._question
        options: dict[str, Any] = mapping(question.body.get("stream_options"))
        return Written(
            question.model,
            created=int(time.time()),
            response_id=f"{_ID_PREFIX.get(question.dialect, '')}{self._call.id.hex()}",
            include_usage=options.get("include_usage") is True,
            request=question.body,
        )


def _ends(data: bytes) -> bool:
    """Whether a client may take this for the end of a stream."""
    return any(mark in data for mark in _TERMINAL) or _DONE.search(data) is not None


def _length(pairs: Sequence[Pair]) -> int | None:
    """Of a body that is passed on as it comes; None where its end alone tells."""
    found = [value for name, value in pairs if name.lower() == b"content-length"]
    return int(found[-1]) if found and found[-1].isdigit() else None
