"""A TOML file into a model, or the one line that says where and what is wrong with it."""

import typing
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from driftgate.contracts.json_values import shown
from driftgate.contracts.positions import line_of, toml_lines
from driftgate.contracts.problems import dotted
from driftgate.contracts.text_files import text_of, toml_of
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
    text = text_of(path, SIZE_LIMIT, UsageError)
    raw = toml_of(path, text, UsageError)
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        place, told = _first(error, raw, model)
        where = f"{path}:{line_of(toml_lines(text), place)}"
        raise UsageError(": ".join([where, *([dotted(place)] if place else []), told])) from None


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
