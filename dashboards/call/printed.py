"""JSON printed one value a line, with the place of each value and key in it."""

import json
from dataclasses import dataclass, field
from typing import Any

MOST = 20_000  # values; what is behind is left out
DEEPEST = 100  # levels; what is deeper stands on one line
_INDENT = "  "

Path = tuple[str, ...]  # as a JSON Pointer has it: list items by their number, as text
Place = tuple[int, int, int]  # line from 0, and from which character of it to which


@dataclass(slots=True)
class Printed:
    """lines: of the text. values, keys: where each value stands (its first line), and its key."""

    lines: list[str] = field(default_factory=list)
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    left: int = MOST

    def write(self, value: Any, path: Path, head: str, tail: str) -> None:
        """A value behind `head` on a line of its own, and what it holds below it."""
        self.left -= 1
        depth = len(path)
        if isinstance(value, dict | list) and value and depth < DEEPEST:
            self._open(value, path, head)
            inside = value.items() if isinstance(value, dict) else enumerate(value)
            last = len(value) - 1
            for number, (key, inner) in enumerate(inside):
                if self.left <= 0:
                    self.lines.append(_INDENT * (depth + 1) + "...")
                    break
                below = (*path, str(key))
                start = _INDENT * (depth + 1)
                if isinstance(value, dict):
                    name = _told(str(key))
                    self.keys[below] = (len(self.lines), len(start), len(start) + len(name))
                    start += f"{name}: "
                self.write(inner, below, start, "," if number < last else "")
            self.lines.append(_INDENT * depth + ("}" if isinstance(value, dict) else "]") + tail)
            return
        told = _told(value)
        self.values[path] = (len(self.lines), len(head), len(head) + len(told))
        self.lines.append(head + told + tail)

    def _open(self, value: Any, path: Path, head: str) -> None:
        self.values[path] = (len(self.lines), len(head), len(head) + 1)
        self.lines.append(head + ("{" if isinstance(value, dict) else "["))


def printed(value: Any) -> Printed:
    """The value, printed."""
    made = Printed()
    made.write(value, (), "", "")
    return made


def path_of(pointer: str) -> Path:
    """A JSON Pointer without its leading slash as a path; empty: the value itself."""
    if not pointer:
        return ()
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/"))


def _told(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return "..."
