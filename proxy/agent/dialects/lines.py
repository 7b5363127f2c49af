"""A step in one line for people: `$ ls -la`, `exit 0`, `update src/main.py`. Pure."""

import re

from driftgate.proxy.agent.steps import Item, Kind

WIDTH = 200  # characters of a command, a path or a title
DONE = "completed"
GIVEN = "given"  # an approval that was asked for
# white space, and what does not print or turns the direction of what stands after it
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


def begun(title: str) -> str:
    """A command that begins to run."""
    return f"$ {one_line(title)}"


def ended(item: Item) -> str:
    """How a command ended: `exit 0`, or Codex's word where it has no exit code."""
    return one_line(item.status) if item.exit_code is None else f"exit {item.exit_code}"


def told(item: Item) -> list[str]:
    """Anything else that is no message and no thought; empty where there is nothing to say."""
    fate = "" if item.status == DONE else f": {one_line(item.status)}"
    if item.kind is Kind.APPROVAL:
        fate = fate or f": {GIVEN}"
    if item.kind is Kind.FILE_CHANGE and item.changes:
        return [f"{kind} {one_line(path)}{fate}" for kind, path, _ in item.changes]
    title = one_line(item.title)
    if item.kind is Kind.COMPACTION:
        title = title or "history shortened"
    elif item.kind in (Kind.APPROVAL, Kind.FILE_CHANGE):
        title = f"{item.kind.value.replace('_', ' ')} {title}".strip()
    return [f"{title}{fate}"] if title else []


def one_line(text: str) -> str:
    """The text in one line of bounded width; what is left out is an ellipsis."""
    line = _BLANKS.sub(" ", text[: 2 * WIDTH]).strip()
    return line if len(text) <= 2 * WIDTH and len(line) <= WIDTH else f"{line[:WIDTH].rstrip()} …"
