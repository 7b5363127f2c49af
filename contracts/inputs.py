"""A contract's rules on what goes in: the request's JSON, its sizes, its characters."""

import json
import re
import unicodedata
from collections.abc import Sequence

from driftgate.contracts.builtin.context import estimated_tokens
from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Asked, Item
from driftgate.contracts.parameters import parameter_findings
from driftgate.contracts.schema_check import schema_violations
from driftgate.contracts.verdict import Source, Violation

# Unicode's Cc without what every text has: tab, line feed, carriage return.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def check_input(asked: Asked, contract: Contract) -> tuple[Violation, ...]:
    """What the request breaks of its contract; paths are `input/...` and `parameters/...`.

    In enforce mode, what will be set or cleaned before it goes out is no violation.
    """
    return (*_input_findings(asked, contract), *parameter_findings(contract, asked))


def sanitised(contract: Contract, text: str) -> str:
    """A message's text as the contract wants it to be sent: in NFC, without control characters."""
    rules = contract.input
    if rules.unicode == "NFC" and not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _CONTROL.sub("", text) if rules.control_characters == "remove" else text


def _input_findings(asked: Asked, contract: Contract) -> list[Violation]:
    rules = contract.input
    found = _schema_findings(asked, rules.schema_text) if rules.schema_text is not None else []
    for keyword, limit, measured, what in (
        ("max_bytes", rules.max_bytes, _bytes, "bytes"),
        ("max_tokens", rules.max_tokens, _tokens, "tokens (estimated)"),
        ("max_turns", rules.max_turns, _turns, "user messages"),
        ("max_tool_rounds", rules.max_tool_rounds, _rounds, "rounds of tool calls"),
    ):
        if limit is not None and (count := measured(asked)) > limit:
            found.append(_violation(keyword, f"at most {limit} {what}, and it has {count}"))
    if rules.control_characters == "refuse":
        found += _control_findings(asked.items)
    return found


def _violation(keyword: str, reason: str, path: str = "input") -> Violation:
    return Violation(Source.CONTRACT, keyword, path, reason)


def _schema_findings(asked: Asked, schema: str) -> list[Violation]:
    try:
        body = json.loads(asked.body)
    except (ValueError, RecursionError):
        return [_violation("not_json", "the request must be JSON")]
    return schema_violations(schema, body, Source.CONTRACT, "input")


def _bytes(asked: Asked) -> int:
    return len(asked.body)


def _tokens(asked: Asked) -> int:
    return estimated_tokens(asked.items)


def _turns(asked: Asked) -> int:
    return sum([item.kind == "message" and item.role == "user" for item in asked.items])


def _rounds(asked: Asked) -> int:
    """Calls side by side are one round: the model made them at once."""
    kinds = [item.kind for item in asked.items if item.kind != "reasoning"]
    pairs = zip(["", *kinds], kinds, strict=False)
    return sum(1 for before, kind in pairs if kind == "tool_call" != before)


def _control_findings(items: Sequence[Item]) -> list[Violation]:
    for place, item in enumerate(items):
        found = _CONTROL.search(item.text)
        if found:
            reason = f"the control character U+{ord(found[0]):04X} stands in message {place + 1}"
            return [_violation("control_characters", reason, f"input/{place}")]
    return []
