"""The gate's policy: how much worse a candidate may be, and what the measurement must be like.

A metric among `margins` must be shown to keep its margin (equivalence in the one direction that
matters: non-inferiority); one among `alarms` breaks the gate where it is shown to exceed it, and
does not keep the gate from passing where nothing is shown.

Why these defaults. Contract passes and served answers are what callers rely on; a few hundred cases
show 2 points of them. Agreement of tool calls and JSON values at temperature 0.7 differs so much from
answer to answer that 3 points take thousands: as a margin it would keep an unchanged model from
passing, as an alarm it still finds a changed one. Each contract is an alarm of its own, since one that
breaks is diluted among those that hold. Latency gates only where a policy names it: two
servers on one machine differ in it by their caches alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    field_validator,
    model_validator,
)

from driftgate.replay.case import Case
from driftgate.replay.decide.metrics import TRAJECTORY_METRICS, Metric, metric
from driftgate.replay.decide.policy_file import read
from driftgate.replay.decide.slices import KINDS

MARGINS = {"contract_pass": 0.02, "served": 0.02}
_ENOUGH = 999  # permutations whose smallest p is below the share of alpha that answers have
ALARMS = {"tool_agreement": 0.03, "json_agreement": 0.05}


def _known(name: str) -> str:
    metric(name)
    return name


def _margin(value: float) -> float:
    if value > 1:
        raise ValueError(f"{value:g} cannot be; give a share of 1: {value / 100:g} is {value:g} %")
    return value


def _kind(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f"unknown kind of slices; give of {', '.join(KINDS)}")
    return name


Name = Annotated[str, AfterValidator(_known)]
Margin = Annotated[StrictFloat | StrictInt, Field(ge=0), AfterValidator(_margin)]
Share = Annotated[StrictFloat | StrictInt, Field(ge=0, le=1)]
Count = Annotated[StrictInt, Field(ge=1)]
Texts = tuple[str, ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SlicePolicy(_Part):
    """What is looked at in parts of the cases."""

    gate: tuple[Annotated[str, AfterValidator(_kind)], ...] = Field(
        default=("contract",),
        description="Kinds of slices of which each alone can break the gate, as `contract`: by the "
        "margins of all cases, as alarms. Others only inform.",
    )
    minimum: Count = Field(default=10, description="Fewest cases of a slice that is looked at.")


class Ignore(_Part):
    """What does not count."""

    metrics: tuple[Name, ...] = Field(default=(), description="Metrics that are not measured.")
    slices: Texts = Field(
        default=(), description="Slices not looked at: patterns, as `tool=web_*`."
    )
    violations: Texts = Field(
        default=(), description="Keywords of violations that are not counted one by one."
    )
    contracts: Texts = Field(default=(), description="Contracts whose cases are left out.")
    calls: Texts = Field(default=(), description="Ids of recorded calls that are left out.")


class Policy(_Part):
    """A gate's policy. Names of metrics: `driftgate.replay.decide.metrics`.

    One file serves gates over calls and over trajectories: what it says of metrics that the other
    kind of gate measures is left out.
    """

    default_margins: ClassVar[Mapping[str, float]] = MARGINS
    default_alarms: ClassVar[Mapping[str, float]] = ALARMS
    margins: Mapping[Name, Margin] = Field(
        default=MARGINS,
        description="By metric, how much worse is accepted, as a share of 1; that no more is lost "
        "must be shown.",
    )
    alarms: Mapping[Name, Margin] = Field(
        default=ALARMS,
        description="Likewise; the gate breaks where more is shown to be lost.",
    )
    answers: StrictBool = Field(
        default=False, description="The gate breaks where answers as a whole differ at all."
    )
    alpha: Annotated[StrictFloat, Field(gt=0, le=0.2)] = Field(
        default=0.05,
        description="Chance of a false alarm of the whole gate; intervals have 1 - it.",
    )
    coverage: Share = Field(
        default=0.9, description="Fewest cases that have all answers of both arms, as a share."
    )
    errors: Share = Field(
        default=0.1, description="Most answers of an arm that may fail, as a share."
    )
    minimum: Count = Field(default=20, description="Fewest cases that are judged.")
    slices: SlicePolicy = SlicePolicy()
    ignore: Ignore = Ignore()
    permutations: Annotated[StrictInt, Field(ge=99, le=100_000)] = Field(
        default=2000, description="Of the test of answers as a whole."
    )
    pairs: Annotated[StrictInt, Field(ge=0, le=1000)] = Field(
        default=20, description="Most worst pairs that are kept."
    )

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, given: Any) -> Any:
        """Tables add to the default ones; who names a metric elsewhere takes it from there."""
        if not isinstance(given, dict):
            return given
        margins, alarms = given.get("margins", {}), given.get("alarms", {})
        if not isinstance(margins, Mapping) or not isinstance(alarms, Mapping):
            return given
        defaults = cls.default_margins, cls.default_alarms
        both = (
            {**{k: v for k, v in default.items() if k not in others}, **named}
            for default, named, others in zip(
                defaults, (margins, alarms), (alarms, margins), strict=True
            )
        )
        return {**given, **dict(zip(("margins", "alarms"), both, strict=True))}

    @model_validator(mode="after")
    def _agree(self) -> Self:
        both = [name for name in self.margins if name in self.alarms]
        if both:
            raise ValueError(f"'{both[0]}' is among margins and alarms: give it once")
        if self.answers and self.permutations < _ENOUGH:
            raise ValueError(
                f"answers cannot break the gate by {self.permutations} permutations; "
                f"give {_ENOUGH} or more"
            )
        return self

    @field_validator("margins", "alarms")
    @classmethod
    def _measured_here(cls, given: Mapping[str, float]) -> Mapping[str, float]:
        return {name: value for name, value in given.items() if cls.measures(name)}

    @classmethod
    def measures(cls, name: str) -> bool:
        """Whether gates with this kind of policy have that metric."""
        return name not in TRAJECTORY_METRICS

    @property
    def level(self) -> float:
        """Of the intervals."""
        return 1 - self.alpha

    def gating(self) -> dict[str, float]:
        """Metric to margin of all that gate; what is ignored is not among them."""
        both = {**self.margins, **self.alarms}
        return {name: both[name] for name in both if name not in self.ignore.metrics}

    def counts(self, case: Case) -> bool:
        """Whether a case is judged; what is ignored is not."""
        contracts = case.slices.get("contract", ())
        ignored = any(name in self.ignore.contracts for name in contracts)
        return not ignored and case.call_id not in self.ignore.calls

    def must_show(self, name: str) -> bool:
        """Whether it has to be shown that the metric keeps its margin."""
        return name in self.margins

    def measured(self, found: list[Metric]) -> list[Metric]:
        """The metrics that gate, then those that were found besides; without the ignored ones."""
        named = {name: metric(name) for name in self.gating()}
        named |= {each.name: each for each in found}
        return [each for name, each in named.items() if name not in self.ignore.metrics]


def read_policy(path: Path) -> Policy:
    """The policy of a TOML file.

    Raises:
        UsageError: it cannot be read or used: file, line, key, and what to do, in one line.
    """
    return read(path, Policy)
