"""The keywords of JSON Schema (Draft 2020-12, validation vocabulary) that look at one value.

Each notes an error with a reason that a person understands. `format` is not asserted, as the draft
has it by default.
"""

from fractions import Fraction
from typing import Any

from driftgate.contracts.json_values import counted, cut, kind, named, plain, shown, size
from driftgate.contracts.schema_run import WIDE, Function, Place, Run

WORDS = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
_NUMBERS = (int, float)
_LISTED = 5  # names and values in one reason


def is_kind(value: Any, wanted: str) -> bool:
    """Whether a value is of a JSON Schema type."""
    have = kind(value)
    return have == wanted or (wanted == "number" and have == "integer")


def is_number(value: Any) -> bool:
    """Whether it is a number, true and false left out."""
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def listed(names: Any) -> str:
    """'a', 'b', 'c' and the number of the others."""
    names = list(names)
    told = ", ".join([shown(each) for each in names[:_LISTED]])
    return told + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")


def type_(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`type`."""
    if isinstance(wanted, str):
        if not is_kind(value, wanted):
            run.found(place, "type", f"must be {WORDS.get(wanted, wanted)}, is {named(value)}")
    elif not any(is_kind(value, each) for each in wanted):
        words = " or ".join([WORDS.get(each, each) for each in wanted])
        run.found(place, "type", f"must be {words}, is {named(value)}")


def enum(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`enum`."""
    if isinstance(value, str):
        if len(wanted) >= WIDE:
            run.spend(len(wanted) >> 4)
        fits = value in wanted  # only a text equals a text
    else:
        run.spend(size(wanted) + size(value))
        have = plain(value)
        fits = any(plain(each) == have for each in wanted)
    if not fits:
        run.found(place, "enum", f"{shown(value)} is not one of {listed(wanted)}")


def const(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`const`."""
    run.spend(size(wanted) + size(value))
    if plain(value) != plain(wanted):
        run.found(place, "const", f"must be {shown(wanted)}, is {named(value)}")


def minimum(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`minimum`."""
    if is_number(value) and value < wanted:
        run.found(place, "minimum", f"must be {shown(wanted)} or more, is {shown(value)}")


def maximum(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`maximum`."""
    if is_number(value) and value > wanted:
        run.found(place, "maximum", f"must be at most {shown(wanted)}, is {shown(value)}")


def exclusive_minimum(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`exclusiveMinimum`."""
    if is_number(value) and value <= wanted:
        run.found(place, "exclusiveMinimum", f"must be above {shown(wanted)}, is {shown(value)}")


def exclusive_maximum(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`exclusiveMaximum`."""
    if is_number(value) and value >= wanted:
        run.found(place, "exclusiveMaximum", f"must be below {shown(wanted)}, is {shown(value)}")


def multiple_of(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`multipleOf`, by the decimal digits: 0.3 is a multiple of 0.1."""
    if not is_number(value):
        return
    run.spend(20)
    try:
        fits = (_exact(value) / _exact(wanted)).denominator == 1
    except (ValueError, OverflowError, ZeroDivisionError):  # infinite, or not a number
        fits = False
    if not fits:
        run.found(place, "multipleOf", f"must be a multiple of {shown(wanted)}, is {shown(value)}")


def _exact(value: float) -> Fraction:
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def min_length(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`minLength`."""
    if isinstance(value, str) and len(value) < wanted:
        told = f"needs {counted(wanted, 'character')} or more, has {len(value)}"
        run.found(place, "minLength", told if value else "must not be empty")


def max_length(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`maxLength`."""
    if isinstance(value, str) and len(value) > wanted:
        told = f"may have at most {counted(wanted, 'character')}, has {len(value)}"
        run.found(place, "maxLength", told)


def pattern(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`pattern`."""
    if isinstance(value, str) and not run.search(wanted, value):
        run.found(place, "pattern", f"{shown(value)} does not match {cut(wanted)}")


def min_items(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`minItems`."""
    if isinstance(value, list) and len(value) < wanted:
        told = f"needs {counted(wanted, 'item')} or more, has {len(value)}"
        run.found(place, "minItems", told if value else "must not be empty")


def max_items(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`maxItems`."""
    if isinstance(value, list) and len(value) > wanted:
        told = f"may have at most {counted(wanted, 'item')}, has {len(value)}"
        run.found(place, "maxItems", told)


def unique_items(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`uniqueItems`, by hashing, so that it takes one look at each item."""
    if not wanted or not isinstance(value, list):
        return
    run.spend(size(value))
    seen: dict[Any, int] = {}
    for index, each in enumerate(value):
        first = seen.setdefault(plain(each), index)
        if first != index:
            told = f"items {first} and {index} are the same: {shown(each)}"
            run.found(place, "uniqueItems", told)
            return


def min_properties(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`minProperties`."""
    if isinstance(value, dict) and len(value) < wanted:
        told = f"needs {counted(wanted, 'property')} or more, has {len(value)}"
        run.found(place, "minProperties", told)


def max_properties(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`maxProperties`."""
    if isinstance(value, dict) and len(value) > wanted:
        told = f"may have at most {counted(wanted, 'property')}, has {len(value)}"
        run.found(place, "maxProperties", told)


def required(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`required`."""
    if not isinstance(value, dict):
        return
    if len(wanted) >= WIDE:
        run.spend(len(wanted) >> 4)
    for name in wanted:
        if name not in value:
            run.found(place, "required", f"{shown(name)} is missing")


def dependent_required(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`dependentRequired`."""
    if not isinstance(value, dict):
        return
    for name, others in wanted.items():
        run.spend(1 + len(others) if name in value else 1)
        for other in others if name in value else ():
            if other not in value:
                told = f"{shown(other)} is missing; {shown(name)} needs it"
                run.found(place, "dependentRequired", told)


LEAVES: dict[str, Function] = {
    "type": type_,
    "enum": enum,
    "const": const,
    "minimum": minimum,
    "maximum": maximum,
    "exclusiveMinimum": exclusive_minimum,
    "exclusiveMaximum": exclusive_maximum,
    "multipleOf": multiple_of,
    "minLength": min_length,
    "maxLength": max_length,
    "pattern": pattern,
    "minItems": min_items,
    "maxItems": max_items,
    "uniqueItems": unique_items,
    "minProperties": min_properties,
    "maxProperties": max_properties,
    "required": required,
    "dependentRequired": dependent_required,
}
