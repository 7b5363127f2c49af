"""How one attempt ended, for the policy, the record and the client."""

from dataclasses import dataclass, field

from driftgate.contracts.contract import Contract
from driftgate.contracts.verdict import Judgement, Verdict, Violation
from driftgate.proxy.enforce.findings import Found
from driftgate.proxy.enforce.target import Outgoing, Target
from driftgate.proxy.errors import CallError
from driftgate.proxy.judging import as_judged
from driftgate.proxy.record import Chunk
from driftgate.proxy.upstream.wire import Pair

OK = range(200, 300)


@dataclass(slots=True)
class Result:
    """How one attempt ended.

    chunks: the answer in the client's dialect, translated where that was needed.
    found: what judging found and mending made of it; None where nothing was judged.
    whole: it was read to its end before any of it was passed on.
    ended: its last event was passed on, or is about to be.
    too_long: it was given up because it is longer than may be held: our limit, not a failure.
    cut: only the beginning of what was passed on is in `chunks`.
    early: why it was stopped while it streamed.
    """

    target: Target
    outgoing: Outgoing
    status: int = 0
    reason: bytes = b""
    pairs: list[Pair] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    error: CallError | None = None
    whole: bool = False
    ended: bool = False
    too_long: bool = False
    cut: bool = False
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
        return self.error is None and self.status in OK

    def forget(self) -> None:
        """It will not be delivered any more: only what was found stays."""
        self.chunks = []

    @property
    def judgement(self) -> Judgement | None:
        """The verdict, if there is one."""
        return self.found.judgement if self.found is not None else None

    @property
    def stopped(self) -> str | None:
        """Why driftgate did not let it come to its end, in a line."""
        if self.early is None:
            return None
        return f"driftgate stopped it: {self.early.keyword}"

    def as_judged(self, contract: Contract | None) -> dict[str, object]:
        """The verdict as it is recorded; unjudged where nothing came that could be."""
        if self.found is None:
            return as_judged(unjudged(contract))
        return as_judged(self.found.judgement, self.found.repairs, self.judged_us)


def unjudged(contract: Contract | None) -> Judgement:
    """There was nothing to judge."""
    if contract is None:
        return Judgement(Verdict.UNJUDGED)
    return Judgement(Verdict.UNJUDGED, contract=contract.name, contract_id=contract.id)
