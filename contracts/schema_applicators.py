"""The keywords of JSON Schema (Draft 2020-12) that apply other schemas: below a value or beside it."""

from typing import Any

from driftgate.contracts.json_values import counted, named, shown
from driftgate.contracts.schema_leaves import LEAVES, WORDS, listed
from driftgate.contracts.schema_plan import FALSE
from driftgate.contracts.schema_run import (
    ERRORS,
    WIDE,
    Function,
    Place,
    Run,
    SchemaError,
    nothing,
    pointer,
)

_FROM_NEAREST = 3  # errors that are told of the nearest of several forms


def properties(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`properties`."""
    if not isinstance(value, dict):
        return
    if len(wanted) >= WIDE:
        run.spend(len(wanted) >> 4)
    run.members(wanted, value, place)


def pattern_properties(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`patternProperties`."""
    if not isinstance(value, dict):
        return
    for pattern, schema in wanted.items():
        for name, each in value.items():
            if run.search(pattern, name):
                run.check(schema, each, (place, name))
                if run.seen is not None:
                    run.seen.add(name)


def additional_properties(
    run: Run, wanted: Any, value: Any, schema: dict[str, Any], place: Place
) -> None:
    """`additionalProperties`: those that neither `properties` nor `patternProperties` name."""
    if not isinstance(value, dict):
        return
    known, patterns = schema.get("properties", ()), schema.get("patternProperties", ())
    if len(value) >= WIDE:
        run.spend(len(value) >> 4)
    if known and value.keys() <= known.keys():
        return
    extra = [name for name in value if name not in known]
    if patterns:
        extra = [name for name in extra if not any(run.search(each, name) for each in patterns)]
    if wanted is False:
        _refuse(run, extra, known, "additionalProperties", place)
        return
    for name in extra:
        run.check(wanted, value[name], (place, name))
    if run.seen is not None:
        run.seen.update(extra)


def _refuse(run: Run, extra: list[str], known: Any, keyword: str, place: Place) -> None:
    for name in extra:
        told = f"{shown(name)} is not allowed"
        run.found(place, keyword, told + (f"; allowed: {listed(known)}" if known else ""))


def property_names(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`propertyNames`."""
    if not isinstance(value, dict):
        return
    for name in value:
        if not run.fits(wanted, name):
            run.found(place, "propertyNames", f"the name {shown(name)} is not allowed")


def items(run: Run, wanted: Any, value: Any, schema: dict[str, Any], place: Place) -> None:
    """`items`: those after `prefixItems`."""
    if not isinstance(value, list):
        return
    first = len(schema.get("prefixItems", ()))
    if wanted is False:
        if len(value) > first:
            told = f"may have at most {counted(first, 'item')}, has {len(value)}"
            run.found(place, "items", told)
        return
    run.items(wanted, value, first, place)
    if run.seen is not None:
        run.seen.update(range(first, len(value)))


def prefix_items(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`prefixItems`."""
    if not isinstance(value, list):
        return
    for index, (each, schema) in enumerate(zip(value, wanted, strict=False)):
        run.check(schema, each, (place, index))
        if run.seen is not None:
            run.seen.add(index)


def contains(run: Run, wanted: Any, value: Any, schema: dict[str, Any], place: Place) -> None:
    """`contains`, with `minContains` and `maxContains`."""
    if not isinstance(value, list):
        return
    fitting = [index for index, each in enumerate(value) if run.fits(wanted, each)]
    if run.seen is not None:
        run.seen.update(fitting)
    least, most = schema.get("minContains", 1), schema.get("maxContains")
    if len(fitting) < least:
        keyword = "minContains" if "minContains" in schema else "contains"
        told = f"needs {counted(least, 'item')} or more of the form it must contain"
        run.found(place, keyword, f"{told}, has {len(fitting)}")
    elif most is not None and len(fitting) > most:
        told = f"may have at most {counted(most, 'item')} of the form it must contain"
        run.found(place, "maxContains", f"{told}, has {len(fitting)}")


def all_of(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`allOf`."""
    for schema in wanted:
        run.also(schema, value, place)


def any_of(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`anyOf`."""
    forms = []
    for schema in wanted:
        errors = run.trial(schema, value, place)
        if errors:
            forms.append(errors)
        elif run.seen is None:
            return
    if len(forms) == len(wanted):
        _none_fits(run, "anyOf", wanted, forms, (value, place))


def one_of(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`oneOf`."""
    forms = [run.trial(schema, value, place) for schema in wanted]
    fitting = sum([not errors for errors in forms])
    if not fitting:
        _none_fits(run, "oneOf", wanted, forms, (value, place))
    elif fitting > 1:
        told = f"fits {fitting} of {len(wanted)} forms, must fit exactly one"
        run.found(place, "oneOf", told)


def _none_fits(
    run: Run,
    keyword: str,
    wanted: list[Any],
    forms: list[list[SchemaError]],
    at: tuple[Any, Place],
) -> None:
    """Tell what the nearest form misses: the one for this kind of value with the fewest errors."""
    value, place = at
    here = pointer(place)
    near = [errors for errors in forms if not _other_kind(errors, here)]
    if near:
        best = min(near, key=lambda errors: (_discriminates(errors, here), len(errors)))
        fixed = [
            schema["const"] for schema in wanted if isinstance(schema, dict) and "const" in schema
        ]
        if best[0].keyword == "const" and best[0].path == here and len(fixed) > 1:
            run.found(place, keyword, f"{shown(value)} is not one of {listed(fixed)}")
            return
        room = ERRORS - len(run.errors)
        run.errors += [error for error in best[:_FROM_NEAREST] if error not in run.errors][:room]
        return
    kinds = dict.fromkeys([kind for schema in wanted for kind in _kinds(schema)])
    if kinds and all(_kinds(schema) for schema in wanted):
        words = " or ".join([WORDS.get(kind, kind) for kind in kinds])
        run.found(place, keyword, f"must be {words}, is {named(value)}")
    else:
        run.found(place, keyword, f"{shown(value)} fits none of the {len(wanted)} allowed forms")


def _other_kind(errors: list[SchemaError], here: str) -> bool:
    """Whether the form is for another kind of value altogether."""
    return any(error.path == here and error.keyword in {"type", "false"} for error in errors)


def _discriminates(errors: list[SchemaError], here: str) -> int:
    """How many fixed values differ: such as the `type` that tells the forms apart."""
    return sum([error.keyword in {"const", "enum"} for error in errors if error.path != here])


def _kinds(schema: Any) -> tuple[str, ...]:
    kinds = schema.get("type", ()) if isinstance(schema, dict) else ()
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def not_(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`not`."""
    if run.fits(wanted, value):
        run.found(place, "not", f"{shown(value)} has the form that is not allowed")


def if_(run: Run, wanted: Any, value: Any, schema: dict[str, Any], place: Place) -> None:
    """`if`, with `then` and `else`."""
    branch = "else" if run.trial(wanted, value, place) else "then"
    if branch in schema:
        run.also(schema[branch], value, place)


def dependent_schemas(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`dependentSchemas`."""
    if not isinstance(value, dict):
        return
    if len(wanted) >= WIDE:
        run.spend(len(wanted) >> 4)
    for name, schema in wanted.items():
        if name in value:
            run.also(schema, value, place)


def reference(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`$ref` and `$dynamicRef`."""
    run.follow(wanted, value, place)


def unevaluated_properties(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`unevaluatedProperties`: those that no other keyword has looked at."""
    if not isinstance(value, dict) or run.seen is None:
        return
    extra = [name for name in value if name not in run.seen]
    if wanted is False:
        _refuse(run, extra, (), "unevaluatedProperties", place)
        return
    for name in extra:
        run.check(wanted, value[name], (place, name))
    run.seen.update(extra)


def unevaluated_items(run: Run, wanted: Any, value: Any, _schema: Any, place: Place) -> None:
    """`unevaluatedItems`: those that no other keyword has looked at."""
    if not isinstance(value, list) or run.seen is None:
        return
    extra = [index for index in range(len(value)) if index not in run.seen]
    if wanted is False:
        for index in extra:
            run.found((place, index), "unevaluatedItems", "is one item too many")
        return
    for index in extra:
        run.check(wanted, value[index], (place, index))
    run.seen.update(extra)


KEYWORDS: dict[str, Function] = LEAVES | {
    FALSE: nothing,
    "$ref": reference,
    "$dynamicRef": reference,
    "properties": properties,
    "patternProperties": pattern_properties,
    "additionalProperties": additional_properties,
    "propertyNames": property_names,
    "prefixItems": prefix_items,
    "items": items,
    "contains": contains,
    "allOf": all_of,
    "anyOf": any_of,
    "oneOf": one_of,
    "not": not_,
    "if": if_,
    "dependentSchemas": dependent_schemas,
    "unevaluatedProperties": unevaluated_properties,
    "unevaluatedItems": unevaluated_items,
}
