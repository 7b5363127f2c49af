"""Whether a JSON Schema may be used: it is valid, its patterns compile, its references stay inside.

A schema comes from a file or from a request. References to the network or to a file are refused;
those to the drafts' own schemas are known without a network.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # it has no types
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from driftgate.contracts.json_values import named, shown
from driftgate.contracts.patterns import compiles
from driftgate.contracts.schema_applicators import KEYWORDS
from driftgate.contracts.schema_plan import Plans
from driftgate.contracts.schema_run import OutOfSteps, Resolver, Run, escaped

DRAFT = "https://json-schema.org/draft/2020-12"
STEPS = 2_000_000  # for judging a schema by the schema of schemas; about a second
_VOCABULARIES = (
    *("core", "applicator", "unevaluated", "validation", "meta-data"),
    *("format-annotation", "content"),
)
_ONE = (
    *("items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"),
    *("unevaluatedItems", "unevaluatedProperties", "contentSchema"),
)
_LIST = ("prefixItems", "allOf", "anyOf", "oneOf")
_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_LAST = ("unevaluatedItems", "unevaluatedProperties")
_BROKEN = (Unresolvable, ValueError, TypeError, LookupError, AttributeError)
_REFERENCES = ("$ref", "$dynamicRef")
_plans = Plans()  # of the schema of schemas
_INSIDE = "put the schema under '$defs' and refer to it as '#/$defs/NAME'"


class SchemaProblem(ValueError):  # noqa: N818 - the schema's problem, told to its author
    """Why a schema cannot be used, in one line.

    path: a JSON Pointer into the schema without its leading slash, "" for all of it.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


@cache
def metaschema() -> dict[str, Any]:
    """The draft's schema of schemas as one, without dynamic references, so that it is fast."""
    properties: dict[str, Any] = {}
    defs: dict[str, Any] = {}
    for name in _VOCABULARIES:
        part = REGISTRY.contents(f"{DRAFT}/meta/{name}")
        properties |= part["properties"]
        defs |= part.get("$defs", {})
    properties["definitions"] = properties["$defs"]
    whole = {"type": ["object", "boolean"], "properties": properties, "$defs": defs}
    text = json.dumps(whole).replace('"$dynamicRef": "#meta"', '"$ref": "#"')
    made: dict[str, Any] = json.loads(text)
    return made


@cache
def _metaschema_refs() -> dict[str, Any]:
    whole = metaschema()
    return {"#": whole} | {f"#/$defs/{name}": each for name, each in whole["$defs"].items()}


def resolver_of(schema: Any) -> Resolver:
    """What resolves references within this schema.

    Raises:
        SchemaProblem: it is no object and no boolean, or an `$id` in it is no address.
    """
    if not isinstance(schema, dict | bool):
        raise SchemaProblem("", f"must be an object, true or false; is {named(schema)}")
    try:
        made: Resolver = REGISTRY.resolver_with_root(DRAFT202012.create_resource(schema))
    except _BROKEN as error:
        raise SchemaProblem("$id", f"cannot be used: {error}; leave it out") from None
    return made


def check(schema: Any, resolver: Resolver) -> dict[str, Any] | None:
    """Check a schema; what each of its references names, None where that depends on the place.

    Puts the `unevaluated...` keywords last in each object, since they are judged last.

    Raises:
        SchemaProblem: with the place and the reason.
    """
    return _Walk(resolver).through(schema)


class _Walk:
    """One look at every schema within a schema, and at what its references name."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._seen: dict[int, Any] = {}
        self._named: list[tuple[str, Any, Resolver]] = []
        self._refs: dict[str, Any] = {}
        self._simple = True

    def through(self, schema: Any) -> dict[str, Any] | None:
        self._valid(schema, "")
        self._below(schema, "", self._resolver)
        while self._named:
            path, target, resolver = self._named.pop()
            if isinstance(target, dict) and id(target) not in self._seen:
                self._valid(target, path)
                self._below(target, path, resolver)
        return self._refs if self._simple else None

    def _valid(self, schema: Any, path: str) -> None:
        """Judge it by the schema of schemas."""
        run = Run(KEYWORDS, self._resolver, _metaschema_refs(), steps=STEPS, plans=_plans)
        try:
            run.check(metaschema(), schema, None)
        except (OutOfSteps, RecursionError):
            raise SchemaProblem(path, "is too large to be checked; make it smaller") from None
        if run.errors:
            error = run.errors[0]
            raise SchemaProblem("/".join(filter(None, (path, error.path))), error.reason)

    def _below(self, schema: Any, path: str, resolver: Resolver) -> None:
        """A schema and those in it. `path` is told in problems."""
        if not isinstance(schema, dict) or id(schema) in self._seen:
            return
        self._seen[id(schema)] = schema
        resolver = self._scope(schema, path, resolver)
        for keyword in _LAST:
            if keyword in schema:
                schema[keyword] = schema.pop(keyword)
        _check_patterns(schema, path)
        for keyword in _REFERENCES:
            if keyword in schema:
                self._reference(schema[keyword], f"{path}/{keyword}".lstrip("/"), resolver)
        for name, each in _inner(schema):
            self._below(each, f"{path}/{name}".lstrip("/"), resolver)

    def _scope(self, schema: dict[str, Any], path: str, resolver: Resolver) -> Resolver:
        if "$id" not in schema:
            self._simple &= not {"$anchor", "$dynamicAnchor", "$dynamicRef"} & schema.keys()
            return resolver
        self._simple &= not path
        try:
            return resolver.in_subresource(DRAFT202012.create_resource(schema))
        except _BROKEN as error:
            raise SchemaProblem(f"{path}/$id".lstrip("/"), f"cannot be used: {error}") from None

    def _reference(self, ref: str, path: str, resolver: Resolver) -> None:
        try:
            found = resolver.lookup(ref)
        except _BROKEN:
            raise SchemaProblem(path, f"{shown(ref)} {_why(ref)}; {_INSIDE}") from None
        if not isinstance(found.contents, dict | bool):
            raise SchemaProblem(path, f"{shown(ref)} names no schema; {_INSIDE}")
        self._simple &= ref.startswith("#")
        self._refs[ref] = found.contents
        self._named.append((path, found.contents, found.resolver))


def _why(ref: str) -> str:
    if ref.startswith("#"):
        return "names nothing in this schema"
    if ref.startswith(("http:", "https:", "ftp:", "//")):
        return "leads to the network, which is refused"
    return "leads to another file, which is refused"


def _check_patterns(schema: dict[str, Any], path: str) -> None:
    found = [("pattern", schema["pattern"])] if "pattern" in schema else []
    names = schema.get("patternProperties", {})
    found += [(f"patternProperties/{escaped(name)}", name) for name in names]
    for where, pattern in found:
        why = compiles(pattern)
        if why is not None:
            told = f"the pattern {shown(pattern)} does not compile: {why}; correct it"
            raise SchemaProblem(f"{path}/{where}".lstrip("/"), told)


def _inner(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each schema directly within a schema, with its pointer."""
    for keyword in _ONE:
        if keyword in schema:
            yield keyword, schema[keyword]
    for keyword in _LIST:
        for index, each in enumerate(schema.get(keyword, ())):
            yield f"{keyword}/{index}", each
    for keyword in _NAMED:
        for name, each in schema.get(keyword, {}).items():
            yield f"{keyword}/{escaped(name)}", each
