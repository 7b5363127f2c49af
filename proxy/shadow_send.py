"""One copy of a call on its way to a candidate: its credentials, its request, its record."""

import asyncio
import contextlib
import logging
import os
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from driftgate.proxy import failures, shadow_adapted
from driftgate.proxy.breaker import Breaker, Permit, State
from driftgate.proxy.call import Call, about, new_id, text_id
from driftgate.proxy.enforce.question import adapts
from driftgate.proxy.errors import CallError, DiskFullError, Fault
from driftgate.proxy.journal import head
from driftgate.proxy.record import Outcome, Replayed
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.shadow_choice import Copied
from driftgate.proxy.tee import Recorder, Tee
from driftgate.proxy.telemetry.context import TRACE_FIELDS
from driftgate.proxy.upstream.connection import Address, Pool
from driftgate.proxy.upstream.exchange import send

log = logging.getLogger("driftgate")

ARM = "shadow"
LONGEST_S = (
    3600.0  # no client will leave a model that never ends, and it would hold the turn of others
)
LEAST_LIMIT = 1 << 20  # bytes of an answer that are read, however little is recorded
_DOWN = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Job:
    """A call that was answered. of: its id. asked: the upstream that its client's credentials are for."""

    of: bytes
    asked: str
    copied: Copied


