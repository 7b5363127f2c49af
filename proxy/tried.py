"""What is recorded of the attempts of one call, redacted and within the limits. No file.

With redaction rules for bodies an answer is kept in memory until its attempt ends, and the reasons
of violations are left out: they may quote a secret without what a rule knows it by.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Unpack

from driftgate.proxy.held import Held
from driftgate.proxy.journal import attempt, head
from driftgate.proxy.journal.attempt import Sent
from driftgate.proxy.journal.frame import Kind
from driftgate.proxy.record import Outcome
from driftgate.proxy.redact.redactor import Pair, Redactor

LEFT_OUT = "not recorded: redaction rules for bodies are set"

Frames = list[tuple[Kind, int, bytes]]  # kind, time in nanoseconds since the Unix epoch, data


class Tried:
    """The attempt that runs; attempts follow each other.

    body_limit: bytes recorded of each attempt's request body and of its answer.

    Attributes:
        connect_ns: what its connection took; 0: a kept one was used; None: none stands yet.
    """

    def __init__(self, redactor: Redactor, body_limit: int) -> None:
        self._redactor = redactor
        self._limit = body_limit
        self._answered = 0
        self._held = self._new_held()
        self.connect_ns: int | None = None

    async def begin(self, number: int, reason: str, **sent: Unpack[Sent]) -> bytes:
        """The data of the frame that begins it; see Tee.attempt."""
        self._answered, self._held, self.connect_ns = 0, self._new_held(), None
        body = sent.get("body")
        if body is not None:
            sent["body"] = await self._clean(body[: self._limit])
        sent["target"] = self._redactor.target(sent["target"])
        return attempt.begin(number, reason, **sent)

    def response(self, status: int, reason: bytes, pairs: Sequence[Pair]) -> bytes:
        """The data of its response head."""
        if self._held is not None:
            self._held.response_head(pairs)
        return head.response(status, reason, self._redactor.headers(pairs))

    def chunk(self, data: bytes, at_ns: int) -> bytes:
        """What is written of it now."""
        kept = data[: max(self._limit - self._answered, 0)]
        self._answered += len(data)
        if self._held is None:
            return kept
        if kept:
            self._held.answer.append((at_ns, kept))
        return b""

    async def end(
        self, outcome: Outcome, error: str | None, judged: dict[str, Any], at_ns: int
    ) -> Frames:
        """The frames that end it; first what was held of its answer."""
        frames: Frames = []
        if self._held is not None:
            answer = await asyncio.to_thread(self._held.redact_answer)
            frames = [(Kind.ATTEMPT_CHUNK, at, data) for at, data in answer]
            self._held = self._new_held()
        found = await self.clean_verdict(judged)
        data = attempt.end(outcome, error, found, self.connect_ns)
        return [*frames, (Kind.ATTEMPT_END, at_ns, data)]

    async def clean_verdict(self, judged: dict[str, Any]) -> dict[str, Any]:
        """The verdict as it is recorded."""
        if not judged or not self._redactor.has_body_rules:
            return judged
        violations = [{**found, "reason": LEFT_OUT} for found in judged.get("violations", [])]
        text = json.dumps({**judged, "violations": violations}).encode()
        clean = attempt.read_object(await self._clean(text))
        # a rule that spoils the JSON itself: only what cannot hold a secret is kept
        return clean or {"verdict": judged.get("verdict"), "contract": judged.get("contract")}

    def _new_held(self) -> Held | None:
        return Held(self._redactor) if self._redactor.has_body_rules else None

    async def _clean(self, body: bytes) -> bytes:
        if not self._redactor.has_body_rules:
            return body
        return await asyncio.to_thread(self._redactor.request_body, body, None)
