"""The metrics: what is measured of one answer, or of two, and how it is spoken of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from driftgate.contracts.verdict import Verdict
from driftgate.replay.answer import Answer
from driftgate.replay.trajectory.answer import TrajectoryAnswer
from driftgate.replay.trajectory.trajectory import Trajectory

VIOLATION, AGREEMENT = "violation:", "agreement:"
_JUDGED = {Verdict.PASS.value: 1.0, Verdict.FAIL.value: 0.0}


class Kind(StrEnum):
    """How two arms are held against each other."""

    SHARE = "share"  # of answers that have it; the effect is a difference
    AGREEMENT = "agreement"  # of the arms, against the baseline's with itself; likewise
    MEAN = "mean"  # the effect is the relative change of the mean
    QUANTILE = "quantile"  # the effect is the relative change of a quantile
    DISTANCE = "distance"  # of the arms, beyond that within them; the effect is a difference


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    words: its name for people. better: higher or lower.
    unit: of effect and margin: share, ratio or distance. natural: of the arms' own values: share,
        distance, ms, tokens or tokens/s.
    of: its value of one answer; None: the answer has none, and does not count. (Not where answers
        are held against each other.)
    quantile: of which one, 0 to 1. of_slices: whether it is looked at in slices too.
    """

    name: str
    words: str
    kind: Kind
    better: str = "higher"
    natural: str = "share"
    of: Callable[[Answer], float | None] | None = None
    quantile: float = 0.5
    of_slices: bool = True

    @property
    def unit(self) -> str:
        """Of the effect and the margin."""
        if self.kind in (Kind.MEAN, Kind.QUANTILE):
            return "ratio"
        return "distance" if self.kind is Kind.DISTANCE else "share"

    @property
    def sign(self) -> int:
        """1 where higher is better, else -1."""
        return 1 if self.better == "higher" else -1


def passes(answer: Answer) -> float | None:
    """1 where the contract is kept, 0 where it is not; None: it was not judged."""
    return _JUDGED.get(answer.verdict or "")


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _times(name: str, words: str, of: Callable[[Answer], float | None]) -> list[Metric]:
    """Its mean, median and 95th percentile; a tail in a slice would rest on a handful of answers."""
    return [
        Metric(f"{name}_mean", f"mean {words}", Kind.MEAN, "lower", "ms", of),
        Metric(f"{name}_p50", f"median {words}", Kind.QUANTILE, "lower", "ms", of, 0.5, False),
        Metric(f"{name}_p95", f"p95 {words}", Kind.QUANTILE, "lower", "ms", of, 0.95, False),
    ]


def _total(answer: Answer) -> float | None:
    return _positive(answer.total_ms) if answer.served else None


def _first(answer: Answer) -> float | None:
    return _positive(answer.first_token_ms) if answer.served else None


def _speed(answer: Answer) -> float | None:
    return _positive(answer.tokens_per_second) if answer.served else None


def _written(answer: Answer) -> float | None:
    return answer.output_tokens if answer.served else None


def _read(answer: Answer) -> float | None:
    return answer.input_tokens if answer.served else None


_ALL = (
    Metric("contract_pass", "contract pass rate", Kind.SHARE, of=passes),
    Metric("served", "served share", Kind.SHARE, of=lambda answer: float(answer.served)),
    Metric("tool_agreement", "tool agreement", Kind.AGREEMENT),
    Metric("json_agreement", "JSON agreement", Kind.AGREEMENT),
    Metric("text_agreement", "text agreement", Kind.AGREEMENT),
    Metric("answer_agreement", "agreement of answers", Kind.AGREEMENT),
    *_times("latency", "latency", _total),
    *_times("first_token", "time to the first token", _first),
    Metric("tokens_per_second", "output speed", Kind.MEAN, "higher", "tokens/s", _speed),
    Metric("output_tokens", "output length", Kind.MEAN, "lower", "tokens", _written),
    Metric("input_tokens", "input length", Kind.MEAN, "lower", "tokens", _read, of_slices=False),
)
# What is found beside them: of all answers of a case at once, and of the record.
ANSWERS = Metric("answers", "distance of answers as a whole", Kind.DISTANCE, "lower", "distance")
RECORD = Metric("record_agreement", "the baseline's agreement with the record", Kind.AGREEMENT)
METRICS = {metric.name: metric for metric in _ALL}


