"""Taking samples: each target of a group in turn, round after round, the others held still."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.load import Plan
from tests.bench.processes import Target, send


@dataclass(frozen=True)
class Sample:
    """One run of a plan. CPU in seconds for all of it; latencies are medians in ms."""

    cpu_s: float
    ingest_s: float
    first_ms: float
    whole_ms: float


@dataclass(frozen=True)
class Medians:
    """Of one target's samples: CPU in microseconds for each call or delta, latencies in ms."""

    cpu_us: float
    ingest_us: float
    first_ms: float
    whole_ms: float

    @property
    def tree_us(self) -> float:
        """CPU of the process that serves and of its historian together."""
        return self.cpu_us + self.ingest_us


def measure(
    targets: dict[str, Target], names: Sequence[str], plan: Plan, units: int, rounds: int
) -> dict[str, Medians]:
    """The medians of so many interleaved rounds, in which each target comes first equally often.

    units: what a call is counted as, such as the deltas of its answer.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for number in range(rounds):
        turned = number % len(names)
        for name in [*names[turned:], *names[:turned]]:
            samples[name].append(_sample(targets, name, plan))
    return {name: _medians(samples[name], plan.calls * units) for name in names}


def _medians(samples: Sequence[Sample], units: int) -> Medians:
    return Medians(
        statistics.median(each.cpu_s for each in samples) / units * 1e6,
        statistics.median(each.ingest_s for each in samples) / units * 1e6,
        statistics.median(each.first_ms for each in samples),
        statistics.median(each.whole_ms for each in samples),
    )


def _sample(targets: dict[str, Target], name: str, plan: Plan) -> Sample:
    others = [each for each in targets.values() if each.name not in {name, "direct"}]
    target = targets[name]
    for other in others:
        other.freeze(frozen=True)
    try:
        cpu, ingest = target.cpu_s(), target.ingest_cpu_s() if target.history else 0.0
        times = send(target, plan)
        cpu = target.cpu_s() - cpu
        if target.history:
            target.drain()
            ingest = target.ingest_cpu_s() - ingest
        first, whole = statistics.median(times.first), statistics.median(times.whole)
        return Sample(cpu, ingest, first * 1000, whole * 1000)
    finally:
        for other in others:
            other.freeze(frozen=False)
