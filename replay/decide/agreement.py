"""One case's answers held against each other: how far the arms agree, and the baseline with itself.

Agreement is 1 - distance, of served answers alone: those that failed count in the served share. The
baseline's agreement with itself is the noise floor: what a model that did not change reaches.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from statistics import fmean

import numpy as np

from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.compare.comparison import Comparison
from driftgate.replay.decide.metrics import AGREEMENT
from driftgate.replay.decide.permutation import Matrix

Compare = Callable[[Answer, Answer], Comparison]
# metric -> the aspects that it rests on; answers agree in it as far as in the worst of them
ASPECTS = {
    "tool_agreement": ("tool_names", "tool_arguments", "tool_order"),
    "json_agreement": ("json_structure", "json_values"),
    "text_agreement": ("text",),
}
WHOLE = "answer_agreement"
# Others are told by these, or by metrics of their own.
_TOLD = {
    *(aspect for aspects in ASPECTS.values() for aspect in aspects),
    *("transport", "verdict", "violations", "length", "text_exact", "text_folded"),
}


@dataclass(frozen=True, slots=True)
class Apart:
    """The distances of one case.

    matrix: of all served answers, the baseline's first; size: how many are the baseline's.
    within: metric to the mean agreement of the baseline's answers, pair by pair; across: of each
        answer of the candidate with each of the baseline. A metric that no pair has is in neither.
    record: agreement of the record with the first answer of the baseline; None: there is no such
        pair, or no noise floor to hold it against.
    """

    matrix: Matrix
    size: int
    within: Mapping[str, float] = field(default_factory=dict)
    across: Mapping[str, float] = field(default_factory=dict)
    record: float | None = None


def apart(case: Case, compare: Compare) -> Apart:
    """All pairs of a case's served answers, compared; the record with one answer only.

    The record's one pair is as noisy as one pair of the baseline's own, so that both can be held
    against each other.
    """
    baseline, candidate = served(case, Arm.BASELINE), served(case, Arm.CANDIDATE)
    answers = [*baseline, *candidate]
    matrix = np.zeros((len(answers), len(answers)))
    within: list[Comparison] = []
    across: list[Comparison] = []
    for one, other in combinations(range(len(answers)), 2):
        found = compare(answers[one], answers[other])
        matrix[one, other] = matrix[other, one] = found.distance
        if one < len(baseline):
            (within if other < len(baseline) else across).append(found)
    return Apart(
        matrix, len(baseline), _agreements(within), _agreements(across), _of_record(case, compare)
    )


def agreements(case: Case, compare: Compare) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """`within` and `across` alone, without the pairs of the candidate with itself."""
    baseline, candidate = served(case, Arm.BASELINE), served(case, Arm.CANDIDATE)
    within = (compare(one, other) for one, other in combinations(baseline, 2))
    across = (compare(one, other) for one, other in product(baseline, candidate))
    return _agreements(within), _agreements(across)


def served(case: Case, arm: Arm) -> list[Answer]:
    """The arm's answers that came."""
    return [answer for answer in case.of(arm) if answer.served]


def more_aspects(found: Iterable[Apart]) -> list[str]:
    """Names of the metrics of aspects that no other metric tells, in alphabetical order."""
    names = {name for each in found for name in each.across if name.startswith(AGREEMENT)}
    return sorted(name for name in names if name[len(AGREEMENT) :] not in _TOLD)


def _of_record(case: Case, compare: Compare) -> float | None:
    record, baseline = served(case, Arm.RECORD), served(case, Arm.BASELINE)
    if not record or len(baseline) < 2:  # noqa: PLR2004 - a pair
        return None
    return 1 - compare(record[0], baseline[0]).distance


def _agreements(found: Iterable[Comparison]) -> dict[str, float]:
    """Metric to mean agreement, over the pairs that have it."""
    values: dict[str, list[float]] = {}
    for comparison in found:
        values.setdefault(WHOLE, []).append(1 - comparison.distance)
        aspects = comparison.aspects
        for name, aspect in aspects.items():
            values.setdefault(AGREEMENT + name, []).append(1 - aspect.distance)
        for name, parts in ASPECTS.items():
            distances = [aspects[part].distance for part in parts if part in aspects]
            if distances:
                values.setdefault(name, []).append(1 - max(distances))
    return {name: fmean(each) for name, each in values.items()}
