"""JSON Schema (Draft 2020-12), judged within limits: whoever wrote the schema cannot stall us.

Judged by functions of our own rather than by `jsonschema`, which gives the vocabulary's meaning in
the tests: those functions count steps, never print a whole value, and search patterns with a limit
on time. The schema of schemas and the references are those of `jsonschema`'s own libraries.
"""

import json
from functools import lru_cache
from typing import Any

from driftgate.contracts.json_values import depth_within
from driftgate.contracts.schema_applicators import KEYWORDS
from driftgate.contracts.schema_checking import SchemaProblem, check, resolver_of
from driftgate.contracts.schema_plan import Plans
from driftgate.contracts.schema_run import OutOfSteps, Run, SchemaError

__all__ = ["OutOfSteps", "Schema", "SchemaError", "SchemaProblem", "schema_of"]

TEXT_LIMIT = 1_000_000  # characters
DEPTH_LIMIT = 64
_SMALL = 32_768  # characters; of larger ones fewer are kept


class Schema:
    """A schema that was checked. Made by `schema_of`."""

    def __init__(self, value: Any, *, tracks: bool) -> None:
        self.value = value
        self._tracks = tracks
        self._resolver = resolver_of(value)
        self._refs = check(value, self._resolver)
        self._plans = Plans()

    def errors(self, value: Any) -> list[SchemaError]:
        """What does not fit; at most 20 errors.

        Raises:
            OutOfSteps: judging would take too long.
        """
        seen: set[Any] | None = set() if self._tracks else None
        run = Run(KEYWORDS, self._resolver, self._refs, seen=seen, plans=self._plans)
        try:
            run.check(self.value, value, None)
        except RecursionError:
            raise OutOfSteps("nested too deeply") from None
        return run.errors


def schema_of(text: str) -> Schema:
    """The schema that a JSON text holds; kept, so that the next time is free.

    Raises:
        SchemaProblem: it is no JSON, too large, too deep, not valid, has a pattern that does not
            compile, or a reference that leads outside.
    """
    made = (_kept if len(text) <= _SMALL else _kept_large)(text)
    if isinstance(made, SchemaProblem):
        raise SchemaProblem(made.path, made.reason)
    return made


def _made(text: str) -> Schema | SchemaProblem:
    """Problems are kept too: a client sends the same bad schema again and again."""
    try:
        return Schema(_parsed(text), tracks='"unevaluated' in text)
    except SchemaProblem as problem:
        return SchemaProblem(problem.path, problem.reason)  # without its traceback
    except RecursionError:
        return SchemaProblem("", f"is nested deeper than {DEPTH_LIMIT} levels; make it flatter")


_kept = lru_cache(512)(_made)
_kept_large = lru_cache(16)(_made)


def _parsed(text: str) -> Any:
    if len(text) > TEXT_LIMIT:
        raise SchemaProblem("", f"is longer than {TEXT_LIMIT:,} characters; make it smaller")
    try:
        value = json.loads(text)
    except ValueError as error:
        raise SchemaProblem("", f"is no JSON: {error}") from None
    if not depth_within(value, DEPTH_LIMIT):
        raise SchemaProblem("", f"is nested deeper than {DEPTH_LIMIT} levels; make it flatter")
    return value
