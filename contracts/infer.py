"""A JSON Schema that recorded answers fit: a proposal, to be read by a person.

Rules, all of them on purpose cautious:
- A property is required where every object at that place has it.
- Strings are an `enum` where at least 20 were seen at a place, at most 10 distinct ones, each at
  least twice and at most 60 characters long.
- `additionalProperties` is false where at least 20 objects were seen, and none of their properties
  in less than 5 % of them: a long tail of names would not end here.
- Lengths, minima and maxima are not guessed. Whole numbers are `integer` where no other was seen.
- Rare shapes (a kind, a missing or a surplus property in less than 5 % of a place's values) are
  left out with the answers that have them, as long as those are less than 5 % of all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.contracts.json_values import canonical, kind
from driftgate.contracts.schema import OutOfSteps, SchemaProblem, schema_of
from driftgate.contracts.shapes import DEPTH_LIMIT, Path, Shape, shapes_of, walk

DRAFT = "https://json-schema.org/draft/2020-12/schema"
RARE = 0.05
ENOUGH = 20  # values from which an enum or a closed object is concluded
_TOLD = 20  # rare shapes named
Feature = tuple[Path, str, str]  # place; kind, without or with; the kind or the property


@dataclass(frozen=True, slots=True)
class Inferred:
    """A schema and how many of all values fit it. left_out: the rare shapes, one line each."""

    schema: dict[str, Any]
    fits: int
    total: int
    left_out: tuple[str, ...] = ()


def infer(values: Sequence[Any], *, rare: float = RARE) -> Inferred:
    """A schema (Draft 2020-12) for the values, JSON as Python reads it.

    rare: the share below which shapes are left out; 0 leaves out nothing, and every value fits.
    Deeper than 16 levels, or beyond 2,000 places, anything fits.
    """
    shapes = shapes_of(values)
    dropped, told = _left_out(values, shapes, rare)
    if dropped:
        shapes = shapes_of([value for n, value in enumerate(values) if n not in dropped])
    schema = {"$schema": DRAFT, **_schema((), shapes)}
    return Inferred(schema, _fitting(schema, values), len(values), told)


def _fitting(schema: dict[str, Any], values: Sequence[Any]) -> int:
    try:
        judge = schema_of(canonical(schema))
    except SchemaProblem:
        return 0

    def fits(value: Any) -> bool:
        try:
            return not judge.errors(value)
        except OutOfSteps:
            return False

    return sum(map(fits, values))


def _schema(path: Path, shapes: dict[Path, Shape]) -> dict[str, Any]:
    shape = shapes.get(path)
    if shape is None or not shape.count:
        return {}
    kinds = _kinds(shape)
    schema: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    texts = _texts(shape, kinds)
    if texts:
        schema["enum"] = texts
    if "object" in kinds:
        schema.update(_object(path, shape, shapes))
    if "array" in kinds and len(path) < DEPTH_LIMIT:
        items = _schema((*path, None), shapes)
        schema.update({"items": items} if items else {})
    return schema


def _kinds(shape: Shape) -> list[str]:
    """Null last; a number takes in the integers."""
    kinds = sorted(shape.kinds, key=lambda each: (each == "null", each))
    return [each for each in kinds if each != "integer" or "number" not in kinds]


def _texts(shape: Shape, kinds: list[str]) -> list[str | None] | None:
    texts = shape.texts
    if texts is None or set(kinds) - {"null"} != {"string"}:
        return None
    if texts.total() < ENOUGH or min(texts.values()) < 2:  # noqa: PLR2004 - seen again
        return None
    return [*sorted(texts), *([None] if "null" in kinds else [])]


def _object(path: Path, shape: Shape, shapes: dict[Path, Shape]) -> dict[str, Any]:
    objects = shape.kinds["object"]
    made: dict[str, Any] = {}
    if not shape.is_map and len(path) < DEPTH_LIMIT:
        made["properties"] = {name: _schema((*path, name), shapes) for name in shape.names}
    required = [name for name, count in shape.names.items() if count == objects]
    if required:
        made["required"] = required
    usual = all(count >= RARE * objects for count in shape.names.values())
    if "properties" in made and objects >= ENOUGH and usual:
        made["additionalProperties"] = False
    return made


def _left_out(
    values: Sequence[Any], shapes: dict[Path, Shape], rare: float
) -> tuple[set[int], tuple[str, ...]]:
    """The values left out, and why: the rarest shapes first, while there is room for them."""
    having: dict[Feature, set[int]] = {}
    for number, value in enumerate(values):
        for feature in _rare_features(value, shapes, rare):
            having.setdefault(feature, set()).add(number)
    dropped: set[int] = set()
    told: list[str] = []
    for feature, numbers in sorted(having.items(), key=lambda pair: len(pair[1])):
        if len(dropped | numbers) < rare * len(values):
            dropped |= numbers
            told.append(_sentence(feature, len(numbers)))
    return dropped, tuple(told[:_TOLD])


def _rare_features(value: Any, shapes: dict[Path, Shape], rare: float) -> Iterator[Feature]:
    for path, inner in walk(value):
        shape = shapes.get(path)
        if shape is None:
            continue
        found = kind(inner)
        if shape.kinds[found] < rare * shape.count and not _taken_in(found, shape, rare):
            yield path, "kind", found
        if isinstance(inner, dict) and not shape.is_map:
            yield from _rare_names(path, inner, shape, rare)


def _taken_in(found: str, shape: Shape, rare: float) -> bool:
    """An integer among numbers is none of another kind."""
    return found == "integer" and shape.kinds["number"] >= rare * shape.count


def _rare_names(path: Path, value: dict[str, Any], shape: Shape, rare: float) -> Iterator[Feature]:
    objects = shape.kinds["object"]
    for name, count in shape.names.items():
        if name in value and count < rare * objects:
            yield path, "with", name
        if name not in value and objects - count < rare * objects:
            yield path, "without", name


def _sentence(feature: Feature, count: int) -> str:
    path, what, name = feature
    place = "/".join("*" if part is None else part for part in path) or "the whole"
    how = f"{place} is of kind {name}" if what == "kind" else f"{place} {what} {name}"
    return f"{count} answer{'' if count == 1 else 's'}: {how}"
