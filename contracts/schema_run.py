"""One judging of a value by a schema: what was found, and what is left of the budget.

The budget is counted in steps, so that the same value is judged alike on every machine. Only
patterns, which have no steps to count, have seconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from referencing.jsonschema import DRAFT202012

from driftgate.contracts.patterns import Allowance
from driftgate.contracts.schema_plan import LIMIT, Plan, Plans

ERRORS = 20  # at most so many are kept
STEPS = 200_000
DEPTH = 150  # schemas within schemas, references included
WIDE = 16  # members from which a look at all of them counts as steps
PATTERN_SECONDS = 0.3
# A level takes about three Python frames; the rest of the usual 1,000 is for the callers.


class OutOfSteps(Exception):  # noqa: N818 - the judging ended early; nothing is wrong
    """Judging took too many steps, went too deep, or a pattern took too long."""


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One thing that does not fit. path: a JSON Pointer without its leading slash, "" for all."""

    path: str
    keyword: str
    reason: str


class Resolver(Protocol):
    """What finds the schema that a reference names; `referencing` has it but gives it no name."""

    def lookup(self, ref: str) -> Any:
        """The schema as `.contents`, and what resolves the references in it as `.resolver`."""

    def in_subresource(self, subresource: Any) -> "Resolver":
        """The resolver within a schema that has an `$id`."""


Place = tuple[Any, Any] | None  # (the place above, key or index below it); None: the value itself
Function = Callable[["Run", Any, Any, dict[str, Any], Place], None]


def pointer(place: Place) -> str:
    """The JSON Pointer (RFC 6901) of a place, without the leading slash."""
    parts: list[str] = []
    while place is not None:
        place, key = place
        parts.append(escaped(str(key)))
    return "/".join(reversed(parts))


def escaped(key: str) -> str:
    """A key as a part of a JSON Pointer."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


class Run:
    """One judging.

    errors: what was found so far. seen: the properties and items of the present value that were
        looked at; None where no `unevaluated...` keyword asks. scope: what `$ref` counts from.
    plans: those made before for these schemas; what is made here is added.
    """

    __slots__ = (
        *("_allowance", "_depth", "_keywords", "_left", "_plans", "_refs"),
        *("errors", "scope", "seen"),
    )

    def __init__(
        self,
        keywords: Mapping[str, Function],
        scope: Resolver,
        refs: Mapping[str, Any] | None,
        *,
        steps: int = STEPS,
        seen: set[Any] | None = None,
        plans: Plans | None = None,
    ) -> None:
        self._keywords = keywords
        self._left = steps
        self._depth = DEPTH
        self._refs = refs
        self._plans = {} if plans is None else plans
        self._allowance = Allowance(PATTERN_SECONDS)
        self.scope = scope
        self.errors: list[SchemaError] = []
        self.seen = seen

    def spend(self, steps: int) -> None:
        """Count so many steps; OutOfSteps where none are left."""
        self._left -= steps
        if self._left < 0:
            raise OutOfSteps("too many steps")

    def found(self, place: Place, keyword: str, reason: str) -> None:
        """Note an error."""
        self.spend(5)
        if len(self.errors) < ERRORS:
            self.errors.append(SchemaError(pointer(place), keyword, reason))

    def search(self, pattern: str, text: str) -> bool:
        """Whether the pattern occurs; OutOfSteps where that takes too long."""
        self.spend(5 + len(text) // 100)
        found = self._allowance.search(pattern, text)
        if found is None:
            raise OutOfSteps("a pattern took too long")
        return found

    def check(self, schema: Any, value: Any, place: Place) -> None:
        """Judge a value that lies below the present one."""
        outer = self.seen
        if outer is None:
            self._apply(schema, value, place)
            return
        self.seen = set()
        self._apply(schema, value, place)
        self.seen = outer

    def members(self, schemas: Mapping[str, Any], value: dict[str, Any], place: Place) -> None:
        """Judge each member of an object that has a schema; most are told by one quick look."""
        plans, seen = self._plans, self.seen
        for name, schema in schemas.items():
            if name not in value:
                continue
            each = value[name]
            plan = plans.get(id(schema))
            quick = plan.quick.get(type(each)) if plan is not None else None
            if plan is not None and quick is not None and quick(each):
                self._left -= plan.cost if type(each) is not dict else plan.looked(each)
            else:
                self.check(schema, each, (place, name))
            if seen is not None:
                seen.add(name)

    def items(self, schema: Any, value: list[Any], first: int, place: Place) -> None:
        """Judge the items of a list from `first` on, likewise."""
        plan = self._plans.get(id(schema)) or self._planned(schema)
        quicks = plan.quick
        for index in range(first, len(value)):
            each = value[index]
            quick = quicks.get(type(each))
            if quick is not None and quick(each):
                self._left -= plan.cost if type(each) is not dict else plan.looked(each)
            else:
                self.check(schema, each, (place, index))
        self.spend(0)

    def also(self, schema: Any, value: Any, place: Place) -> None:
        """Judge the present value by one more schema."""
        outer = self.seen
        if outer is None:
            self._apply(schema, value, place)
            return
        self.seen = set()
        self._apply(schema, value, place)
        outer |= self.seen
        self.seen = outer

    def trial(self, schema: Any, value: Any, place: Place) -> list[SchemaError]:
        """What one more schema says of the present value; noted nowhere."""
        errors, outer = self.errors, self.seen
        self.errors = []
        if outer is not None:
            self.seen = set()
        self._apply(schema, value, place)
        found, self.errors = self.errors, errors
        if outer is not None and not found:
            outer |= self.seen or set()
        self.seen = outer
        return found

    def fits(self, schema: Any, value: Any) -> bool:
        """Whether a value below the present one fits; nothing is noted."""
        outer, self.seen = self.seen, None if self.seen is None else set()
        found = self.trial(schema, value, None)
        self.seen = outer
        return not found

    def follow(self, ref: str, value: Any, place: Place) -> None:
        """Judge the present value by the schema that a reference names."""
        if self._refs is not None:
            self.also(self._refs[ref], value, place)
            return
        before = self.scope
        resolved = before.lookup(ref)
        self.scope = resolved.resolver
        self.also(resolved.contents, value, place)
        self.scope = before

    def _apply(self, schema: Any, value: Any, place: Place) -> None:
        plan = self._plans.get(id(schema)) or self._planned(schema)
        steps = plan.by_type.get(type(value), plan.all)
        self._left -= plan.cost
        if self._left < 0:
            raise OutOfSteps("too many steps")
        if not steps:
            return
        self._depth -= 1
        if self._depth < 0:
            raise OutOfSteps("nested too deeply")
        if plan.names is not None and type(value) is dict:
            needed, allowed = plan.names
            if needed <= value.keys() <= allowed:
                steps = plan.inner
        scope = self.scope
        if plan.has_id and self._refs is None:
            self.scope = scope.in_subresource(DRAFT202012.create_resource(schema))
        for function, wanted in steps:
            function(self, wanted, value, schema, place)
        self.scope = scope
        self._depth += 1

    def _planned(self, schema: Any) -> Plan:
        made = Plan(schema, self._keywords)
        if len(self._plans) < LIMIT:
            self._plans[id(schema)] = made
        return made


def nothing(run: Run, _wanted: Any, _value: Any, _schema: Any, place: Place) -> None:
    """The schema `false`."""
    run.found(place, "false", "nothing is allowed here")
