"""A JSON Patch (RFC 6902) on a request. Pure but for the value it is given, which it may change."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import jsonpatch
import jsonpointer

from driftgate.contracts.json_values import cut
from driftgate.replay.candidate.prepared import Unreplayable


def patched(value: Any, operations: Sequence[Mapping[str, Any]]) -> Any:
    """The value with all operations done, in place where that can be.

    Raises:
        Unreplayable: one does not apply; says which. RFC 6902, section 5: then none counts.
    """
    for place, operation in enumerate(operations):
        try:
            # a copy, since later operations may change what this one puts in
            value = jsonpatch.JsonPatch([copy.deepcopy(dict(operation))]).apply(
                value, in_place=True
            )
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
            raise _unfit(place, operation, " ".join(str(error).split())) from None
        except (TypeError, KeyError, IndexError, ValueError, RecursionError):
            # jsonpatch lets these through, where an operation goes into a text or a number
            raise _unfit(place, operation, "there is nothing it could apply to") from None
    return value


def _unfit(place: int, operation: Mapping[str, Any], why: str) -> Unreplayable:
    what = f"patch[{place}] ({operation['op']} {cut(str(operation['path']))})"
    return Unreplayable(f"{what} does not apply: {cut(why, 200)}")
