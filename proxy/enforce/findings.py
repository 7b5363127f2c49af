"""The verdict on a held answer, and what mending makes of it. Pure."""

from dataclasses import dataclass, replace

from driftgate.contracts.choices import mendable
from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.judge import judge
from driftgate.contracts.repair.mend import Mended, mend
from driftgate.contracts.verdict import Judgement, Severity, Source, Verdict, Violation
from driftgate.proxy.dialects.meaning import Answer, ToolCall

REWRITTEN = "rewrite_stream"  # the repair of a stream whose only faults are harmless ones
_HARMLESS = frozenset(
    {"duplicate_terminal", "event_after_terminal", "event_order", "unfinished_item"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. mended: `answer` is not what came; `repairs` names what was done."""

    answer: Answer
    judgement: Judgement
    repairs: tuple[str, ...] = ()

    @property
    def mended(self) -> bool:
        """Whether the answer has to be written anew."""
        return bool(self.repairs)


def find(
    asked: Asked,
    contract: Contract | None,
    answered: Answered,
    answer: Answer,
    *,
    early: Violation | None = None,
    enforced: bool = True,
) -> Found:
    """Judges; where that fails and a contract is enforced, mends and judges again.

    A repair counts only if what comes of it passes.

    Args:
        asked: the request.
        contract: what applies to it.
        answered: the answer as it came.
        answer: the same, as the dialects' noun.
        early: why the answer was stopped while it streamed.
        enforced: whether mending is wanted.
    """
    judgement = judge(asked, answered, contract)
    if early is not None:
        return Found(answer, _stopped(judgement, early))
    if judgement.verdict is not Verdict.FAIL or not enforced or contract is None:
        return Found(answer, judgement)
    if not mendable(asked):  # further choices, and probabilities, would be lost
        return Found(answer, judgement)
    return _mended(asked, contract, answered, answer, judgement)


def _mended(
    asked: Asked, contract: Contract, answered: Answered, answer: Answer, judgement: Judgement
) -> Found:
    wire = tuple(fault for fault in answer.wire if fault[0] not in _HARMLESS)
    again = replace(answer, wire=wire)
    steps: tuple[str, ...] = (REWRITTEN,)
    if not all(v.source is Source.WIRE and v.keyword in _HARMLESS for v in judgement.errors):
        mended = mend(asked, answered, contract)
        if mended is None:
            return Found(answer, judgement)
        again, steps = _with(again, mended), mended.steps
    second = judge(asked, replace(answered, answer=again), contract)
    if second.verdict is Verdict.FAIL:
        return Found(answer, judgement)
    return Found(again, _with_repaired(second, judgement), steps)


def _with_repaired(second: Judgement, first: Judgement) -> Judgement:
    """The verdict on the mended answer, and what was wrong with the one that came."""
    repaired = [replace(violation, severity=Severity.REPAIRED) for violation in first.errors]
    return replace(second, violations=(*second.violations, *repaired))


def _with(answer: Answer, mended: Mended) -> Answer:
    return replace(
        answer,
        text=mended.text,
        reasoning=mended.reasoning,
        tool_calls=tuple(map(_tool_call, mended.tool_calls)),
        finish_reason=mended.finish_reason,
    )


def _stopped(judgement: Judgement, early: Violation) -> Judgement:
    """Without what is missing only because driftgate did not let it come."""
    kept = [v for v in judgement.violations if v.source is Source.MODEL]
    if all(violation.keyword != early.keyword for violation in kept):
        kept.append(early)
    return Judgement.of(tuple(kept), judgement.contract, judgement.contract_id)


def _tool_call(call: object) -> ToolCall:
    if isinstance(call, ToolCall):
        return call
    fields = ("name", "arguments", "call_id", "namespace")
    return ToolCall(*[getattr(call, name) for name in fields])
