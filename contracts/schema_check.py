"""A value against a schema that a stranger wrote: violations, whatever happens."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from driftgate.contracts.schema import OutOfSteps, SchemaProblem, schema_of
from driftgate.contracts.verdict import Severity, Source, Violation


def schema_violations(schema: str, value: Any, source: Source, path: str) -> list[Violation]:
    """What the value breaks, with each schema keyword as its own.

    A schema that is invalid or too large gives the warning `schema_invalid`, one that takes too
    long `too_slow`: neither is the model's fault.

    Args:
        schema: as JSON text.
        value: parsed JSON.
        source: who asked for it.
        path: where the value stands, such as `text`.
    """
    try:
        errors = schema_of(schema).errors(value)
    except SchemaProblem as problem:
        reason = f"the schema cannot be used: {problem}"
        return [Violation(source, "schema_invalid", path, reason, Severity.WARNING)]
    except OutOfSteps as limit:
        reason = f"the schema was not judged to its end: {limit}"
        return [Violation(source, "too_slow", path, reason, Severity.WARNING)]
    return [
        Violation(
            source, error.keyword, f"{path}/{error.path}" if error.path else path, error.reason
        )
        for error in errors
    ]


def as_warnings(violations: Iterable[Violation]) -> list[Violation]:
    """The same, none of which makes the verdict fail."""
    return [replace(violation, severity=Severity.WARNING) for violation in violations]
