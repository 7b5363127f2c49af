"""One clear line for what is wrong with a contract's file: file, line, place, and what to do."""

import typing
from collections.abc import Iterator
from difflib import get_close_matches
from types import UnionType
from typing import Any

from pydantic import BaseModel, ValidationError

from driftgate.contracts.contract import Contract
from driftgate.contracts.json_values import shown
from driftgate.contracts.schema import SchemaProblem

Path = tuple[str | int, ...]
_EXPECTED = {
    "bool": "true or false",
    "dict": "a table",
    "float": "a number",
    "finite": "a number",
    "int": "a whole number",
    "is": "a table",
    "list": "a list",
    "model": "a table",
    "string": "a text",
    "tuple": "a list",
}
_LIMITS = {
    "ge": "{} or more",
    "gt": "more than {}",
    "le": "at most {}",
    "min_length": "a length of {} or more",
    "max_length": "a length of at most {}",
    "pattern": "lower-case letters, digits, _ and -",
}
_RESEMBLANCE = 0.6


class ContractError(ValueError):
    """A contract that cannot be used: `FILE:LINE: path: what is wrong; what to do`, in one line."""


def dotted(path: Path) -> str:
    """`output.tools.names[0]`."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def first_problem(error: ValidationError, raw: Any) -> tuple[Path, str, str]:
    """(path, pointer below it, what is wrong) of the problem to tell first."""
    problems = error.errors(include_url=False)
    # A name that is unknown is told before what is missing because of it.
    problem = min(problems, key=lambda each: each["type"] != "extra_forbidden")
    path = _within(tuple(problem["loc"]), raw)
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, SchemaProblem):
        return path, cause.path, cause.reason
    return path, "", _told(dict(problem), path)


def _within(loc: Path, raw: Any) -> Path:
    """Pydantic's place without what stands for types in it: what is in the file, and one key more."""
    path: Path = ()
    for key in loc:
        inside = isinstance(raw, list) and isinstance(key, int) and key < len(raw)
        if not inside and not (isinstance(raw, dict) and isinstance(key, str)):
            break
        if key == "[key]" and key not in raw:  # the name of the key before it is wrong
            break
        path = (*path, key)
        if isinstance(raw, dict) and key not in raw:
            break
        raw = raw[key]
    return path


def _told(problem: dict[str, Any], path: Path) -> str:
    kind: str = problem["type"]
    context: dict[str, Any] = problem.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key{_hint(path)}"
    if kind == "missing":
        return "is missing; add it"
    if kind == "value_error":
        return str(context["error"])
    return _wrong_value(problem, context)


def _wrong_value(problem: dict[str, Any], context: dict[str, Any]) -> str:
    kind: str = problem["type"]
    value = shown(problem["input"])
    if kind in ("literal_error", "enum"):
        words = context["expected"].replace(" or ", ", ").replace("'", "")
        return f"{value} is unknown; give one of {words}"
    for limit, words in _LIMITS.items():
        if limit in context:
            return f"{value} cannot be; give {words.format(context[limit])}"
    expected = _EXPECTED.get(kind.split("_", 1)[0])
    return f"is {value}; give {expected}" if expected else str(problem["msg"])


def _hint(path: Path) -> str:
    """The known key that was probably meant, or all there are."""
    known = list(_names_at(tuple(key for key in path[:-1] if isinstance(key, str))))
    near = get_close_matches(str(path[-1]), known, n=1, cutoff=_RESEMBLANCE)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known: {', '.join(known)}" if known else "; leave it out"


def _names_at(path: tuple[str, ...]) -> Iterator[str]:
    model: type[BaseModel] = Contract
    for name in path:
        fields = {field.alias or key: field for key, field in model.model_fields.items()}
        below = _model_in(fields[name].annotation) if name in fields else None
        if below is None:
            return
        model = below
    yield from (field.alias or name for name, field in model.model_fields.items())


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (tuple, UnionType, typing.Union):
        models = map(_model_in, typing.get_args(annotation))
        return next((model for model in models if model is not None), None)
    return None
