"""One job made ready, and what a try at it came to. Values."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from driftgate.proxy.attempt_kind import Kind
from driftgate.proxy.record import Chunk, Outcome, Recorded
from driftgate.proxy.upstream.wire import Pair
from driftgate.replay.candidate.prepared import Prepared
from driftgate.replay.run.order import Job
from driftgate.replay.run.targets import Target


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it is recorded: in the dialect in which the client spoke then."""

    method: str
    target: str
    pairs: Sequence[Pair]
    body: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """One job, ready to be sent. prepared: what is sent; a text says why the call cannot be."""

    job: Job
    recorded: Recorded
    target: Target
    prepared: Prepared | str

    @property
    def is_translated(self) -> bool:
        """Whether the server is asked otherwise than the client spoke."""
        return isinstance(self.prepared, Prepared) and self.prepared.back is not None

    @property
    def sent(self) -> Prepared:
        """What is sent; only of a call that can be."""
        assert isinstance(self.prepared, Prepared)
        return self.prepared

    @property
    def asked(self) -> Asked:
        """What is recorded as the request: in the recorded dialect, also where the server's is another.

        What the client told driftgate alone (contract, session) is with it, for the verdict.
        """
        sent = self.sent
        if sent.asked is None:
            return Asked(sent.method, sent.target, sent.shown, sent.body)
        return Asked(sent.method, self.recorded.target, sent.shown, sent.asked)


@dataclass(slots=True)
class Tried:
    """What one try came to. call_id: of its recording. failure: why there is no answer; None: there is.

    status, pairs, chunks: the answer in the recorded dialect. Times count from started_ns.
    """

    call_id: bytes
    started_ns: int
    status: int | None = None
    reason: bytes = b""
    pairs: Sequence[Pair] = ()
    chunks: list[Chunk] = field(default_factory=list)
    outcome: Outcome = Outcome.INTERRUPTED
    failure: str | None = None
    kind: Kind = Kind.FAILED
    retry_after_s: float | None = None
    ended_ns: int = 0


def as_recorded(question: Question, tried: Tried) -> Recorded:
    """The try as the history will have it, before it does."""
    asked = question.asked
    return Recorded(
        tried.call_id,
        tried.started_ns,
        "",
        method=asked.method,
        target=asked.target,
        upstream=question.target.name,
        upstream_url=question.target.upstream.url,
        request_headers=_texts(asked.pairs),
        request_body=asked.body,
        request_size=len(asked.body),
        status=tried.status,
        response_headers=_texts(tried.pairs),
        chunks=tried.chunks,
        response_size=sum(len(chunk.data) for chunk in tried.chunks),
        outcome=tried.outcome,
        error=tried.failure,
        first_byte_ns=tried.chunks[0].offset_ns if tried.chunks else None,
        ended_ns=tried.ended_ns,
    )


def _texts(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]
