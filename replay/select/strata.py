"""Kinds of calls that a sample keeps in proportion: what strata there are, and how many of each. Pure.

Stratified sampling with proportional allocation (W. Cochran, "Sampling Techniques", 3rd ed., chapter
5); whole numbers by largest remainder (Hamilton's method).
"""

from bisect import bisect_right
from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import NamedTuple, TypeVar

NO_TOOL = "(none)"  # tools were offered, and none was called
_BYTES_A_TOKEN = 4  # of English text in JSON, roughly; for calls whose backend counts no tokens
_LENGTHS = (256, 1_000, 4_000, 16_000)  # tokens at which a class begins
_LENGTH_NAMES = ("under 256", "256-1k", "1k-4k", "4k-16k", "16k and more")
_DEPTHS = (3, 7, 21)  # items at which a class begins
_DEPTH_NAMES = ("1-2", "3-6", "7-20", "21 and more")
Key = TypeVar("Key", bound=Hashable)


class Stratum(NamedTuple):
    """Calls of one kind.

    tools: none offered, offered, or called. depth: class of the number of messages, tool calls and
    results in the request. length: class of the prompt's length in tokens.
    """

    contract: str
    dialect: str
    tools: str
    depth: str
    length: str

    def __str__(self) -> str:
        tools = "no tools" if self.tools == "none" else f"tools {self.tools}"
        return f"{self.contract}, {self.dialect}, {tools}, {self.depth} items, {self.length} tokens"


def length_class(input_tokens: int | None, request_bytes: int) -> str:
    """Class of a prompt's length; by bytes where tokens were not counted."""
    tokens = request_bytes // _BYTES_A_TOKEN if input_tokens is None else input_tokens
    return _LENGTH_NAMES[bisect_right(_LENGTHS, tokens)]


def depth_class(items: int | None) -> str:
    """Class of how deep in its conversation a request is, by the items that it holds."""
    return _DEPTH_NAMES[bisect_right(_DEPTHS, items or 1)]


def stratum_of(slices: Mapping[str, tuple[str, ...]]) -> Stratum:
    """The stratum of a call, out of its slices."""
    tools = slices.get("tool", ())
    use = "called" if tools and tools != (NO_TOOL,) else "offered" if tools else "none"
    contract, dialect, depth, length = (
        next(iter(slices.get(kind, ())), "") for kind in ("contract", "dialect", "depth", "length")
    )
    return Stratum(contract, dialect, use, depth, length)


def allocate(sizes: Mapping[Key, int], n: int) -> dict[Key, int]:
    """How many to take of each, n in all (all there are, where n is more).

    In proportion; where n allows, at least one of each that has any. Ties go to the larger, then to
    the first by name.
    """
    sizes = {key: size for key, size in sizes.items() if size > 0}
    total = sum(sizes.values())
    if n >= total:
        return dict(sizes)
    kept: dict[Key, int] = {}
    if n >= len(sizes):
        kept = _raised(sizes, n)
    rest = {key: size for key, size in sizes.items() if key not in kept}
    return {**_largest_remainder(rest, n - len(kept)), **kept}


def _raised(sizes: Mapping[Key, int], n: int) -> dict[Key, int]:
    """Those whose share is less than one, at one each; taking from the others may lower more of them."""
    kept: dict[Key, int] = {}
    while True:
        rest = {key: size for key, size in sizes.items() if key not in kept}
        total, left = sum(rest.values()), n - len(kept)
        small = [key for key, size in rest.items() if size * left < total]
        if not small:
            return kept
        kept.update(dict.fromkeys(small, 1))


def _largest_remainder(sizes: Mapping[Key, int], n: int) -> dict[Key, int]:
    total = sum(sizes.values())
    shares = {key: Fraction(size * n, total) for key, size in sizes.items()}
    taken = {key: int(share) for key, share in shares.items()}
    order = sorted(sizes, key=lambda key: (taken[key] - shares[key], -sizes[key], str(key)))
    for key in order[: n - sum(taken.values())]:
        taken[key] += 1
    return taken
