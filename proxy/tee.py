"""The tee: what passes of one call goes to the journal too, redacted, within the limits.

With redaction rules for bodies nothing of a body may reach the disk before it is whole, because a
secret may be split anywhere: bodies are then kept in memory, up to the recording limit, and written
at their end. Websocket payloads are not recorded at all then (they are masked and compressed).
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Unpack

from driftgate.proxy.call import Call
from driftgate.proxy.errors import CallError, DiskFullError
from driftgate.proxy.held import Held
from driftgate.proxy.journal import attempt, head
from driftgate.proxy.journal.attempt import Sent
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.journal.writer import JournalWriter
from driftgate.proxy.record import Outcome
from driftgate.proxy.redact.redactor import Redactor
from driftgate.proxy.tried import LEFT_OUT, Tried
from driftgate.proxy.upstream.wire import Pair


class Recorder:
    """What all calls of a worker share for their recording.

    passing: calls go on unrecorded while the journal cannot be written, instead of being refused.
    durable: a call waits until it is on the disk.
    """

    def __init__(
        self,
        journal: JournalWriter,
        redactor: Redactor,
        *,
        body_limit: int,
        passing: bool = False,
        durable: bool = False,
    ) -> None:
        self.journal = journal
        self.redactor = redactor
        self.body_limit = body_limit
        self.passing = passing
        self.durable = durable
        self.unrecorded = 0

    def admits(self) -> bool:
        """Whether a new call may begin; why not stands in `journal.full`."""
        return self.journal.full is None or self.passing


class Tee:
    """One call's recording.

    call: it. begun: its request was noted. recording: False once it passes unrecorded.
    """

    __slots__ = ("_held", "_journal", "_recorder", "_tried", "begun", "call", "recording")

    def __init__(self, recorder: Recorder, call: Call) -> None:
        self._recorder = recorder
        self._journal = recorder.journal
        self.call = call
        self._held = Held(recorder.redactor) if recorder.redactor.has_body_rules else None
        self._tried: Tried | None = None
        self.begun = False
        self.recording = recorder.journal.full is None
        if not self.recording and recorder.passing:
            recorder.unrecorded += 1

    def request(
        self, pairs: Sequence[Pair], body: bytes, *, client: str, target: str, url: str
    ) -> None:
        """The request's head, and what is there of its body; written when this returns.

        Raises:
            DiskFullError: it cannot be written, and calls may not pass unrecorded.
        """
        self.begun = True
        call, redactor = self.call, self._recorder.redactor
        if self._held is not None:
            self._held.request_head(pairs)
        data = head.request(
            call.method,
            redactor.target(target),
            client=client,
            upstream=call.upstream,
            url=url,
            pairs=redactor.headers(pairs),
        )
        if body:
            data += self._request_body(body)
        if self.recording:
            self._journal.add(Kind.REQUEST, call.id, call.started_ns, data)
            if call.replayed is not None:
                self._journal.add(Kind.REPLAYED, call.id, call.started_ns, call.replayed)
            self._commit()

    def request_part(self, data: bytes) -> None:
        """More of the request's body; written when this returns."""
        kept = self._request_body(data)
        if kept and self._open:
            self._journal.add(Kind.REQUEST_BODY, self.call.id, self._journal.now_ns(), kept)
            self._commit()

    async def request_end(self) -> None:
        """The request's body is whole; what was held of it is written when this returns."""
        if self._held is not None and self._open:
            body = await asyncio.to_thread(self._held.request_body)
            self._journal.add(Kind.REQUEST_BODY, self.call.id, self._journal.now_ns(), body)
            self._commit()

    def response(self, status: int, reason: bytes, pairs: Sequence[Pair], at_ns: int) -> None:
        """The answer's head."""
        self.call.head_ns = at_ns - self.call.started_ns
        if not self._open:
            return
        if self._held is not None:
            self._held.response_head(pairs)
        data = head.response(status, reason, self._recorder.redactor.headers(pairs))
        self._journal.put(Kind.RESPONSE, self.call.id, at_ns, data)

    def noted(self, error: CallError) -> CallError:
        """The error as it may be recorded: no rule knows a secret in a piece that is quoted."""
        return error if self._held is None else error.without_content(LEFT_OUT)

    def chunk(self, payload: bytes, at_ns: int, recorded: bytes | None = None) -> None:
        """Body bytes of the answer, as one network read gave them; `recorded` in their place."""
        call = self.call
        if call.first_byte_ns is None:
            call.first_byte_ns = at_ns - call.started_ns
        kept = self._within(payload if recorded is None else recorded, call.answer_bytes)
        call.answer_bytes += len(payload)
        if not kept or not self._open:
            return
        if self._held is not None:
            self._held.answer.append((at_ns, kept))
        else:
            self._journal.put(Kind.CHUNK, call.id, at_ns, kept)

    def trailers(self, pairs: Sequence[Pair]) -> None:
        """The answer's trailers."""
        if self._open:
            data = head.trailers(self._recorder.redactor.headers(pairs))
            self._journal.put(Kind.TRAILERS, self.call.id, self._journal.now_ns(), data)

    def frame(self, data: bytes, *, from_client: bool) -> None:
        """Bytes of an upgraded connection."""
        call = self.call
        before = call.request_bytes if from_client else call.answer_bytes
        kept = self._within(data, before)
        if from_client:
            call.request_bytes += len(data)
        else:
            call.answer_bytes += len(data)
        if kept and self._open and self._held is None:
            kind = Kind.FROM_CLIENT if from_client else Kind.FROM_UPSTREAM
            self._journal.put(kind, call.id, self._journal.now_ns(), kept)

    async def attempt(self, number: int, reason: str, **sent: Unpack[Sent]) -> None:
        """A try at an upstream begins. Written when this returns.

        Raises:
            DiskFullError: as with request().
        """
        data = await self._attempts.begin(number, reason, **sent)
        if self._open:
            self._journal.add(Kind.ATTEMPT, self.call.id, self._journal.now_ns(), data)
            self._commit()

    def connected(self, took_ns: int) -> None:
        """A connection to the upstream stands; it took so long, or nothing where it was a kept one."""
        self.call.connect_ns = (self.call.connect_ns or 0) + took_ns
        if self._tried is not None:
            self._tried.connect_ns = took_ns

    def attempt_response(
        self, status: int, reason: bytes, pairs: Sequence[Pair], at_ns: int
    ) -> None:
        """The head of what the attempt that began last got."""
        data = self._attempts.response(status, reason, pairs)
        if self._open:
            self._journal.put(Kind.ATTEMPT_RESPONSE, self.call.id, at_ns, data)

    def attempt_chunk(self, data: bytes, at_ns: int) -> None:
        """Body bytes of it, as one network read gave them."""
        kept = self._attempts.chunk(data, at_ns)
        if kept and self._open:
            self._journal.put(Kind.ATTEMPT_CHUNK, self.call.id, at_ns, kept)

    async def attempt_end(
        self, outcome: Outcome, error: str | None = None, judged: dict[str, Any] | None = None
    ) -> None:
        """How it ended, and what was found: see `driftgate.proxy.judging.as_judged`."""
        now = self._journal.now_ns()
        frames = await self._attempts.end(outcome, error, judged or {}, now)
        for kind, at_ns, data in frames if self._open else ():
            self._journal.put(kind, self.call.id, at_ns, data)

    async def judged(self, judged: dict[str, Any]) -> None:
        """The verdict on what the client gets; the history judges calls without one itself."""
        data = attempt.verdict(await self._attempts.clean_verdict(judged))
        if self._open:
            self._journal.put(Kind.JUDGED, self.call.id, self._journal.now_ns(), data)

    def end(self, outcome: Outcome, error: str | None = None) -> None:
        """The terminal record; the first one counts. Written when this returns.

        Raises:
            DiskFullError: it, or something before it, cannot be written, and calls may not pass
                unrecorded: the client must not see the call finished.
        """
        call = self.call
        if call.ended is not None:
            return
        call.ended = outcome
        if not self.recording:
            return
        if self._held is not None:
            for at_ns, data in self._held.redact_answer():
                self._journal.add(Kind.CHUNK, call.id, at_ns, data)
        times = (call.forwarded_ns, call.head_ns, call.first_byte_ns, call.overhead_ns)
        sizes = (call.request_bytes, call.answer_bytes)
        connect_ns = call.connect_ns
        data = head.end(outcome, error=error, times=times, connect_ns=connect_ns, sizes=sizes)
        self._journal.add(Kind.END, call.id, self._journal.now_ns(), data)
        self._commit()

    @property
    def waits(self) -> bool:
        """Whether the end takes time: rules must look at the answer, or the disk has its say."""
        return self.recording and (self._recorder.durable or self._held is not None)

    async def finished(self, outcome: Outcome, error: str | None = None) -> None:
        """Writes the terminal record without holding up other calls, and waits for the disk."""
        if self._held is not None and self._open:
            await asyncio.to_thread(self._held.redact_answer)
        self.end(outcome, error)
        await self.synced()

    async def synced(self) -> None:
        """Waits for the disk where durability asks for it."""
        if self._recorder.durable and self.recording:
            await self._journal.synced()

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        return self._journal.now_ns()

    @property
    def _attempts(self) -> Tried:
        if self._tried is None:  # most calls pass through and have none
            self._tried = Tried(self._recorder.redactor, self._recorder.body_limit)
        return self._tried

    @property
    def _open(self) -> bool:
        """Whether frames may follow: one behind the end would look like a call of its own.

        Some want to: the rest of an upload that was answered early, what a client says into a
        websocket whose upstream has left.
        """
        return self.recording and self.call.ended is None

    def _request_body(self, data: bytes) -> bytes:
        """What goes into the journal now."""
        kept = self._within(data, self.call.request_bytes)
        self.call.request_bytes += len(data)
        if self._held is None:
            return kept
        self._held.request.append(kept)
        return b""

    def _within(self, data: bytes, before: int) -> bytes:
        """As much of it as the recording limit leaves, `before` bytes having come already."""
        room = self._recorder.body_limit - before
        return data if len(data) <= room else data[: max(room, 0)]

    def _commit(self) -> None:
        try:
            self._journal.commit(self.call.id, self.call.replayed)
        except DiskFullError:
            # what comes later would look like a call of its own; the journal writes the end
            self.recording = False
            if not self._recorder.passing:
                raise
            self._recorder.unrecorded += 1
