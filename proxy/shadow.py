"""Shadow traffic: copies of live calls go to a candidate, after their clients were answered.

Nothing waits for it. A copy is the first thing to go where the worker has other things to do: a
full queue, a loop that is late, a full disk, a candidate that fails, a stop. Copies are recorded
like calls, marked as replays of the arm `shadow`, and are in no statistics of live traffic.

Of an agent's turns it is the model calls inside them that are copied: a candidate is a model server,
and one answer of a model is no counterpart of a whole turn.
"""

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

from driftgate.proxy.call import Call, Copy, about
from driftgate.proxy.dialects import dialect_of
from driftgate.proxy.judging import GENERATING
from driftgate.proxy.record import Outcome
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.shadow_choice import (
    Choice,
    Copied,
    names_session,
    prepared,
    session_in_header,
    session_of,
)
from driftgate.proxy.shadow_send import Job, Sender
from driftgate.proxy.tee import Recorder
from driftgate.proxy.upload import Upload, origin_form
from driftgate.proxy.upstream.wire import Pair

log = logging.getLogger("driftgate")

PAUSE_S = 0.02  # before each copy, to see how late the loop is
LATE_S = 0.05  # a loop that wakes so much later has live calls to serve
LAST_WORDS_S = 1.0  # how long copies that are cut off may take to write their ends
FAILED = "a copy for the candidate failed inside driftgate"
_SERVED = (Outcome.COMPLETED, Outcome.CLIENT_GONE)  # some clients leave with the last event

P = ParamSpec("P")
Given = TypeVar("Given")
Tasks = set[asyncio.Task[None]]


class Shadow:
    """Takes over calls that are answered. dropped: copies that were not sent, by reason.

    Reasons: queue, busy, disk, down (the candidate is left alone), unfit (the candidate could make
    nothing of it), stop.
    """

    def __init__(self, settings: Settings, recorder: Recorder) -> None:
        self._settings = settings.shadow
        self._agents = frozenset(
            name for name, upstream in settings.upstreams.items() if upstream.codex is not None
        )
        self._sender = Sender(settings, recorder)
        self._choice = Choice(settings.shadow.share, settings.shadow.seed)
        self._limit = settings.shadow.max_body_mb << 20
        self._decode_limit = settings.record.decode_limit_mb << 20
        self._thread = ThreadPoolExecutor(1, "shadow")  # long bodies take time
        self._waiting: deque[Job] = deque()
        self._running: Tasks = set()
        self._looking: Tasks = set()
        self._stopping = False
        self.dropped: Counter[str] = Counter()

    def begin(self, call: Call, upload: Upload) -> None:
        """Keeps the request, if it may be sent: one that streams past only where it is chosen."""
        with _harmless(call):
            self._begin(call, upload)

    def offer(self, call: Call, pairs: Sequence[Pair]) -> None:
        """Takes over a call that is at its end. Returns at once."""
        with _harmless(call):
            self._offer(call, pairs)

    def stop(self) -> None:
        """Sends nothing more, and cuts off what is on its way."""
        self._stopping = True
        self.dropped["stop"] += len(self._waiting)
        self._waiting.clear()
        for task in (*self._running, *self._looking):
            task.cancel()

    async def ended(self) -> None:
        """Waits, for moments only, until what was cut off has written its end."""
        if self._running:
            await asyncio.wait(self._running, timeout=LAST_WORDS_S)
        self._sender.close()
        self._thread.shutdown(wait=False)

    def status(self) -> dict[str, Any]:
        """What `driftgate status` shows of it."""
        sender = self._sender
        return {
            "upstream": sender.name,
            "url": sender.upstream.url,
            "model": self._settings.model,
            "share": self._settings.share,
            "sent": sender.sent,
            "failed": sender.failed,
            "dropped": self.dropped.total(),
            "dropped_by": dict(self.dropped),
            "waiting": len(self._waiting),
            "running": len(self._running),
            "last_error": sender.last_error,
            "breaker": sender.breaker_state.value,
        }

    def _begin(self, call: Call, upload: Upload) -> None:
        if call.method != "POST" or upload.upgrade or dialect_of(call.target) not in GENERATING:
            return
        if call.upstream in self._agents:
            return
        if upload.whole is not None:
            call.copy = Copy(self._limit, upload.whole)
        elif (upload.request.content_length or 0) <= self._limit:
            session, _ = session_in_header(upload.pairs)
            if self._takes(call.id, session):
                call.copy = upload.copy = Copy(self._limit)

    def _offer(self, call: Call, pairs: Sequence[Pair]) -> None:
        body = call.copy.body if call.copy is not None else None
        if body is None or call.ended not in _SERVED or not call.answered or self._stopping:
            return
        target = origin_form(call.target)
        job = Job(call.id, call.upstream, Copied(dialect_of(target) or "", target, pairs, body))
        session, uncertain = session_in_header(pairs)
        if uncertain and 0 < self._choice.share < 1 and names_session(pairs, body):
            if len(self._looking) < max(1, self._settings.queue):
                self._start(self._look(job), job, self._looking)
            else:
                self.dropped["queue"] += 1
        elif self._takes(call.id, session):
            self._take(job)

    def _takes(self, call_id: bytes, session: str | None) -> bool:
        """Whether it is chosen; a call without a session is one of its own."""
        return self._choice.takes(call_id if session is None else session.encode())

    async def _look(self, job: Job) -> None:
        """Chooses by the session that the body names."""
        copied = job.copied
        session = await self._aside(session_of, copied.pairs, copied.body, self._decode_limit)
        if self._takes(job.of, session):
            self._take(job)

    def _take(self, job: Job) -> None:
        if len(self._running) < self._settings.concurrency:
            self._start(self._run(job), job, self._running)
        elif len(self._waiting) < self._settings.queue:
            self._waiting.append(job)
        else:
            self.dropped["queue"] += 1

    def _start(self, work: Coroutine[Any, Any, None], job: Job, among: Tasks) -> None:
        task = asyncio.get_running_loop().create_task(work)
        among.add(task)
        task.add_done_callback(lambda ended: self._over(ended, job, among))

    def _over(self, task: asyncio.Task[None], job: Job, among: Tasks) -> None:
        among.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error(FAILED, exc_info=error, extra=about(job.of))
        if self._waiting and len(self._running) < self._settings.concurrency:
            following = self._waiting.popleft()
            self._start(self._run(following), following, self._running)

    async def _run(self, job: Job) -> None:
        """One copy, from its turn to its end."""
        try:
            ready = await self._ready(job)
        except asyncio.CancelledError:
            self.dropped["stop"] += 1
            raise
        if isinstance(ready, str):
            self.dropped[ready] += 1
        elif (permit := self._sender.permit()) is None:
            self.dropped["down"] += 1
        else:
            await self._sender.send(ready, permit)

    async def _ready(self, job: Job) -> Job | str:
        """The copy as it may be sent now, or why it may not."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(PAUSE_S)
        if loop.time() - began > PAUSE_S + LATE_S:
            return "busy"
        copied = await self._aside(
            prepared,
            job.copied,
            self._settings.model,
            self._decode_limit,
            adapted=self._sender.adapts(job.copied),
        )
        if copied is None:
            return "unfit"
        return "disk" if self._sender.full else replace(job, copied=copied)

    async def _aside(
        self, function: Callable[P, Given], *arguments: P.args, **named: P.kwargs
    ) -> Given:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: function(*arguments, **named))


@contextlib.contextmanager
def _harmless(call: Call) -> Iterator[None]:
    """A fault of ours here must reach no client."""
    try:
        yield
    except Exception:
        log.exception(FAILED, extra=about(call.id))