class Sender:
    """Sends copies, each once. sent, failed: counts; last_error: why the last one failed.

    A candidate that fails is left alone for a while: its breaker is one of its own, and so are its
    connections and its recorder, so that no live call is concerned.
    """

    def __init__(self, settings: Settings, recorder: Recorder) -> None:
        self._settings, shadow = settings, settings.shadow
        self.name = shadow.name
        self.upstream = shadow.candidate(settings.upstreams)
        self.sent = self.failed = 0
        self.last_error: str | None = None
        self._key = _key(shadow.api_key_env)
        self._origin = _origin(self.upstream.url)
        self._origins = {name: _origin(each.url) for name, each in settings.upstreams.items()}
        # a copy that cannot be recorded is not sent, and is no call that passed unrecorded
        self._recorder = Recorder(
            recorder.journal, recorder.redactor, body_limit=recorder.body_limit
        )
        address = Address.of(self.upstream.url, verify_tls=self.upstream.verify_tls)
        self._pool = Pool(address, self.upstream.connect_timeout_s)
        self._limit = max(LEAST_LIMIT, recorder.body_limit)
        self._breaker = Breaker(self.upstream)

    @property
    def full(self) -> bool:
        """Whether nothing can be recorded."""
        return self._recorder.journal.full is not None

    def adapts(self, copied: Copied) -> bool:
        """Whether this copy is translated for the candidate."""
        return adapts(self.upstream, copied.dialect)

    def permit(self) -> Permit | None:
        """Leave to send one; None: the candidate is left alone for now."""
        return self._breaker.permit(asyncio.get_running_loop().time())

    @property
    def breaker_state(self) -> State:
        """Whether copies go through."""
        return self._breaker.state(asyncio.get_running_loop().time())

    def close(self) -> None:
        """Ends the connections that are idle."""
        self._pool.close()

    async def send(self, job: Job, permit: Permit) -> None:
        """Asks the candidate and records what comes. Raises nothing but CancelledError."""
        copied = self._allowed(job)
        now_ns = self._recorder.journal.now_ns()
        call = Call(new_id(now_ns), now_ns, "POST", copied.target, self.name)
        call.replayed = head.replayed(Replayed(bytes(16), ARM, job.of))
        tee = Tee(self._recorder, call)
        self.sent += 1
        try:
            why, ok = await self._recorded(call, tee, copied)
        except BaseException as error:
            self._breaker.forget(permit)
            self._broken(call, tee, error)
            if not isinstance(error, Exception):
                raise
            return
        self._breaker.note(permit, ok, asyncio.get_running_loop().time())
        if why is not None:
            self._note(call, why)

    async def _recorded(self, call: Call, tee: Tee, copied: Copied) -> tuple[str | None, bool]:
        """From the request to the terminal record; why there is no answer, whether it is not down."""
        tee.request(
            copied.pairs, copied.body, client="", target=copied.target, url=self.upstream.url
        )
        await tee.request_end()
        try:
            status = await self._within_time(call, tee, copied)
        except CallError as error:
            said = tee.noted(error).message
            await tee.finished(Outcome(error.outcome), said)
            return said, error.fault is not Fault.UPSTREAM
        await tee.finished(Outcome.COMPLETED)
        down = status in _DOWN
        return f"it answers {status}" if down else None, not down

    async def _within_time(self, call: Call, tee: Tee, copied: Copied) -> int:
        call.forwarded_ns = call.overhead_ns = tee.now_ns() - call.started_ns
        try:
            async with asyncio.timeout(LONGEST_S):
                return await self._exchange(call, tee, copied)
        except TimeoutError:
            raise self._endless(f"it had no end within {LONGEST_S:g} s") from None

    async def _exchange(self, call: Call, tee: Tee, copied: Copied) -> int:
        def chunk(data: bytes, at_ns: int) -> None:
            tee.chunk(data, at_ns)
            if call.answer_bytes > self._limit:
                raise self._endless(f"it is longer than {self._limit} bytes")

        if self.adapts(copied):
            return await shadow_adapted.exchange(
                self._settings,
                self.upstream,
                self._pool,
                call=call,
                tee=tee,
                copied=copied,
                chunk=chunk,
            )
        reply = await send(
            self._pool,
            self.upstream,
            self.name,
            "POST",
            copied.target,
            copied.pairs,
            copied.body,
            now_ns=tee.now_ns,
        )
        tee.connected(reply.connect_ns)
        try:
            tee.response(reply.status, reply.reason, reply.pairs, reply.head_ns)
            async for data, at_ns in reply.pieces():
                chunk(data, at_ns)
            if reply.trailers:
                tee.trailers(reply.trailers)
        finally:
            reply.abort()
        return reply.status

    def _endless(self, what: str) -> CallError:
        return failures.invalid(self.name, self.upstream.url, what)

    def _broken(self, call: Call, tee: Tee, error: BaseException) -> None:
        """Cut off, or ended by a fault that is not the candidate's."""
        outcome, said = Outcome.INTERRUPTED, "driftgate stopped while the call ran"
        if isinstance(error, Exception):
            outcome, said = Outcome.FAILED, str(error)
            if not isinstance(error, DiskFullError):
                told, extra = text_id(call.id), about(call.id)
                log.error("the copy %s failed inside driftgate", told, exc_info=error, extra=extra)
                said = failures.own_fault(error).message
        self._note(call, said)
        with contextlib.suppress(DiskFullError):
            tee.end(outcome, said)

    def _note(self, call: Call, why: str) -> None:
        self.failed += 1
        self.last_error = why
        log.debug("the copy %s failed: %s", text_id(call.id), why, extra=about(call.id))

    def _allowed(self, job: Job) -> Copied:
        """The copy with those credentials that may go to the candidate."""
        copied, redactor = _untraced(job.copied), self._recorder.redactor
        if self._origins.get(job.asked) != self._origin:
            pairs = [pair for pair in copied.pairs if redactor.headers([pair]) == [pair]]
            target = copied.target
            if redactor.target(target) != target:
                target = target.partition("?")[0]
            copied = replace(copied, pairs=pairs, target=target)
        if self._key is not None:
            others = [pair for pair in copied.pairs if pair[0].lower() != b"authorization"]
            own = (b"Authorization", b"Bearer " + self._key)
            copied = replace(copied, pairs=[*others, own])
        return copied


def _untraced(copied: Copied) -> Copied:
    """The copy is no part of the client's trace."""
    pairs = [pair for pair in copied.pairs if pair[0].lower() not in TRACE_FIELDS]
    return replace(copied, pairs=pairs)


def _key(variable: str | None) -> bytes | None:
    key = os.environ.get(variable, "").strip() if variable else ""
    if variable and not (key.isascii() and key.isprintable() and key):
        log.warning(
            "shadow.api_key_env: %s holds no key; the candidate is asked without one", variable
        )
        return None
    return key.encode() or None


def _origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454, section 4)."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").lower(), port
