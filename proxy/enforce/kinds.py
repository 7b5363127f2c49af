"""What an attempt of a held call came to, as the policy needs to know it. Pure but for the date."""

import time

from driftgate.contracts.verdict import Judgement, Source, Verdict, Violation
from driftgate.proxy.attempt_kind import Kind, classify_answer, classify_error
from driftgate.proxy.enforce.question import Question
from driftgate.proxy.enforce.result import Result

_NO_STEP = frozenset({"invalid_arguments", "missing_name", "missing_call_id"})
_BROKEN_ANSWER = frozenset({"server_parser"})  # a 500 that is the model's doing: another try may do


def kind_of(result: Result, question: Question) -> tuple[Kind, float | None]:
    """What the attempt came to, and the seconds that its upstream asks to be left alone."""
    if result.error is not None:
        kind = classify_error(result.error)
        return (kind if question.enforced or question.asks_format else Kind.FAILED), None
    kind, wait_s = classify_answer(result.status, result.pairs, time.time())
    judgement = result.judgement or Judgement(Verdict.UNJUDGED)
    verdict, errors = judgement.verdict, judgement.errors
    if not question.enforced:  # what fails is the upstream's own answer, as it is
        broken = question.asks_format and any(map(_needs_format, errors))
        return (Kind.BROKEN if broken else _passed(kind)), None
    if kind is Kind.GOOD and verdict is Verdict.UNJUDGED:  # status 200, and an error in the body
        return Kind.TRANSIENT, None
    if any(violation.keyword in _BROKEN_ANSWER for violation in errors):
        return Kind.BROKEN, None
    return (Kind.BROKEN if kind is Kind.GOOD and verdict is Verdict.FAIL else kind), wait_s


def _passed(kind: Kind) -> Kind:
    return Kind.REFUSED if kind is Kind.TRANSIENT else kind


def _needs_format(violation: Violation) -> bool:
    """Whether a free answer has to be asked for again under the schema's constraint.

    A tool call takes the loop on, and a schema is about its last answer only. But one that cannot be
    sent back ends it: llama-server refuses every later request of that conversation.
    """
    broken = violation.source is Source.REQUEST and violation.path.split("/")[0] == "text"
    return broken or violation.keyword in _NO_STEP
