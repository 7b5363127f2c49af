"""What a gate decides, and what that rests on. Pure values; JSON and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA = 1  # of the JSON; a run of another one is not read


class GateVerdict(StrEnum):
    """The answer to: will this change break what works today?"""

    PASS = "pass"  # noqa: S105 - no password
    DRIFT = "drift"
    INCONCLUSIVE = "inconclusive"
    COULD_NOT_CHECK = "could_not_check"


class Status(StrEnum):
    """What one finding says. INFO: it does not gate."""

    PASS = "pass"  # noqa: S105 - no password
    DRIFT = "drift"
    INCONCLUSIVE = "inconclusive"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One metric of one slice.

    slice: "" for all cases, else kind=value, as contract=summarize.
    unit: share (0 to 1), ms, tokens, ratio (relative change), distance.
    better: higher or lower. margin: how much worse is still accepted, in the unit; None: not gated.
    n, sessions: cases and clusters that count. baseline, candidate: each arm's mean (or quantile).
    effect: candidate minus baseline (of a ratio: relative); low, high: its interval, of 1 - the
        policy's alpha.
    p: of the hypothesis "not worse than the margin" (gated), else of "no difference".
    p_adjusted: after Holm (what gates) or Benjamini-Hochberg (what informs).
    worse, improved: cases in which the candidate does worse, or better.
    needed: cases that would settle it; None: settled, or no n would.
    minimal: the smallest effect that this n finds with power 0.8.
    reason: one sentence for a person.
    """

    metric: str
    slice: str
    unit: str
    better: str
    n: int
    sessions: int
    baseline: float | None
    candidate: float | None
    effect: float | None
    low: float | None
    high: float | None
    margin: float | None
    p: float | None
    p_adjusted: float | None
    worse: int
    improved: int
    status: Status
    needed: int | None
    minimal: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the measurement itself can be trusted.

    planned: answers planned of each arm; served: those that came. coverage: share of the cases
    with all answers of both arms. errors: arm to (reason, count), most frequent first.
    record_agreement: how far the baseline re-run agrees with the record; noise_floor: with itself.
    moved: what changed in the baseline since it was recorded, one line each.
    problems: why it cannot be checked; empty: it can.
    """

    cases: int
    planned: int
    served: Mapping[str, int]
    coverage: float
    errors: Mapping[str, Sequence[tuple[str, int]]]
    record_agreement: float | None
    noise_floor: float | None
    moved: Sequence[str]
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class WorstPair:
    """A case in which the arms differ most. distance: beyond the baseline's own noise, 0 to 1.

    answers: arm to the call ids of its answers, in the order of the repetitions.
    shown: arm to the answer as text for people (text, tool calls, error), the first that differs.
    """

    call_id: str
    slices: Mapping[str, str]
    prompt: str
    distance: float
    reasons: Sequence[str]
    answers: Mapping[str, Sequence[str]]
    shown: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """A gate's verdict. sentence: the whole of it in one; needed: cases that would settle it.

    findings: of all cases; slices: those of slices; pairs: the worst. stopped: why the run ended
    early, if it did. samples: metric to arm to some of its values, for plots.
    """

    verdict: GateVerdict
    sentence: str
    health: Health
    findings: Sequence[Finding] = ()
    slices: Sequence[Finding] = ()
    pairs: Sequence[WorstPair] = ()
    policy: Mapping[str, Any] = field(default_factory=dict)
    needed: int | None = None
    stopped: str | None = None
    samples: Mapping[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """JSON types alone."""
        return {"schema": SCHEMA, **asdict(self)}


def of_json(stored: Mapping[str, Any]) -> Decision:
    """The decision as `as_json` gave it.

    Raises:
        ValueError: it is of another schema.
    """
    if stored.get("schema") != SCHEMA:
        raise ValueError(f"schema {stored.get('schema')!r}, and this driftgate reads {SCHEMA}")
    facts = {name: value for name, value in stored.items() if name != "schema"}
    facts["verdict"] = GateVerdict(facts["verdict"])
    errors = facts["health"]["errors"]
    told = {arm: [(why, count) for why, count in each] for arm, each in errors.items()}
    facts["health"] = Health(**{**facts["health"], "errors": told})
    for name in ("findings", "slices"):
        facts[name] = [
            Finding(**{**each, "status": Status(each["status"])}) for each in facts[name]
        ]
    facts["pairs"] = [WorstPair(**each) for each in facts["pairs"]]
    return Decision(**facts)