def _of(value: Callable[[Trajectory], float | None]) -> Callable[[Answer], float | None]:
    """A metric of trajectories that came; what is no trajectory has none."""

    def of(answer: Answer) -> float | None:
        if not isinstance(answer, TrajectoryAnswer) or answer.trajectory is None:
            return None
        return value(answer.trajectory) if answer.served else None

    return of


def _failing(trajectory: Trajectory) -> float | None:
    ran = trajectory.commands
    return sum(each.exit_code != 0 for each in ran) / len(ran) if ran else None


def _came(answer: Answer) -> float | None:
    return float(answer.served) if isinstance(answer, TrajectoryAnswer) else None


def _checked(answer: Answer) -> float | None:
    return passes(answer) if isinstance(answer, TrajectoryAnswer) else None


def _count(name: str, words: str, natural: str, of: Callable[[Trajectory], float]) -> Metric:
    return Metric(f"{name}_mean", words, Kind.MEAN, "lower", natural, _of(of))


_OF_TRAJECTORIES = (
    Metric("check_pass", "check pass rate", Kind.SHARE, of=_checked),
    Metric(
        "completed",
        "share of trajectories with every prompt answered",
        Kind.SHARE,
        of=_of(lambda each: float(each.completed)),
    ),
    Metric("came", "share of trajectories that came", Kind.SHARE, of=_came),
    Metric("failed_commands", "share of commands that fail", Kind.SHARE, "lower", of=_of(_failing)),
    _count("commands", "commands run", "commands", lambda each: len(each.commands)),
    _count("model_calls", "model calls", "calls", lambda each: each.model_calls),
    _count("tokens_read", "tokens read", "tokens", lambda each: each.usage.input_tokens),
    _count("tokens_written", "tokens written", "tokens", lambda each: each.usage.output_tokens),
    _count("time", "mean time", "ms", lambda each: each.duration_ms),
    Metric(
        "time_p50",
        "median time",
        Kind.QUANTILE,
        "lower",
        "ms",
        _of(lambda each: each.duration_ms or None),
        0.5,
        False,
    ),
)
TRAJECTORIES = Metric(
    "trajectories", "distance of trajectories as a whole", Kind.DISTANCE, "lower", "distance"
)
TRAJECTORY_METRICS = {metric.name: metric for metric in _OF_TRAJECTORIES}


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured of a run's answers. whole: the distance of all answers of a case at once."""

    metrics: Mapping[str, Metric]
    whole: Metric


OF_ANSWERS, OF_TRAJECTORIES = Measured(METRICS, ANSWERS), Measured(TRAJECTORY_METRICS, TRAJECTORIES)
PATTERNS = (f"{VIOLATION}KEYWORD", f"{AGREEMENT}ASPECT")


def metric(name: str) -> Metric:
    """The metric of that name.

    Raises:
        ValueError: there is none; names the nearest.
    """
    known_ones = {**METRICS, **TRAJECTORY_METRICS}
    if name in known_ones:
        return known_ones[name]
    if name.startswith(VIOLATION) and name != VIOLATION:
        return _violation(name)
    if name.startswith(AGREEMENT) and name != AGREEMENT:
        return Metric(name, f"agreement in `{name[len(AGREEMENT) :]}`", Kind.AGREEMENT)
    near = get_close_matches(name, [*known_ones, *PATTERNS], n=1)
    known = ", ".join((*known_ones, *PATTERNS))
    told = f"did you mean '{near[0]}'?" if near else f"known: {known}"
    raise ValueError(f"unknown metric; {told}")


def _violation(name: str) -> Metric:
    keyword = name[len(VIOLATION) :]

    def of(answer: Answer) -> float | None:
        return None if passes(answer) is None else float(keyword in answer.violations)

    return Metric(name, f"share of answers that violate `{keyword}`", Kind.SHARE, "lower", of=of)
