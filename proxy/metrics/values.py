"""Label values that strangers write: few, short, and of plain text. Pure but for its memory."""

from collections.abc import Iterable

OTHER = "other"  # the rest
LENGTH = 100  # characters of one value
# labels that clients, models or people name, and how many values each may have; of the others, which
# are words of driftgate's own, a journal of another version may bring a few more
STRANGERS = {"upstream": 30, "model": 100, "contract": 100, "keyword": 100, "fallback": 100}
OURS = 30
MEAN_LENGTH = 40  # bytes, that so many values may have


class Values:
    """The values of one label: the first that come, and `other` for what comes when it is full.

    Room is bounded in bytes too, as they stand in JSON, so that an exposition stays small whatever
    names are chosen.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._room = limit * MEAN_LENGTH
        self._known: set[str] = {"", OTHER}

    def admit(self, value: object) -> str:
        """The value as a label shows it; no text at all is an empty one, which Prometheus takes for none."""
        text = plain(value)
        if text in self._known:
            return text
        size = sum(_size(char) for char in text)
        if len(self._known) >= self._limit + 2 or size > self._room:
            return OTHER
        self._room -= size
        self._known.add(text)
        return text


class Vocabulary:
    """The values of all labels; metrics share them, so that they agree on what `other` is."""

    def __init__(self) -> None:
        self._values: dict[str, Values] = {}

    def of(self, labels: Iterable[str]) -> tuple[Values, ...]:
        """The values of these labels."""
        return tuple(
            self._values.setdefault(label, Values(STRANGERS.get(label, OURS))) for label in labels
        )


def _size(char: str) -> int:
    """Bytes of it at most, in a metric's text that is JSON again."""
    if char in '"\\':
        return 4
    return 1 if char.isascii() else 12


def plain(value: object) -> str:
    """Cut, and without what is no text: control and direction characters, lone surrogates."""
    if not isinstance(value, str):
        return ""
    text = value[:LENGTH]
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "?" for char in text)
