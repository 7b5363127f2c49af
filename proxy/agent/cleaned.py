"""What models, clients and commands wrote in a turn, made fit for the record: bounded, without secrets."""

import json
import math
from collections.abc import Callable
from typing import Any

from driftgate.proxy.redact.redactor import Redactor

TEXT_LIMIT = 64 << 10  # characters of one text
INNER_LIMIT = 2_000  # characters of one text inside an object
OBJECT_LIMIT = 32 << 10  # characters of all texts and keys of one object
_KEY_LIMIT = 200
_DEPTH = 12
_SLACK = 4 << 10  # so that a secret is still whole where a text will be cut
_SHORTEST_SECRET = 8  # a shorter one would be found everywhere
_INT64 = 63

Known = Callable[[str], str]  # a text without the secrets that are known


class Cleaner:
    """Bounds and redacts: rules of the settings as for bodies, and the client's own authorization.

    Args:
        redactor: of the settings.
        authorization: the client's header; None: it sent none.
    """

    def __init__(self, redactor: Redactor, authorization: str | None = None) -> None:
        self._redactor = redactor
        secret = (authorization or "").rpartition(" ")[2]
        self._secret = secret if len(secret) >= _SHORTEST_SECRET else ""
        self._mask = redactor.mask(secret.encode("utf-8", "replace"))

    def __call__(self, **values: Any) -> list[Any]:
        """The texts, lists and objects, each of its own kind as before.

        values: by their column's name, which rules may name as a place: `$.text`.
        """
        rough = {name: _bounded(value, _SLACK, self._known) for name, value in values.items()}
        if self._redactor.has_body_rules:
            rough = self._ruled(rough)
        return [_bounded(value, 0, self._known) for value in rough.values()]

    def _known(self, text: str) -> str:
        return text.replace(self._secret, self._mask) if self._secret else text

    def _ruled(self, values: dict[str, Any]) -> dict[str, Any]:
        """What rules make of them; nothing of one where they leave none of its kind."""
        body = json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
        try:
            ruled = json.loads(self._redactor.request_body(body, None))
        except (ValueError, RecursionError):
            ruled = None
        found, mask = ruled if isinstance(ruled, dict) else {}, self._redactor.mask(body)
        return {
            name: found[name] if type(found.get(name)) is type(value) else _instead(value, mask)
            for name, value in values.items()
        }


def _instead(value: Any, mask: str) -> Any:
    return mask if isinstance(value, str) else type(value)()


def _bounded(value: Any, slack: int, known: Known) -> Any:
    if isinstance(value, str):
        return known(value[: TEXT_LIMIT + _SLACK])[: TEXT_LIMIT + slack]
    return _Inside(slack, known).value(value, 0)


class _Inside:
    """One object or list, of which only so much is taken."""

    def __init__(self, slack: int, known: Known) -> None:
        self._slack, self._known = slack, known
        self._left = OBJECT_LIMIT * (2 if slack else 1)

    def value(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if depth > _DEPTH or value is None or isinstance(value, bool):
            return value if depth <= _DEPTH else None
        if isinstance(value, dict):
            return {
                self._text(str(key), _KEY_LIMIT): self.value(inner, depth + 1)
                for key, inner in value.items()
                if self._left > 0
            }
        if isinstance(value, (list, tuple)):
            return [self.value(inner, depth + 1) for inner in value if self._left > 0]
        if isinstance(value, int):
            return value if -(1 << _INT64) <= value < 1 << _INT64 else None
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        return self._text(str(value), INNER_LIMIT)

    def _text(self, text: str, limit: int) -> str:
        text = self._known(text[: limit + _SLACK])[: limit + self._slack]
        self._left -= len(text)
        return text
