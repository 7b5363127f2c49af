"""Draws that depend on their labels only: the same on every machine and Python version."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")
_SPAN = 1 << 64


class Dice:
    """Numbered draws below one seed. Cold dice (temperature 0) always pick the first option."""

    def __init__(self, *seed: object, cold: bool = False) -> None:
        self._seed = "\x1f".join(map(str, seed))
        self.cold = cold

    def number(self, label: object) -> int:
        """64 bits that belong to this seed and label, cold or not."""
        text = f"{self._seed}\x1f{label}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")

    def fraction(self, label: object) -> float:
        """A number in [0, 1) that belongs to this seed and label, cold or not."""
        return self.number(label) / _SPAN

    def pick(self, options: Sequence[_T], label: object) -> _T:
        """One of the options; the first when cold."""
        return options[0] if self.cold else options[self.number(label) % len(options)]

    def name(self, label: object, length: int = 24) -> str:
        """A name of hexadecimal digits, for ids."""
        text = f"{self._seed}\x1f{label}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=16).hexdigest()[:length]
