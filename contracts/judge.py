"""The judge: one request and its answer, under one contract or none, to a verdict."""

import logging
from collections.abc import Callable, Sequence

from driftgate.contracts.answer_rules import answer_findings
from driftgate.contracts.builtin.constraints import constraint_findings
from driftgate.contracts.builtin.context import context_findings
from driftgate.contracts.builtin.gemma import model_findings
from driftgate.contracts.builtin.server import server_findings
from driftgate.contracts.builtin.tools import tool_findings
from driftgate.contracts.builtin.wire import wire_findings
from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.inputs import check_input
from driftgate.contracts.verdict import Judgement, Severity, Source, Verdict, Violation

MAX_VIOLATIONS = 50  # of one answer that are kept

Check = Callable[[Asked, Answered], Sequence[Violation]]

_log = logging.getLogger(__name__)


def _context(asked: Asked, answered: Answered) -> list[Violation]:
    return context_findings(asked, answered.answer.usage)


def _server(_: Asked, answered: Answered) -> list[Violation]:
    return server_findings(answered)


# Looked up when they run, so that a test can put another in place of one.
_ERROR_CHECKS: tuple[Check, ...] = (_server,)
_PART_CHECKS: tuple[Check, ...] = (model_findings,)  # also where only a beginning was recorded
_CHECKS: tuple[Check, ...] = (
    wire_findings,
    model_findings,
    tool_findings,
    constraint_findings,
    _context,
)


def judge(asked: Asked, answered: Answered, contract: Contract | None) -> Judgement:
    """The verdict on an answer. Never raises: a check that fails is a warning, `check_failed`.

    `unjudged` where there is no answer of a model: the call failed in a way that tells nothing of
    the model, or only the beginning was recorded and nothing is wrong with that.
    """
    name, id_ = (contract.name, contract.id) if contract is not None else ("builtin", None)
    has_answer = _has_answer(answered)
    checks = _PART_CHECKS if answered.cut else _CHECKS
    found = _run(checks if has_answer else _ERROR_CHECKS, asked, answered)
    if contract is not None:
        found = _without(found, contract)
        if has_answer and not answered.cut:
            found += _run(_contract_checks(contract), asked, answered)
    judgement = Judgement.of(tuple(_once(found)[:MAX_VIOLATIONS]), name, id_)
    if judgement.verdict is Verdict.PASS and (answered.cut or not has_answer):
        return Judgement(Verdict.UNJUDGED, judgement.violations, name, id_)
    return judgement


def _has_answer(answered: Answered) -> bool:
    """Whether a model has answered: a status of success, and something of a model or no error."""
    if not 200 <= answered.status < 300:  # noqa: PLR2004 - the successes of RFC 9110
        return False
    answer = answered.answer
    return answer.error is None or bool(answer.text or answer.reasoning or answer.tool_calls)


def _run(checks: Sequence[Check], asked: Asked, answered: Answered) -> list[Violation]:
    found: list[Violation] = []
    for check in checks:
        try:
            found += check(asked, answered)
        except Exception as error:  # noqa: BLE001 - what strangers write must not end the ingest
            found.append(_failed(check, error))
    return found


def _failed(check: Check, error: Exception) -> Violation:
    name = getattr(check, "__name__", "a check").strip("_")
    _log.exception("%s failed on an answer", name)
    reason = f"the check {name} failed ({type(error).__name__}): this answer was not judged by it"
    return Violation(Source.MODEL, "check_failed", "", reason, Severity.WARNING)


def _without(found: list[Violation], contract: Contract) -> list[Violation]:
    """Without the built-in findings that the contract leaves out."""
    if not contract.output.ignore:
        return found
    return [violation for violation in found if not contract.output.ignores(violation.keyword)]


def _once(found: list[Violation]) -> list[Violation]:
    """Each finding once, where it was found first: request and contract may share a schema.

    An error takes the place of a warning that says the same.
    """
    if len(found) < 2:  # noqa: PLR2004 - one cannot be there twice
        return found
    kept: dict[tuple[str, str, str], Violation] = {}
    for violation in found:
        key = violation.keyword, violation.path, violation.reason
        if key not in kept or kept[key].severity is Severity.WARNING:
            kept[key] = (
                violation if violation.severity is Severity.ERROR else kept.get(key, violation)
            )
    return list(kept.values())


def _contract_checks(contract: Contract) -> tuple[Check, ...]:
    def check_of_input(asked: Asked, _: Answered) -> Sequence[Violation]:
        return check_input(asked, contract)

    def check_of_answer(_: Asked, answered: Answered) -> Sequence[Violation]:
        return answer_findings(answered, contract)

    return check_of_input, check_of_answer
