"""Texts of strangers, as much of them as a page may hold."""

import json
from dataclasses import dataclass

LIMIT = 20_000  # characters of one text
PAGE = 2_000_000  # characters of all texts of a page together
START, START_LINES = 600, 10  # what is shown of a long one until all of it is asked for
LITTLE = 200  # characters that are not worth folding
PRETTY = 200_000  # characters of JSON that are still indented


@dataclass(frozen=True, slots=True)
class Text:
    """A text. shown: what the page holds of it. start: its beginning. length: of all of it.

    code: whether it is JSON, whose signs stand below one another.
    """

    shown: str
    start: str
    length: int
    code: bool = False

    @property
    def folded(self) -> bool:
        """Whether only the beginning is seen at first."""
        return len(self.start) < len(self.shown)

    @property
    def cut(self) -> bool:
        """Whether the page does not hold all of it."""
        return len(self.shown) < self.length


class Budget:
    """What a page has left for texts, so that many long ones do not add up."""

    def __init__(self, left: int = PAGE) -> None:
        self.left = left

    def take(self, text: str, limit: int = LIMIT) -> Text:
        """The text, within what is left; at least its first line's beginning."""
        shown = text[: max(min(limit, self.left), LITTLE)]
        self.left -= len(shown)
        return Text(shown, _start(shown), len(text), shown.startswith(("{\n", "[\n")))


def pretty(text: str) -> str:
    """JSON objects and arrays indented; anything else as it stands."""
    if len(text) > PRETTY or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _start(text: str) -> str:
    lines = text[:START].split("\n")
    start = "\n".join(lines[:START_LINES])
    return text if len(text) - len(start) <= LITTLE and len(lines) <= START_LINES else start
