"""What JSON values look like, place by place: kinds, property names, few distinct strings."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from driftgate.contracts.json_values import kind

Path = tuple[str | None, ...]  # property names; None is an item of an array
DEPTH_LIMIT = 16  # what lies deeper may be anything
PLACES_LIMIT = 2000  # places described; a value at another may be anything
NAMES_LIMIT = 100  # an object with more names is a map: its names are data
TEXTS_LIMIT = 10  # distinct strings worth listing
TEXT_LENGTH = 60  # characters of such a string


@dataclass(slots=True)
class Shape:
    """What was seen at one place. names: objects that have the property. texts: None: too many."""

    kinds: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] | None = field(default_factory=Counter)
    is_map: bool = False

    @property
    def count(self) -> int:
        """How many values were seen here."""
        return self.kinds.total()

    def see(self, value: Any) -> None:
        """One more value."""
        self.kinds[kind(value)] += 1
        if isinstance(value, str):
            self._see_text(value)
        elif isinstance(value, dict):
            self._see_names(value)

    def _see_text(self, value: str) -> None:
        if self.texts is None:
            return
        self.texts[value] += 1
        if len(value) > TEXT_LENGTH or len(self.texts) > TEXTS_LIMIT:
            self.texts = None

    def _see_names(self, value: dict[str, Any]) -> None:
        for name in value:
            if name in self.names or len(self.names) < NAMES_LIMIT:
                self.names[name] += 1
            else:
                self.is_map = True


def walk(value: Any) -> Iterator[tuple[Path, Any]]:
    """Every value inside with its place, itself first, down to the depth limit."""
    rest: list[tuple[Path, Any]] = [((), value)]
    while rest:
        path, each = rest.pop()
        yield path, each
        if len(path) < DEPTH_LIMIT:
            rest.extend(_inner(path, each))


def _inner(path: Path, value: Any) -> list[tuple[Path, Any]]:
    if isinstance(value, dict):
        return [((*path, name), inner) for name, inner in reversed(value.items())]
    if isinstance(value, list):
        return [((*path, None), inner) for inner in reversed(value)]
    return []


def shapes_of(values: Sequence[Any]) -> dict[Path, Shape]:
    """What was seen, by place."""
    shapes: dict[Path, Shape] = {}
    for value in values:
        for path, inner in walk(value):
            shape = shapes.get(path)
            if shape is None:
                if not _room_for(path, shapes):
                    continue
                shape = shapes[path] = Shape()
            shape.see(inner)
    return shapes


def _room_for(path: Path, shapes: dict[Path, Shape]) -> bool:
    """Whether a new place is described: there is room, and its object knows the name."""
    if len(shapes) >= PLACES_LIMIT:
        return False
    if not path:
        return True
    parent = shapes.get(path[:-1])
    return parent is not None and (path[-1] is None or path[-1] in parent.names)
