"""Two answers to the same question, aspect by aspect, and their distance as a whole.

The distance as a whole, for which answers are permuted (energy test, facts: arXiv 2410.20247), is

- 1 where one was served and the other was not, 0 where neither was: two failures tell nothing of a
  model, whatever their reasons;
- where either calls tools, of the tool calls: names first, then arguments, then order; the text
  beside them counts for a tenth of what they leave;
- else, where either is JSON, of the JSON: structure first, then values; 1 where the other is not;
- else, of the texts: the share of words that differ.

What is made by chance and what is mere form does not count (see `volatile` and `words.folded`). The
distance is deterministic, symmetric, from 0 to 1, and 0 for equal answers. The triangle inequality
does not hold, and no test here needs it. Verdict, finish reason, reasoning, length, logprobs,
embedding, the judge and users' comparators are aspects of their own and no part of it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from driftgate.replay.answer import Answer
from driftgate.replay.compare.comparison import Aspect, Comparison
from driftgate.replay.compare.embedding import embedding
from driftgate.replay.compare.features import Embedder, FeatureCache, Features
from driftgate.replay.compare.finish import finish
from driftgate.replay.compare.judge import Judged, Pair, judged_aspect
from driftgate.replay.compare.length import length
from driftgate.replay.compare.logprobs import logprobs
from driftgate.replay.compare.own import Comparator, ComparatorFailed
from driftgate.replay.compare.reasoning import reasoning
from driftgate.replay.compare.structure import both_json, json_aspects
from driftgate.replay.compare.text import text, text_exact, text_folded
from driftgate.replay.compare.tools import tool_aspects
from driftgate.replay.compare.transport import transport
from driftgate.replay.compare.verdicts import verdict, violations

ARGUMENTS, ORDER, BESIDE = 0.7, 0.3, 0.1  # what arguments, order and text beside tool calls weigh

_ONE: dict[str, Callable[[Features, Features], Aspect | None]] = {
    "finish": finish,
    "verdict": verdict,
    "violations": violations,
    "text_exact": text_exact,
    "reasoning": reasoning,
    "length": length,
    "logprobs": logprobs,
}
_OF_TEXTS: dict[str, Callable[[Features, Features], Aspect | None]] = {
    "text": text,
    "text_folded": text_folded,
    "embedding": embedding,
}
_NONE = Aspect(0.0)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Failures:
    """How often a user's comparator failed, and how the first time."""

    reason: str
    count: int = 0


class Comparer:
    """Compares answers. Reads each answer once, as long as its case is at hand.

    failures: of users' comparators, by name. Such a failure costs its own aspect of that pair alone.
    """

    def __init__(
        self,
        extra: Sequence[Comparator] = (),
        embed: Embedder | None = None,
        judged: Mapping[Pair, Judged] | None = None,
    ) -> None:
        self.failures: dict[str, Failures] = {}
        self._extra = extra
        self._judged = judged or {}
        self._features = FeatureCache(embed)

    def compare(self, a: Answer, b: Answer) -> Comparison:
        """What the answers have in common; reasons name `a` first. Never raises."""
        one, other = self._features.of(a), self._features.of(b)
        aspects = {"transport": transport(one, other)}
        if a.served and b.served:
            aspects |= _served(one, other)
            aspects |= self._own(a, b)
        return Comparison(distance(a, b, aspects), aspects)

    def _own(self, a: Answer, b: Answer) -> dict[str, Aspect]:
        found = {"judge": judged_aspect(self._judged, a, b)} if self._judged else {}
        for each in self._extra:
            try:
                found[each.name] = each.compare(a, b)
            except ComparatorFailed as error:
                self._failed(each.name, str(error))
        return {name: aspect for name, aspect in found.items() if aspect is not None}

    def _failed(self, name: str, reason: str) -> None:
        if name not in self.failures:
            self.failures[name] = Failures(reason)
            _log.warning("comparator %s %s (this is said once)", name, reason)
        self.failures[name].count += 1


def distance(a: Answer, b: Answer, aspects: Mapping[str, Aspect]) -> float:
    """The distance of two answers as a whole, by the rule above."""
    if not (a.served and b.served):
        return 1.0 if a.served != b.served else 0.0

    def of(name: str) -> float:
        return aspects.get(name, _NONE).distance

    structure, values = of("json_structure"), of("json_values")
    content = 1 - (1 - structure) * (1 - values) if "json_structure" in aspects else of("text")
    if "tool_names" not in aspects:
        return content
    alike = (
        (1 - of("tool_names"))
        * (1 - ARGUMENTS * of("tool_arguments"))
        * (1 - ORDER * of("tool_order"))
    )
    return 1 - alike * (1 - BESIDE * content)


def _served(one: Features, other: Features) -> dict[str, Aspect]:
    found = {name: aspect(one, other) for name, aspect in _ONE.items()}
    if not both_json(one, other):
        found |= {name: aspect(one, other) for name, aspect in _OF_TEXTS.items()}
    told = {name: aspect for name, aspect in found.items() if aspect is not None}
    return told | json_aspects(one, other) | tool_aspects(one, other)
