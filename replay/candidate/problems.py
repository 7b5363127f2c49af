"""What pydantic found wrong, as the place and one line for a person."""

import typing
from difflib import get_close_matches
from types import UnionType
from typing import Any

from pydantic import BaseModel, ValidationError

from driftgate.contracts.json_values import shown
from driftgate.proxy.settings.upstream import without_userinfo

Place = tuple[str | int, ...]

_EXPECTED = {
    "bool": "true or false",
    "dict": "a table",
    "float": "a number",
    "finite": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "a table",
    "path": "the name of a folder",
    "string": "a text",
    "tuple": "a list",
}
_LIMITS = {
    "ge": "{} or more",
    "gt": "more than {}",
    "le": "at most {}",
    "min_length": "a length of {} or more",
    "max_length": "a length of at most {}",
}
_SECRET = ("api_key_env", "headers_env")  # what stands there by mistake may be the secret itself


def problem_of(error: ValidationError, model: type[BaseModel]) -> tuple[Place, str]:
    """(place, what is wrong and what to do) of the problem to tell first: an unknown name, if any."""
    problems = error.errors(include_url=False)
    problem: dict[str, Any] = {**min(problems, key=lambda each: each["type"] != "extra_forbidden")}
    place = _place(tuple(problem["loc"]), model)
    place = (*place, *getattr(problem.get("ctx", {}).get("error"), "place", ()))
    return place, " ".join(without_userinfo(_told(problem, place, model)).split())


def dotted(place: Place) -> str:
    """`tools.drop[0]`."""
    text = ""
    for key in place:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def hint(name: str, names: list[str]) -> str:
    """The known name that was probably meant, or all there are."""
    near = get_close_matches(name, names, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}"


def _told(problem: dict[str, Any], place: Place, model: type[BaseModel]) -> str:
    kind: str = problem["type"]
    context: dict[str, Any] = problem.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key; {hint(str(place[-1]), _names_at(place[:-1], model))}"
    if kind == "value_error":
        return str(context["error"])
    value = "what is given" if place and place[0] in _SECRET else shown(problem["input"])
    if kind == "literal_error":
        words = context["expected"].replace(" or ", ", ").replace("'", "")
        return f"{value} is unknown; give one of {words}"
    for limit, words in _LIMITS.items():
        if limit in context:
            return f"{value} cannot be; give {words.format(context[limit])}"
    expected = _EXPECTED.get(kind.split("_", 1)[0])
    return f"{value} cannot be; give {expected}" if expected else str(problem["msg"])


def _place(loc: Place, model: type[BaseModel]) -> Place:
    """Pydantic's place without what stands for types in it, such as `constrained-str`."""
    place: Place = ()
    at: type[BaseModel] | None = model
    for key in loc:
        if at is not None and isinstance(key, str):
            field = at.model_fields.get(key)
            place = (*place, key)
            at = None if field is None else _model_in(field.annotation)
        elif isinstance(key, int):
            place = (*place, key)
    return place


def _names_at(place: Place, model: type[BaseModel]) -> list[str]:
    at: type[BaseModel] | None = model
    for key in place:
        field = at.model_fields.get(str(key)) if at is not None else None
        at = None if field is None else _model_in(field.annotation)
    return list(at.model_fields) if at is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (UnionType, typing.Union):
        models = map(_model_in, typing.get_args(annotation))
        return next((each for each in models if each is not None), None)
    return None
