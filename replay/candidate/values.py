"""What the keys of a candidate's file may hold: each value checked, with what to do where it is wrong."""

import json
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import jsonpatch
import jsonpointer

from driftgate.contracts.contract_parts import MORE_SAMPLING, PARAMETERS, parameter_value
from driftgate.contracts.json_values import shown
from driftgate.proxy.headers import HOP_BY_HOP

_TOLD = 16  # names that a message lists
FRESH = ("ids", "dates", "cwd", "prompt_cache_key", "client_metadata")

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110, section 5.6.2
_FRAMING = {"host", "content-length", "content-encoding", "expect"} | {
    name.decode() for name in HOP_BY_HOP
}


class PlacedError(ValueError):
    """A value that cannot be. place: where it is within the key, as keys and numbers."""

    def __init__(self, told: str, *place: str | int) -> None:
        super().__init__(told)
        self.place = place


def known(name: Any, names: tuple[str, ...], what: str, place: str | int) -> str:
    """The name, if it is one of these.

    Raises:
        PlacedError: it is not; says which one was probably meant.
    """
    if isinstance(name, str) and name in names:
        return name
    near = get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"give one of {', '.join(names[:_TOLD])}"
    raise PlacedError(f"unknown {what} {shown(name)}; {hint}", place)


def parameters(values: Any) -> Any:
    """Sampling parameters by neutral names, checked; what is no table is left to the types.

    Raises:
        PlacedError: a name is unknown, or a value is of the wrong kind.
    """
    if not isinstance(values, dict):
        return values
    checked = {}
    for name, value in values.items():
        known(name, PARAMETERS, "parameter", name)
        try:
            checked[name] = parameter_value(name, _finite(value))
        except ValueError as error:
            raise PlacedError(f"{error}; correct it", name) from None
    return checked


def removable(values: Any) -> Any:
    """Names of parameters that can be taken out of a request.

    Raises:
        PlacedError: a name is unknown.
    """
    if not isinstance(values, list | tuple):
        return values
    names = (*PARAMETERS, *MORE_SAMPLING)
    return tuple([known(name, names, "parameter", at) for at, name in enumerate(values)])


def fresh_parts(values: Any) -> Any:
    """Names of volatile parts.

    Raises:
        PlacedError: a name is unknown.
    """
    if not isinstance(values, list | tuple):
        return values
    return tuple([known(name, FRESH, "volatile part", at) for at, name in enumerate(values)])


def operations(values: Any) -> Any:
    """The operations of a JSON Patch (RFC 6902), each one well formed.

    Raises:
        PlacedError: one is not; names it by its place.
    """
    if not isinstance(values, list | tuple):
        return values
    for place, operation in enumerate(values):
        if not isinstance(operation, dict):
            raise PlacedError(f"is {shown(operation)}; give a table with op and path", place)
        try:
            jsonpatch.JsonPatch([operation])
            for key in ("path", "from"):
                jsonpointer.JsonPointer(operation.get(key, ""))
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
            raise PlacedError(f"{error}; see RFC 6902", place) from None
        except (TypeError, AttributeError):
            raise PlacedError("op, path and from must be texts; see RFC 6902", place) from None
        as_json(operation, place)
    return tuple(values)


def tool_list(values: Any) -> Any:
    """Declarations of tools.

    Raises:
        PlacedError: one is no table, or is not JSON.
    """
    if not isinstance(values, list | tuple):
        return values
    for place, tool in enumerate(values):
        if not isinstance(tool, dict):
            raise PlacedError(f"is {shown(tool)}; give an object for each tool", place)
        as_json(tool, place)
    return tuple(values)


def as_json(value: Any, place: str | int) -> None:
    """Nothing, if the value can be written as JSON.

    Raises:
        PlacedError: it cannot.
    """
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise PlacedError(f"is not JSON ({error}); write a date as a text", place) from None


def variable(name: Any, *place: str) -> Any:
    """The name of an environment variable, or "". What is given is not shown: it may be the secret.

    Raises:
        PlacedError: it cannot be such a name.
    """
    if isinstance(name, str) and name and not _VARIABLE.fullmatch(name):
        told = "give the name of an environment variable that holds the secret, not the secret"
        raise PlacedError(told, *place)
    return name


def header_variables(values: Any) -> Any:
    """Header names with the environment variables that hold their values.

    Raises:
        PlacedError: a name is none.
    """
    if not isinstance(values, dict):
        return values
    for header, name in values.items():
        if not _HEADER.fullmatch(str(header)):
            raise PlacedError(
                f"{shown(header)} is no name of a header; use letters, digits and -", header
            )
        if str(header).lower() in _FRAMING:
            raise PlacedError(f"{header} is set by driftgate itself; leave it out", header)
        variable(name, header)
    return values


def secret(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """The value of an environment variable, blanks around it removed; None: it is not set."""
    value = (os.environ if environ is None else environ).get(name, "").strip()
    return value or None


def _finite(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124 - nan
        raise ValueError("is a number that JSON does not have")
    return value
