"""Which keywords of a schema can say something of a value, by the value's type: found out once.

Judging by a schema is most of what a contract costs. Most keywords say nothing of a value of another
type, and `type` says nothing of one that is always right; they are left out here. What is left out
notes no error, counts no step and looks at nothing, so that the verdict is the same.
"""

from collections.abc import Mapping
from typing import Any

from driftgate.contracts.schema_quick import Quick, Quicks, quick_check, quick_object

LIMIT = 20_000  # plans kept in one table; references into other schemas may make new ones each time

_TEXT, _NUMBER, _LIST, _OBJECT = (str,), (int, float), (list,), (dict,)
_ABOUT: dict[tuple[type, ...], tuple[str, ...]] = {
    _TEXT: ("minLength", "maxLength", "pattern"),
    _NUMBER: ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    _LIST: (
        *("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains"),
        "unevaluatedItems",
    ),
    _OBJECT: (
        *("minProperties", "maxProperties", "required", "dependentRequired", "properties"),
        *("patternProperties", "additionalProperties", "propertyNames", "dependentSchemas"),
        "unevaluatedProperties",
    ),
}
_TYPES = {keyword: types for types, keywords in _ABOUT.items() for keyword in keywords}
# the words of `type` that each value of a Python type has; all types that json gives
_WORDS: dict[type, frozenset[str]] = {
    str: frozenset({"string"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    float: frozenset({"number"}),  # of `integer` the value decides
    type(None): frozenset({"null"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
}
MOST = 64  # members of a flat object; of wider ones only what is there is planned
_FLAT = frozenset({"required", "properties", "additionalProperties"})

FALSE = ""  # in place of a keyword: judges by the schema `false`

Steps = tuple[tuple[Any, Any], ...]  # (what judges by a keyword, what the keyword says)


class Plan:
    """One schema's keywords.

    cost: steps that applying it counts. each: those that a quick look at an object counts besides,
    for each of its members. all: for a value of any type. by_type: for one of that Python type.
    quick: by type, says yes where all of these are kept; it may say no all the same.
    names: (those that an object needs, those it may have), where `required` and
    `additionalProperties` ask for no more than that; `inner`: what is left for one that keeps it.
    schema: held, so that its `id` stays its own.
    """

    __slots__ = ("all", "by_type", "cost", "each", "has_id", "inner", "names", "quick", "schema")

    def __init__(self, schema: Any, functions: Mapping[str, Any]) -> None:
        self.schema = schema
        self.by_type: dict[type, Steps] = {}
        self.quick: Quicks = {}
        self.names: tuple[frozenset[str], frozenset[str]] | None = None
        self.each = 0
        if isinstance(schema, bool):
            self.cost, self.has_id = 0, False
            self.all: Steps = () if schema else ((functions[FALSE], False),)
            return
        known = _known(schema, functions)
        self.cost, self.has_id = 1 + len(schema), "$id" in schema
        self.all = tuple([(functions[word], wanted) for word, wanted in known.items()])
        for type_ in _WORDS:
            said = _said(known, type_)
            self.by_type[type_] = tuple(
                [(functions[word], wanted) for word, wanted in said.items()]
            )
        self.quick = _quicks(known)
        flat = _flat_object(_said(known, dict), functions)
        if flat is not None:
            self.quick[dict] = flat
            self.each = min(1 + len(member) for member in known["properties"].values())
        if known.get("additionalProperties") is False and "patternProperties" not in known:
            needed, allowed = known.get("required", ()), known.get("properties", ())
            self.names = (frozenset(needed), frozenset(allowed))
        named = (functions["required"], functions["additionalProperties"])
        self.inner: Steps = tuple([step for step in self.by_type[dict] if step[0] not in named])

    def looked(self, value: dict[str, Any]) -> int:
        """Steps that a quick look at this object counts."""
        return self.cost + self.each * len(value)


Plans = dict[int, Plan]  # by the id of the schema


def _known(schema: Mapping[str, Any], functions: Mapping[str, Any]) -> dict[str, Any]:
    return {word: schema[word] for word in schema if word in functions and word != FALSE}


def _said(known: Mapping[str, Any], type_: type) -> dict[str, Any]:
    """What can say something of a value of this type."""
    return {word: wanted for word, wanted in known.items() if _says(word, wanted, type_)}


def _quicks(known: Mapping[str, Any]) -> Quicks:
    found = {type_: quick_check(_said(known, type_), type_) for type_ in _WORDS}
    return {type_: quick for type_, quick in found.items() if quick is not None}


def _flat_object(said: Mapping[str, Any], functions: Mapping[str, Any]) -> Quick | None:
    """For objects whose members all have a quick look of their own; else None.

    Members are not looked into any deeper, so that the work of planning stays in proportion.
    """
    rest = said.get("additionalProperties", True)
    members = said.get("properties")
    if not members or len(members) > MOST or not said.keys() <= _FLAT or not isinstance(rest, bool):
        return None
    looks: dict[str, Quicks] = {}
    for name, schema in members.items():
        looks[name] = _quicks(_known(schema, functions)) if isinstance(schema, dict) else {}
    if not all(looks.values()):
        return None
    return quick_object(frozenset(said.get("required", ())), looks, closed=not rest)


def _says(keyword: str, wanted: Any, type_: type) -> bool:
    """Whether the keyword can say anything of a value of this type."""
    if keyword == "type":
        words = (wanted,) if isinstance(wanted, str) else wanted
        return _WORDS[type_].isdisjoint(words)
    return type_ in _TYPES.get(keyword, (type_,))
