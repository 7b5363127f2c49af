"""Values as commands write them."""

import json
from typing import Any

from driftgate.proxy.harmless import json_safe
from driftgate.proxy.history.values import plain


def counted(count: int, noun: str) -> str:
    """A number and what it counts: 1 call, 2 calls."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def as_json(value: Any, indent: int | None = None) -> str:
    """`value` as JSON text: characters as they are, but none that could harm a terminal."""
    return json_safe(json.dumps(plain(value), ensure_ascii=False, indent=indent))
