"""What a request asks for beside one answer's text: more choices, the probabilities of its tokens.

The judge reads the first choice alone, and an answer that driftgate writes has one choice and no
probabilities.
"""

import json
import re
from typing import Any

from driftgate.contracts.exchange import Asked

_WITH_CHOICES = frozenset({"chat", "completions"})
# Bodies are large and these keys rare: one is parsed only where this occurs in it.
_MAYBE_CHOICES = re.compile(rb'"(?:n|best_of)"\s*:\s*[1-9]')
_LOGPROBS = b"logprobs"
_LARGE = 1_000_000  # no server makes so many choices


def choices(asked: Asked) -> int:
    """How many choices the answer is to have."""
    return max(_number(_choice_fields(asked).get("n")), 1)


def mendable(asked: Asked) -> bool:
    """Whether an answer that is written anew could hold all that the request asks for."""
    fields = _choice_fields(asked)
    if _number(fields.get("n")) > 1 or _number(fields.get("best_of")) > 1:
        return False
    return _LOGPROBS not in asked.body or not _wants_logprobs(_parsed(asked.body))


def _choice_fields(asked: Asked) -> dict[str, Any]:
    if asked.dialect not in _WITH_CHOICES or not _MAYBE_CHOICES.search(asked.body):
        return {}
    return _parsed(asked.body)


def _wants_logprobs(body: dict[str, Any]) -> bool:
    """Zero is a wish too in completions: the probability of the token that was chosen."""
    include = body.get("include")
    if isinstance(include, list) and any("logprobs" in str(each) for each in include):
        return True
    wanted = body.get("logprobs")
    return bool(body.get("top_logprobs")) or (wanted is not None and wanted is not False)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < _LARGE else 0
