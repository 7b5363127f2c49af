"""A metric with a bounded number of series, whose children are at hand."""

from typing import Generic, TypeVar

from prometheus_client.metrics import MetricWrapperBase

from driftgate.proxy.metrics.family import Family
from driftgate.proxy.metrics.values import LENGTH, OTHER, STRANGERS, Vocabulary

LIMIT = 1000  # combinations of label values; beyond, what strangers name is `other`

M = TypeVar("M", bound=MetricWrapperBase)


class Series(Generic[M]):
    """The children of one metric by label values as they come. For one thread."""

    def __init__(
        self, metric: M, family: Family, vocabulary: Vocabulary, *, limit: int = LIMIT
    ) -> None:
        """Nothing is counted yet; limit: see LIMIT."""
        self._metric = metric
        self._labels = family.labels
        self._values = vocabulary.of(family.labels)
        self._limit = limit
        self._known: set[tuple[str, ...]] = set()
        self._at_hand: dict[tuple[object, ...], M] = {}

    def of(self, *values: object) -> M:
        """The child of these values, in the order of the family's labels."""
        found = self._at_hand.get(values)
        return found if found is not None else self._find(values)

    def _find(self, values: tuple[object, ...]) -> M:
        names = tuple(each.admit(value) for each, value in zip(self._values, values, strict=True))
        if names not in self._known and len(self._known) >= self._limit:
            names = tuple(
                OTHER if label in STRANGERS else name
                for label, name in zip(self._labels, names, strict=True)
            )
        self._known.add(names)
        child = self._metric.labels(*names)
        short = all(len(value) <= LENGTH for value in values if isinstance(value, str))
        if short and len(self._at_hand) < 2 * self._limit:
            self._at_hand[values] = child
        return child
