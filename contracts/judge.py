"""The judge: one request and its answer, under one contract or none, to a verdict."""

import json
import logging
from collections.abc import Callable, Sequence
from functools import lru_cache

from driftgate.contracts.answer_rules import answer_findings
from driftgate.contracts.builtin.constraints import constraint_findings
from driftgate.contracts.builtin.context import (
    context_findings,
    tools_findings,
    truncation_findings,
)
from driftgate.contracts.builtin.gemma import model_findings
from driftgate.contracts.builtin.server import server_findings
from driftgate.contracts.builtin.tools import tool_findings
from driftgate.contracts.builtin.wire import wire_findings
from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.inputs import check_input
from driftgate.contracts.verdict import Judgement, Severity, Source, Verdict, Violation

NOT_JSON = "not_json"
MAX_VIOLATIONS = 50  # of one answer that are kept

Check = Callable[[Asked, Answered], Sequence[Violation]]

_log = logging.getLogger(__name__)


def _context(asked: Asked, answered: Answered) -> list[Violation]:
    answer = answered.answer
    usage = answer.usage
    cut = truncation_findings(answer) or context_findings(asked, usage)
    return cut or tools_findings(asked, usage)


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
        found = _told_by_one(found, _shares_schema(asked, contract))
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


def _shares_schema(asked: Asked, contract: Contract) -> bool:
    """Whether both ask for the same: by chance, or since driftgate added the contract's schema."""
    own, sent = contract.output.schema_text, asked.parameters.response_schema
    if own is None or sent is None:
        return False
    return own == sent or _parsed(own) == _parsed(sent)


@lru_cache(256)
def _parsed(schema: str) -> object:
    try:
        return json.loads(schema)
    except (ValueError, RecursionError):
        return schema


def _told_by_one(found: list[Violation], shares_schema: bool) -> list[Violation]:
    """Without what the contract finds in the text after the request, in whatever words.

    An error of the contract takes the place of the request's warnings that say the same.
    """
    by: dict[tuple[Source, Severity], set[tuple[str, str]]] = {}
    for each in found:
        by.setdefault((each.source, each.severity), set()).add((each.keyword, each.path))
    errors = by.get((Source.REQUEST, Severity.ERROR), set())
    warnings = by.get((Source.REQUEST, Severity.WARNING), set())
    raised = by.get((Source.CONTRACT, Severity.ERROR), set()) - errors

    def is_told(each: Violation) -> bool:
        key = each.keyword, each.path
        in_text = each.path == "text" or each.path.startswith("text/")
        if not in_text or not (shares_schema or each.keyword == NOT_JSON):
            return False
        if each.source is Source.REQUEST:
            return each.severity is Severity.WARNING and key in raised
        is_warning = each.severity is Severity.WARNING
        return each.source is Source.CONTRACT and (
            key in errors or (is_warning and key in warnings)
        )

    return [each for each in found if not is_told(each)]


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
