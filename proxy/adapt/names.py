"""Tools of every type under the name of a plain function, and back.

A function's name has at most 64 of the characters a-z, A-Z, 0-9, _ and - (OpenAI's rule, which
local servers keep in their grammars).
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from driftgate.proxy.dialects.lenient import listing, string

NAME_LIMIT = 64  # characters
Key = tuple[str | None, str]  # namespace and name

_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")
_MARK = 8  # characters of the hash that tells cut or equal names apart


@dataclass(frozen=True, slots=True)
class Origin:
    """A tool as the client declared it. kind: function or custom."""

    kind: str
    name: str
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class ToolMap:
    """What tools were sent as.

    origins: by the name that was sent; plain functions, which keep theirs, are not in it.
    dropped: the tools that were not sent, as `type` or `type name`.
    """

    origins: Mapping[str, Origin] = field(default_factory=dict)
    sent: Mapping[Key, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    def sent_name(self, namespace: str | None, name: str) -> str:
        """The name under which a tool is sent, declared in this request or not."""
        known = self.sent.get((namespace, name))
        if known is not None:
            return known
        return flat_name(namespace, name) if namespace else name


def flat_name(namespace: str | None, name: str) -> str:
    """`namespace__name`, within the limits of a function's name."""
    whole = f"{namespace}__{name}" if namespace else name
    allowed = _FOREIGN.sub("_", whole)
    return allowed if len(allowed) <= NAME_LIMIT else _marked(allowed, whole)


def _marked(allowed: str, whole: str) -> str:
    mark = hashlib.blake2b(whole.encode("utf-8", "replace"), digest_size=_MARK // 2).hexdigest()
    return f"{allowed[: NAME_LIMIT - _MARK - 1]}_{mark}"


def tool_map(declared: Any) -> ToolMap:
    """Names for all tools of a Responses request; plain functions keep theirs."""
    entries = list(entries_of(declared))
    taken = {name for kind, namespace, name, _ in entries if kind == "function" and not namespace}
    origins: dict[str, Origin] = {}
    sent: dict[Key, str] = {}
    for kind, namespace, name, _ in entries:
        if kind == "function" and not namespace:
            continue
        flat = flat_name(namespace, name)
        step = 0
        while flat in taken:
            step += 1
            flat = _marked(flat_name(namespace, name), f"{kind} {namespace} {name} {step}")
        taken.add(flat)
        origins[flat] = Origin(kind, name, namespace)
        sent.setdefault((namespace, name), flat)
    return ToolMap(origins, sent)


def entries_of(declared: Any) -> Iterator[tuple[str, str | None, str, dict[str, Any]]]:
    """Each function and custom tool: kind, namespace, name, declaration."""
    for tool in listing(declared):
        if not isinstance(tool, dict):
            continue
        if tool.get("type") == "namespace":
            namespace = string(tool.get("name")) or ""
            for inner in listing(tool.get("tools")):
                if isinstance(inner, dict):
                    yield from _entry(inner, namespace)
        else:
            yield from _entry(tool, None)


def _entry(
    tool: dict[str, Any], namespace: str | None
) -> Iterator[tuple[str, str | None, str, dict[str, Any]]]:
    kind, name = tool.get("type", "function"), string(tool.get("name"))
    if kind in ("function", "custom") and name is not None:
        yield kind, namespace, name, tool
