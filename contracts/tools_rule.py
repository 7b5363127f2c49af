"""A contract's rules on the tool calls of an answer: which, how many, whether at all."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from driftgate.contracts.contract import Tools
from driftgate.contracts.exchange import Answer, ToolCall
from driftgate.contracts.finish import was_cut
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
    return found


def _wrong_names(rules: Tools, calls: Sequence[ToolCall]) -> Iterator[Violation]:
    for place, call in enumerate(calls):
        name = f"{call.namespace}.{call.name}" if call.namespace else call.name
        patterns = rules.names or ()
        if not any(fnmatchcase(each, p) for p in patterns for each in (name, call.name)):
            allowed = ", ".join(patterns) or "none"
            reason = f"'{name[:80]}' is not among the allowed tools: {allowed}"
            yield _violation("tools_names", reason, f"tool_calls/{place}/name")


def _first(calls: Sequence[ToolCall]) -> str:
    return f"the answer calls '{calls[0].name[:80]}'"


def _violation(keyword: str, reason: str, path: str = "tool_calls") -> Violation:
    return Violation(Source.CONTRACT, keyword, path, reason)
