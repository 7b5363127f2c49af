"""The sampling parameters of a request by their neutral names, as the request itself has them.

Most are among a request's `Parameters`. Some are not, since the history has no columns for them;
these are read from the request's JSON, which is parsed only where one of their keys stands in it.
"""

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from driftgate.contracts.contract_parts import IN_BODY, MORE_SAMPLING
from driftgate.contracts.exchange import Asked

# A key may be written with escapes: `\u005f` is the line in `logit_bias`.
_ESCAPED = re.compile(rb"\\u00[2-7]")


def settable(dialect: str, name: str) -> bool:
    """Whether a dialect has a word for this parameter: only Ollama has one for `num_ctx`."""
    return name != "num_ctx" or dialect.startswith("ollama")


class Sent:
    """What one request sends. Nothing is read before it is asked for."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def values(self, name: str) -> tuple[Any, ...]:
        """A parameter's value; several where it stands under several keys, none where nowhere.

        Values from the request's JSON are of any kind.
        """
        keys = IN_BODY.get(name) or ((name,) if name in MORE_SAMPLING else ())
        if not keys:
            value = getattr(self._asked.parameters, name, None)
            return () if value is None else (value,)
        if not self._may_have(keys):
            return ()
        found = (self._fields.get(key) for key in keys)
        return tuple(value for value in found if value is not None)

    def _may_have(self, keys: Iterable[str]) -> bool:
        body = self._asked.body
        return self._is_escaped or any(f'"{key}"'.encode() in body for key in keys)

    @cached_property
    def _is_escaped(self) -> bool:
        return _ESCAPED.search(self._asked.body) is not None

    @cached_property
    def _fields(self) -> dict[str, Any]:
        """Where sampling stands: at the top of the body; in Ollama's dialects in `options`."""
        try:
            text = self._asked.body.decode("utf-8", "replace").removeprefix("\ufeff")
            fields = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return {}
        if self._asked.dialect.startswith("ollama"):
            fields = fields.get("options") if isinstance(fields, dict) else None
        return fields if isinstance(fields, dict) else {}
