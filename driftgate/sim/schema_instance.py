"""An instance that satisfies a JSON Schema: what grammar-guided decoding gives, from rules.

Known: type, enum, const, properties, required, items, prefixItems, minItems, maxItems,
minLength, maxLength, format, minimum, maximum and their exclusive kin, multipleOf, anyOf, oneOf,
allOf, local $ref. What it makes is validated before anybody sees it.
"""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from driftgate.sim.ask import Json, SimError
from driftgate.sim.dice import Dice
from driftgate.sim.schema_scalars import number, string

_DEPTH = 12  # levels after which only what is required is made
_TOO_DEEP = 40
_TRIES = 4


def satisfying(schema: Json | bool, known: Mapping[str, Any], dice: Dice) -> Any:
    """An instance of the schema that uses known values where they fit.

    Raises:
        SimError: 400, the schema is none, or nothing was found that satisfies it.
    """
    validator = checked(schema)
    for attempt in range(_TRIES):
        maker = _Maker(schema, known if attempt == 0 else {}, dice, attempt)
        made = maker.make(schema, "", 0)
        if fits(validator, made):
            return made
    raise SimError(400, "driftgate-sim cannot make an instance of this JSON schema")


def checked(schema: Json | bool) -> Draft202012Validator:
    """A validator for the schema.

    Raises:
        SimError: 400, it is not a JSON Schema.
    """
    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError) as error:
        raise SimError(400, f"failed to parse grammar: {str(error).splitlines()[0]}") from error
    return Draft202012Validator(schema, registry=Registry())  # no reference leaves the schema


def fits(validator: Draft202012Validator, instance: Any) -> bool:
    """Whether the instance is valid; a schema that cannot be resolved fits nothing."""
    try:
        return bool(validator.is_valid(instance))
    except (Unresolvable, RecursionError):
        return False


class _Maker:
    def __init__(
        self, root: Json | bool, known: Mapping[str, Any], dice: Dice, attempt: int
    ) -> None:
        self.root = root
        self.known = known
        self.dice = dice
        self.attempt = attempt

    def make(self, schema: Any, place: str, depth: int) -> Any:
        """An instance for the place (a path of property names and indexes)."""
        schema = self._merged(schema, depth)
        if "const" in schema:
            return schema["const"]
        if choices := schema.get("enum"):
            return self._choice(choices, place)
        if depth > _TOO_DEEP:
            return None
        kind = _kind(schema, depth)
        if kind == "object":
            return self._object(schema, place, depth)
        if kind == "array":
            return self._array(schema, place, depth)
        return self._scalar(kind, schema, place)

    def _merged(self, given: Any, depth: int) -> Json:
        schema: Json = given if isinstance(given, dict) else {}
        for _ in range(_DEPTH):
            if "$ref" in schema:
                target = _resolve(self.root, schema["$ref"])
                schema = {**target, **{k: v for k, v in schema.items() if k != "$ref"}}
            elif parts := schema.get("allOf"):
                rest = {k: v for k, v in schema.items() if k != "allOf"}
                schema = _join([rest, *(self._merged(p, depth + 1) for p in parts[:20])])
            elif options := schema.get("anyOf") or schema.get("oneOf"):
                rest = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")}
                schema = _join([rest, self._option(options, depth)])
            else:
                break
        return schema

    def _option(self, options: list[Any], depth: int) -> Json:
        """The first option that is not null (deep down: null, so that recursion ends)."""
        nulls = [o for o in options if isinstance(o, dict) and o.get("type") == "null"]
        others = [o for o in options if o not in nulls] or options
        if nulls and depth > _DEPTH:
            return {"type": "null"}
        chosen = others[self.attempt % len(others)]
        return chosen if isinstance(chosen, dict) else {}

    def _choice(self, choices: list[Any], place: str) -> Any:
        said = str(self.known.get("", "")).lower()
        hint = self.known.get(_name(place))
        for choice in choices:
            if choice == hint or (isinstance(choice, str) and choice and choice.lower() in said):
                return choice
        return self.dice.pick(choices, f"enum {place}")

    def _object(self, schema: Json, place: str, depth: int) -> Json:
        properties = schema.get("properties") or {}
        required = schema.get("required") or []
        wanted = [*properties, *(r for r in required if r not in properties)]
        if depth > _DEPTH:
            wanted = list(required)
        return {n: self.make(properties.get(n, {}), f"{place}.{n}", depth + 1) for n in wanted}

    def _array(self, schema: Json, place: str, depth: int) -> list[Any]:
        least = int(schema.get("minItems", 0))
        most = int(schema.get("maxItems", max(least, 2)))
        first = schema.get("prefixItems") or []
        items = schema.get("items", {})
        length = least if depth > _DEPTH or items is False else min(most, max(least, 2))
        length = min(max(length, min(len(first), most)), _LONG_ARRAY)
        kinds = [*first, *[items] * max(0, length - len(first))][:length]
        return [self.make(k, f"{place}[{i}]", depth + 1) for i, k in enumerate(kinds)]

    def _scalar(self, kind: str, schema: Json, place: str) -> Any:
        hint = self.known.get(_name(place))
        if kind == "null":
            return None
        if kind == "boolean":
            return self.dice.pick([True, False], f"boolean {place}")
        if kind in ("integer", "number"):
            return number(schema, kind, hint, self.dice, place)
        return string(schema, hint, self.dice, place)


def _kind(schema: Json, depth: int) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        named = [k for k in kind if k != "null"]
        kind = "null" if not named or ("null" in kind and depth > _DEPTH) else named[0]
    if kind is None:
        kind = next((k for sign, k in _SIGNS.items() if sign in schema), "string")
    return str(kind)


def _name(place: str) -> str:
    return place.rpartition(".")[2].partition("[")[0].lower()


def _resolve(root: Json | bool, reference: object) -> Json:
    """A local reference's target; {} for one that leads nowhere or elsewhere."""
    node: Any = root
    if not isinstance(reference, str) or not reference.startswith("#"):
        return {}
    for part in reference.lstrip("#").strip("/").split("/"):
        if part:
            key = part.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _join(parts: list[Json]) -> Json:
    joined: Json = {}
    for part in parts:
        for key, value in part.items():
            old = joined.get(key)
            if key == "properties" and isinstance(old, dict):
                joined[key] = {**old, **value}
            elif key == "required" and isinstance(old, list):
                joined[key] = [*old, *(v for v in value if v not in old)]
            else:
                joined[key] = value
    return joined


_LONG_ARRAY = 1000
_SIGNS = {  # a schema without `type` that says one of these means that type
    "properties": "object",
    "required": "object",
    "items": "array",
    "prefixItems": "array",
    "minimum": "number",
    "maximum": "number",
}
