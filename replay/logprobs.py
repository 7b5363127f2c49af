"""The log probabilities of an answer's tokens, in a sixth of the memory that pairs take.

A run holds all of its answers while it decides: 50,000 answers of 500 tokens are 2.4 GB as pairs.
"""

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload


class Logprobs(Sequence[tuple[str, float]]):
    """(token, natural logarithm of its probability) in order; equal to the tuple of these pairs.

    tokens: each text is kept once in the process. values: as many doubles.
    """

    __slots__ = ("tokens", "values")

    def __init__(self, pairs: Iterable[tuple[str, float]]) -> None:
        given = pairs if isinstance(pairs, Sequence) else tuple(pairs)
        self.tokens: tuple[str, ...] = tuple([sys.intern(token) for token, _ in given])
        self.values = array("d", [logprob for _, logprob in given])

    def __len__(self) -> int:
        return len(self.tokens)

    @overload
    def __getitem__(self, place: int) -> tuple[str, float]: ...
    @overload
    def __getitem__(self, place: slice) -> "Logprobs": ...
    def __getitem__(self, place: int | slice) -> "tuple[str, float] | Logprobs":
        if isinstance(place, slice):
            return Logprobs(tuple(self)[place])
        return self.tokens[place], self.values[place]

    def __iter__(self) -> Iterator[tuple[str, float]]:
        return zip(self.tokens, self.values, strict=True)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Logprobs):
            return self.tokens == other.tokens and self.values == other.values
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Logprobs({tuple(self)!r})"
