"""Some values of each metric and arm, for plots."""

from collections.abc import Sequence
from random import Random

from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.metrics import Kind
from driftgate.replay.decide.paired import Paired

MOST = 400  # values of one metric and arm


def samples(
    found: Sequence[Paired], cases: Sequence[Case], seed: int
) -> dict[str, dict[str, list[float]]]:
    """Metric to arm to at most 400 of its values, in the order of the cases.

    Of times and sizes those of single answers, the record's too, under the name without its
    `_mean`; of agreements those of cases, the baseline's being its noise floor. Passes and fails
    are no distribution, and have none.
    """
    told: dict[str, dict[str, list[float]]] = {}
    for each in found:
        by_arm = _values(each, cases)
        chosen = {arm: _some(values, f"{seed} {each.metric.name}") for arm, values in by_arm}
        if any(chosen.values()):
            told[each.metric.name.removesuffix("_mean")] = {
                arm: values for arm, values in chosen.items() if values
            }
    return told


def _values(found: Paired, cases: Sequence[Case]) -> list[tuple[str, Sequence[float]]]:
    metric = found.metric
    if metric.kind is Kind.AGREEMENT:
        return [
            (Arm.BASELINE.value, found.baseline.tolist()),
            (Arm.CANDIDATE.value, found.candidate.tolist()),
        ]
    if metric.kind is not Kind.MEAN or found.raw is None or metric.of is None:
        return []
    record = [metric.of(answer) for i in found.cases for answer in cases[i].of(Arm.RECORD)]
    return [
        (Arm.RECORD.value, [value for value in record if value is not None]),
        (Arm.BASELINE.value, found.raw[0].values.tolist()),
        (Arm.CANDIDATE.value, found.raw[1].values.tolist()),
    ]


def _some(values: Sequence[float], seed: str) -> list[float]:
    chance = Random(seed)  # noqa: S311 - chance that can be repeated
    chosen = sorted(chance.sample(range(len(values)), min(MOST, len(values))))
    return [float(values[each]) for each in chosen]
