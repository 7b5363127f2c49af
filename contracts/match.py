"""Which contract a request is judged by: the one it names, else the first that applies.

Conditions are tried in the order of their cost. All pure; the texts are those of strangers.
"""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from driftgate.contracts.contract_rules import Applies
from driftgate.contracts.exchange import Asked
from driftgate.contracts.patterns import Allowance

TAG = "contract"  # the key of a request's metadata that names one
PROMPTS_S = 0.1  # seconds


def metadata_of(asked: Asked) -> Mapping[str, Any]:
    """The request's own `metadata` object; empty where it has none."""
    text = asked.parameters.metadata
    if not text:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def name_in(asked: Asked) -> str | None:
    """The contract that a request names: by its header, else in its metadata."""
    if asked.named:
        return asked.named
    if not asked.parameters.metadata or TAG not in asked.parameters.metadata:
        return None
    named = metadata_of(asked).get(TAG)
    return named if isinstance(named, str) and named else None


def applies(condition: Applies, asked: Asked, allowance: Allowance | None = None) -> bool | None:
    """Whether all conditions hold; None: the prompt's pattern takes longer than is left for it."""
    holds = (
        (not condition.dialects or asked.dialect in condition.dialects)
        and _path(condition.paths, asked.path)
        and _model(condition.models, asked.parameters.model)
        and _tools(condition.tools, asked.parameters.tool_names)
        and _tags(condition.tags, asked)
    )
    if not holds or condition.prompt is None:
        return holds
    allowance = allowance if allowance is not None else prompt_allowance()
    return allowance.search(condition.prompt, last_user_text(asked))


def prompt_allowance() -> Allowance:
    """What the prompt patterns of all contracts may take together for one request."""
    return Allowance(PROMPTS_S, share=0.5)


def could_apply(condition: Applies, dialect: str, path: str) -> bool:
    """Whether the conditions that need no body hold."""
    return (not condition.dialects or dialect in condition.dialects) and _path(
        condition.paths, path
    )


def last_user_text(asked: Asked) -> str:
    """The text of the last user message; empty where there is none."""
    for item in reversed(asked.items):
        if item.kind == "message" and item.role == "user":
            return item.text
    return ""


def _path(patterns: Sequence[str], path: str) -> bool:
    bare = path.partition("?")[0]
    return not patterns or any(fnmatchcase(bare, pattern) for pattern in patterns)


def _model(patterns: Sequence[str], model: str | None) -> bool:
    if not patterns:
        return True
    name = (model or "").lower()
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)


def _tools(patterns: Sequence[str], offered: Sequence[str] | None) -> bool:
    names = offered or ()
    return all(any(fnmatchcase(name, pattern) for name in names) for pattern in patterns)


def _tags(tags: Mapping[str, str], asked: Asked) -> bool:
    if not tags:
        return True
    have = metadata_of(asked)
    return all(have.get(key) == value for key, value in tags.items())
