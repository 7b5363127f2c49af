"""What judging gives: a verdict, and the violations that led to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

REASON_LIMIT = 300  # characters
PATH_LIMIT = 200
SHOWN = 3  # violations in a line of `listed`


class Verdict(StrEnum):
    """What a contract says of one answer."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    UNJUDGED = "unjudged"  # there was nothing to judge: no answer, or not one of a model


class Source(StrEnum):
    """Who asked for what was violated."""

    CONTRACT = "contract"  # the contract's own rules
    REQUEST = "request"  # the request: its schema, tools, limits
    WIRE = "wire"  # the dialect: events, usage
    MODEL = "model"  # nobody would want this of a model: floods, leaked channels


class Severity(StrEnum):
    """Whether a violation alone makes the verdict `fail`."""

    ERROR = "error"
    WARNING = "warning"
    REPAIRED = "repaired"  # it did, and is not in the answer any more


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong.

    keyword: what was violated: a JSON Schema keyword, or a word of docs/contracts.md.
    path: where: `text` and below it a JSON Pointer (`text/items/0/name`),
        `tool_calls/0/arguments/cmd`, `parameters/seed`, `input/...`, `events`.
    reason: one line that a person understands; at most 300 characters.
    """

    source: Source
    keyword: str
    path: str
    reason: str
    severity: Severity = Severity.ERROR

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", _line(self.reason, REASON_LIMIT))
        object.__setattr__(self, "path", _line(self.path, PATH_LIMIT))

    def as_json(self) -> dict[str, str]:
        """As the journal and clients see it."""
        return {
            "source": self.source.value,
            "keyword": self.keyword,
            "path": self.path,
            "reason": self.reason,
            "severity": self.severity.value,
        }

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> "Violation":
        """Back from as_json()."""
        return cls(
            Source(value["source"]),
            value["keyword"],
            value["path"],
            value["reason"],
            Severity(value["severity"]),
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found. `contract`: its name, "builtin" where no written contract applied."""

    verdict: Verdict
    violations: tuple[Violation, ...] = ()
    contract: str = "builtin"
    contract_id: str | None = None

    @classmethod
    def of(
        cls, violations: tuple[Violation, ...], contract: str = "builtin", id_: str | None = None
    ) -> "Judgement":
        """`fail` where one of the violations is an error."""
        failed = any(violation.severity is Severity.ERROR for violation in violations)
        return cls(Verdict.FAIL if failed else Verdict.PASS, violations, contract, id_)

    @property
    def errors(self) -> tuple[Violation, ...]:
        """The violations that make it fail."""
        return tuple([v for v in self.violations if v.severity is Severity.ERROR])


def listed(violations: Sequence[Violation]) -> str:
    """The first ones in one line."""
    return _joined([f"{each.path}: {each.reason}" for each in violations])


def kinds(violations: Sequence[Violation]) -> str:
    """As `listed`, without a word of a model or client: they write the names below a place too."""
    return _joined([f"{each.path.partition('/')[0]}: {each.keyword}" for each in violations])


def _joined(told: Sequence[str]) -> str:
    more = len(told) - SHOWN
    return "; ".join(told[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _line(text: str, limit: int) -> str:
    """One line of printable text, cut with an ellipsis."""
    if len(text) > limit:
        text = text[: limit - 3] + "..."
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else " " for c in text])
