"""A TOML file into a model, or the one line that says where and what is wrong with it."""

import tomllib
import typing
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from driftgate.contracts.json_values import shown
from driftgate.contracts.positions import line_of, toml_lines
from driftgate.contracts.problems import dotted
from driftgate.proxy.errors import UsageError

SIZE_LIMIT = 1_000_000  # bytes
_M = TypeVar("_M", bound=BaseModel)
Place = tuple[str | int, ...]
_LIMITS = {"ge": "{:g} or more", "gt": "more than {:g}", "le": "at most {:g}"}
_EXPECTED = {
    "bool": "true or false",
    "dict": "a table",
    "float": "a number",
    "finite": "a number",
    "int": "a whole number",
    "mapping": "a table",
    "model": "a table",
    "string": "a text",
    "tuple": "a list",
}


def read(path: Path, model: type[_M]) -> _M:
    """The file's content.

    Raises:
        UsageError: it cannot be read, is no TOML, or does not fit the model.
    """
    text = _text(path)
    raw = _toml(path, text)
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        place, told = _first(error, raw, model)
        where = f"{path}:{line_of(toml_lines(text), place)}"
        raise UsageError(": ".join([where, *([dotted(place)] if place else []), told])) from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > SIZE_LIMIT:
        raise UsageError(f"{path}: is over {SIZE_LIMIT:,} bytes; make it smaller")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: is not UTF-8; save it as UTF-8") from None


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rpartition(" (at ")
        words = where.rstrip(")").replace(",", " ").split()
        numbers = [int(word) for word in words if word.isdigit()]
        line = numbers[0] if numbers else text.rstrip("\n").count("\n") + 1  # "end of document"
        raise UsageError(f"{path}:{line}: is no TOML: {what or error}; correct it") from None
    except RecursionError:
        raise UsageError(f"{path}:1: is nested too deeply; make it flatter") from None
    except ValueError as error:  # numbers of thousands of digits, dates that do not exist
        raise UsageError(f"{path}:1: is no TOML: {error}; correct it") from None


def _first(error: ValidationError, raw: Any, model: type[BaseModel]) -> tuple[Place, str]:
    """Where and what is wrong: unknown keys first, since others may be missing because of them."""
    problems = error.errors(include_url=False)
    problem = min(problems, key=lambda each: each["type"] != "extra_forbidden")
    place = _within(problem["loc"], raw)
    return place, " ".join(_told(dict(problem), place, model).split())


def _within(loc: Place, raw: Any) -> Place:
    """Pydantic's place without what stands for types and keys in it."""
    place: Place = ()
    for key in loc:
        known = isinstance(raw, list) and isinstance(key, int) and key < len(raw)
        if not known and not (isinstance(raw, dict) and key in raw):
            break
        place, raw = (*place, key), raw[key]
    return place


def _told(problem: dict[str, Any], place: Place, model: type[BaseModel]) -> str:
    kind, context = str(problem["type"]), problem.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key{_hint(place, model)}"
    if kind == "value_error":
        return str(context["error"])
    value = shown(problem["input"])
    for limit, words in _LIMITS.items():
        if limit in context:
            return f"{value} cannot be; give {words.format(context[limit])}"
    expected = _EXPECTED.get(kind.split("_", 1)[0])
    return f"is {value}; give {expected}" if expected else str(problem["msg"])


def _hint(place: Place, model: type[BaseModel]) -> str:
    """The known key that was probably meant, or all that there are."""
    *above, name = place
    for key in above:
        below = model.model_fields[str(key)].annotation
        if not (typing.get_origin(below) is None and isinstance(below, type)):
            return ""
        model = below
    known = list(model.model_fields)
    near = get_close_matches(str(name), known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(known)}"
