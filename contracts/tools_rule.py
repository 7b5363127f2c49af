"""A contract's rules on the tool calls of an answer: which, how many, with what arguments."""

import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from driftgate.contracts.contract import Tools
from driftgate.contracts.exchange import Answer, ToolCall
from driftgate.contracts.finish import was_cut
from driftgate.contracts.schema_check import schema_violations
from driftgate.contracts.verdict import Source, Violation

MAX_CALLS = 128  # of one answer that are looked at


def tools_rule_findings(rules: Tools, answer: Answer) -> list[Violation]:
    """What the answer's calls break."""
    calls = answer.tool_calls
    found = list(_wrong_names(rules, calls[:MAX_CALLS])) if rules.names is not None else []
    if rules.forbidden and calls:
        found.append(_violation("tools_forbidden", f"no tool call is allowed; {_first(calls)}"))
    if rules.required and not calls and not was_cut(answer):
        found.append(_violation("tools_required", "a tool call is required, and there is none"))
    if rules.max_calls is not None and len(calls) > rules.max_calls:
        reason = f"at most {rules.max_calls} tool calls are allowed, and there are {len(calls)}"
        found.append(_violation("max_calls", reason))
    if rules.arguments:
        for place, call in enumerate(calls[:MAX_CALLS]):
            found += _wrong_arguments(rules, call, place, was_cut(answer))
    return found


def _wrong_names(rules: Tools, calls: Sequence[ToolCall]) -> Iterator[Violation]:
    for place, call in enumerate(calls):
        patterns = rules.names or ()
        if not any(_matches(call, pattern) for pattern in patterns):
            allowed = ", ".join(patterns) or "none"
            reason = f"'{_full_name(call)[:80]}' is not among the allowed tools: {allowed}"
            yield _violation("tools_names", reason, f"tool_calls/{place}/name")


def _wrong_arguments(rules: Tools, call: ToolCall, place: int, cut: bool) -> Iterator[Violation]:
    schemas = [schema for pattern, schema in rules.argument_schemas if _matches(call, pattern)]
    if not schemas:
        return
    path = f"tool_calls/{place}/arguments"
    try:
        # Many servers write nothing where there is nothing to say.
        value = json.loads(call.arguments) if call.arguments.strip() else {}
    except (ValueError, RecursionError):
        # Told as the built-in check tells it, so that a verdict has it once.
        why = " (the answer was cut)" if cut else ""
        name, came = call.name[:80], call.arguments[:100]
        reason = f"the arguments of '{name}' are not a JSON object{why}: {came!r}"
        yield _violation("invalid_arguments", reason, path)
        return
    for schema in schemas:
        yield from schema_violations(schema, value, Source.CONTRACT, path)


def _full_name(call: ToolCall) -> str:
    return f"{call.namespace}.{call.name}" if call.namespace else call.name


def _matches(call: ToolCall, pattern: str) -> bool:
    """With its namespace or without."""
    return fnmatchcase(call.name, pattern) or fnmatchcase(_full_name(call), pattern)


def _first(calls: Sequence[ToolCall]) -> str:
    return f"the answer calls '{calls[0].name[:80]}'"


def _violation(keyword: str, reason: str, path: str = "tool_calls") -> Violation:
    return Violation(Source.CONTRACT, keyword, path, reason)
