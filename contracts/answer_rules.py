"""A contract's own rules on an answer: its JSON, its length, why it ended, what it must not say."""

from collections.abc import Iterator

from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Answer, Answered
from driftgate.contracts.finish import finish_of, was_cut
from driftgate.contracts.output import find_json, place_of
from driftgate.contracts.patterns import search
from driftgate.contracts.schema_check import as_warnings, schema_violations
from driftgate.contracts.tools_rule import tools_rule_findings
from driftgate.contracts.verdict import Severity, Source, Violation

_WHERE = {
    "whole": "be JSON and nothing else",
    "fenced": "have a fenced block of JSON",
    "first": "have a JSON object or array",
    "any": "have JSON",
}


def answer_findings(answered: Answered, contract: Contract) -> list[Violation]:
    """What an answer breaks of its contract.

    One that calls tools is a step on the way: it needs no text, and what its text breaks is a
    warning.
    """
    answer, output = answered.answer, contract.output
    text = answer.text or ""
    found: list[Violation] = []
    if text.strip() or not answer.tool_calls:
        of_text = [*_json_findings(answer, text, contract), *_length_findings(text, contract)]
        found += as_warnings(of_text) if answer.tool_calls else of_text
    found += _end_findings(answer, contract)
    for pattern in output.forbid:
        found += _forbidden(pattern, text)
    return found + tools_rule_findings(output.tools, answer)


def _violation(
    keyword: str, path: str, reason: str, severity: Severity = Severity.ERROR
) -> Violation:
    return Violation(Source.CONTRACT, keyword, path, reason, severity)


def _json_findings(answer: Answer, text: str, contract: Contract) -> list[Violation]:
    where = place_of(contract)
    if where == "none":
        return []
    found = find_json(text, where)
    if found is None:
        cut = "; it was cut before its end" if was_cut(answer) else ""
        return [_violation("not_json", "text", f"the text must {_WHERE[where]}{cut}")]
    schema = contract.output.schema_text
    if schema is None:
        return []
    return schema_violations(schema, found.value, Source.CONTRACT, "text")


def _length_findings(text: str, contract: Contract) -> Iterator[Violation]:
    output, size = contract.output, len(text)
    if output.min_chars is not None and size < output.min_chars:
        reason = f"at least {output.min_chars} characters are wanted, and there are {size}"
        yield _violation("min_chars", "text", reason)
    if output.max_chars is not None and size > output.max_chars:
        reason = f"at most {output.max_chars} characters are wanted, and there are {size}"
        yield _violation("max_chars", "text", reason)


def _end_findings(answer: Answer, contract: Contract) -> Iterator[Violation]:
    output = contract.output
    made = answer.usage.output_tokens
    if output.max_tokens is not None and made is not None and made > output.max_tokens:
        reason = f"at most {output.max_tokens} tokens are wanted, and there are {made}"
        yield _violation("max_tokens", "usage/output_tokens", reason)
    if output.finish is not None:
        ended = finish_of(answer)
        if ended not in output.finish:
            wanted = ", ".join(output.finish)
            reason = f"the answer must end with {wanted}, and ended with {ended or 'nothing said'}"
            yield _violation("finish", "finish_reason", reason)


def _forbidden(pattern: str, text: str) -> Iterator[Violation]:
    found = search(pattern, text)
    if found:
        yield _violation("forbid", "text", f"the text must not match {pattern[:120]}")
    elif found is None:
        reason = f"the pattern {pattern[:120]} took too long, or the text is too large for it"
        yield _violation("too_slow", "text", reason, Severity.WARNING)
