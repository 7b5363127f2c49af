"""JSON values: of which kind they are, whether two are equal, and how a person reads them.

Values of strangers: a number may have a million digits and a list a million items, so that nothing
here prints a whole value.
"""

import json
from hashlib import blake2b
from typing import Any
from uuid import UUID

SHOWN = 60  # characters of a value in a reason
_LARGE = 10**18  # a whole number beyond it is not written out


def kind(value: Any) -> str:
    """The JSON Schema type of a value; `integer` for whole numbers, 1.0 included."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    if value is None:
        return "null"
    return "array" if isinstance(value, list | tuple) else "object"


def cut(text: str, limit: int = SHOWN) -> str:
    """The text, its rest replaced by dots where it is longer."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def shown(value: Any) -> str:
    """A value in a sentence: 'seven', 7, true, null, a list of 3 items."""
    if isinstance(value, str):
        return f"'{cut(value)}'"
    if isinstance(value, list | tuple):
        return f"a list of {counted(len(value), 'item')}"
    if isinstance(value, dict):
        return f"an object with {counted(len(value), 'property')}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGE:
        return "a very large number"
    return {True: "true", False: "false", None: "null"}[value] if _is_word(value) else repr(value)


def number(value: float) -> str:
    """A number in a sentence: a whole one without a point, any other as short as it can be."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) <= _LARGE
    return shown(int(value) if whole else value)


def named(value: Any) -> str:
    """As `shown`, with its kind: the text 'seven', the number 7."""
    if isinstance(value, str):
        return f"the text {shown(value)}"
    told = shown(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"the number {told}" if is_number and not told.startswith("a ") else told


def counted(number: int, what: str) -> str:
    """`1 item`, `3 items`, `2 properties`."""
    if number == 1:
        return f"1 {what}"
    return f"{number} {what[:-1]}ies" if what.endswith("y") else f"{number} {what}s"


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def plain(value: Any) -> Any:
    """A hashable stand-in: two values have equal ones when JSON Schema calls them equal.

    1 and 1.0 are equal, 1 and true are not; the order of an object's properties does not count.
    """
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, list | tuple):
        return (list, tuple([plain(each) for each in value]))
    if isinstance(value, dict):
        return (dict, frozenset([(key, plain(each)) for key, each in value.items()]))
    return value


def size(value: Any) -> int:
    """How many values there are in it, itself included."""
    count, rest = 0, [value]
    while rest:
        each = rest.pop()
        count += 1
        if isinstance(each, dict):
            rest.extend(each.values())
        elif isinstance(each, list | tuple):
            rest.extend(each)
    return count


def depth_within(value: Any, limit: int) -> bool:
    """Whether objects and lists are nested at most so deep."""
    level = [value]
    for _ in range(limit + 1):
        if not level:
            return True
        level = [inner for each in level for inner in _children(each)]
    return not level


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []


def canonical(value: Any) -> str:
    """The one JSON text of a value: keys sorted, no blanks, ASCII alone."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def content_hash(value: Any) -> str:
    """BLAKE2b-128 over the canonical text, as the text of a UUID."""
    data = canonical(value).encode("ascii")
    return str(UUID(bytes=blake2b(data, digest_size=16).digest()))
