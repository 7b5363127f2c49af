"""What comparing needs of one answer, each made at most once and only where it is asked for."""

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from driftgate.contracts.builtin.channel import channel_findings
from driftgate.contracts.finish import finish_of
from driftgate.contracts.verdict import Severity
from driftgate.proxy.dialects import meaning
from driftgate.replay.answer import Answer
from driftgate.replay.compare.json_text import json_in
from driftgate.replay.compare.leaves import Leaves, leaves_of
from driftgate.replay.compare.tool_call import Call, call_of
from driftgate.replay.compare.volatile import normalised
from driftgate.replay.compare.words import Phrase
from driftgate.replay.logprobs import Logprobs

MAX_CHARACTERS = 2_000_000  # of a text; what lies beyond counts in `text_exact` alone
MAX_CALLS = 200  # tool calls whose arguments are compared; of the others the names
LEAST_LOGPROB = -100.0  # nats; backends write "impossible" as anything below, even minus infinity
KEPT, KEPT_CHARACTERS = 64, 8_000_000  # answers, and characters of them, that a cache holds

Vector = NDArray[np.float64]
Embedder = Callable[[str], Vector]


class Features:
    """One answer, read for comparing."""

    def __init__(self, answer: Answer, embed: Embedder | None = None) -> None:
        self.answer = answer
        self._embed = embed

    @cached_property
    def normal(self) -> str:
        """The text without what is made by chance."""
        return normalised(self.answer.text[:MAX_CHARACTERS])

    @cached_property
    def leaves(self) -> Leaves | None:
        """The leaves of the text's JSON; None where the text is none."""
        value = json_in(self.normal)
        return None if value is None else leaves_of(value)

    @cached_property
    def phrase(self) -> Phrase:
        """That text, to be folded and taken apart."""
        return Phrase(self.normal)

    @cached_property
    def vector(self) -> Vector | None:
        """The text's embedding; None without an embedder."""
        return None if self._embed is None else self._embed(self.normal)

    @cached_property
    def tool_names(self) -> list[str]:
        """The names of the tools called, with their namespaces."""
        return [
            f"{call.namespace}.{call.name}" if call.namespace else call.name
            for call in self.answer.tool_calls
        ]

    @cached_property
    def calls(self) -> list[Call]:
        """The first MAX_CALLS tool calls."""
        named = zip(self.tool_names, self.answer.tool_calls, strict=True)
        return [call_of(name, call.arguments) for name, call in list(named)[:MAX_CALLS]]

    @cached_property
    def finish(self) -> str | None:
        """Why the answer ended, in the words of all dialects."""
        answer = self.answer
        return finish_of(
            meaning.Answer(tool_calls=answer.tool_calls, finish_reason=answer.finish_reason)
        )

    @cached_property
    def reasoning(self) -> str:
        """Where the reasoning is: present (apart from the text), leaked (into it) or absent."""
        text = self.answer.text
        found = channel_findings(text, marked="<" in text)
        if any(each.severity is Severity.ERROR for each in found):
            return "leaked"
        return "present" if self.answer.reasoning.strip() else "absent"

    @cached_property
    def tokens(self) -> NDArray[np.int64]:
        """The hashes of the tokens that logprobs are given for."""
        tokens = self._given.tokens
        return np.fromiter(map(hash, tokens), np.int64, len(tokens))

    @cached_property
    def logprobs(self) -> Vector:
        """Their natural logarithms of probability, those of the impossible at LEAST_LOGPROB."""
        found = np.frombuffer(self._given.values, np.float64) if self._given else np.empty(0)
        return np.clip(found, LEAST_LOGPROB, 0.0)

    @cached_property
    def _given(self) -> Logprobs:
        given = self.answer.logprobs
        return given if isinstance(given, Logprobs) else Logprobs(given)

    @property
    def size(self) -> int:
        """Characters, roughly, that are kept for it."""
        return len(self.answer.text) + sum(len(call.arguments) for call in self.answer.tool_calls)


class FeatureCache:
    """The features of the answers last asked for.

    Holds at most KEPT answers of KEPT_CHARACTERS together (but always the two last), so that
    comparing case by case reads each answer once and no run stays in memory.
    """

    def __init__(self, embed: Embedder | None = None) -> None:
        self._embed = embed
        # by the answer's identity; the features hold the answer, so that no other gets its id
        self._kept: OrderedDict[int, Features] = OrderedDict()
        self._characters = 0

    def of(self, answer: Answer) -> Features:
        """The answer's features."""
        known = self._kept.get(id(answer))
        if known is not None:
            self._kept.move_to_end(id(answer))
            return known
        made = self._kept[id(answer)] = Features(answer, self._embed)
        self._characters += made.size
        while len(self._kept) > KEPT or (
            self._characters > KEPT_CHARACTERS and len(self._kept) > 2  # noqa: PLR2004 - a pair
        ):
            _, gone = self._kept.popitem(last=False)
            self._characters -= gone.size
        return made

    def __len__(self) -> int:
        return len(self._kept)
