"""The prompt cache: what each slot has seen last, so that a common beginning counts as cached."""

from dataclasses import dataclass

from driftgate.sim.tokens import count


@dataclass(slots=True)
class Slot:
    """One place of the server: the model and text it holds, and when it was used last."""

    number: int
    model: str = ""
    text: str = ""
    used: int = 0
    tokens: int = 0


class Slots:
    """A few slots; a prompt takes the one that has most of it, else the one unused for longest."""

    def __init__(self, number: int = 4) -> None:
        self.slots = [Slot(n) for n in range(number)]
        self._tick = 0

    def take(self, model: str, prompt: str) -> tuple[Slot, int]:
        """The slot for a prompt, and how many characters of the prompt it holds already."""
        shared = [common(s.text, prompt) if s.model == model else 0 for s in self.slots]
        best = max(range(len(shared)), key=lambda n: shared[n])
        if shared[best] < len(prompt) * _SIMILAR:
            best = min(range(len(shared)), key=lambda n: (self.slots[n].used, n))
        slot = self.slots[best]
        self._tick += 1
        slot.used = self._tick
        return slot, shared[best]

    def keep(self, slot: Slot, model: str, text: str, tokens: int) -> None:
        """Remember what the slot holds now."""
        slot.model, slot.text, slot.tokens = model, text, tokens


def common(one: str, other: str) -> int:
    """Length of the common beginning, in characters."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def cached_tokens(prompt: str, shared: int, total: int) -> int:
    """Tokens of the prompt that need no work; the last one always does, as in llama-server."""
    return max(0, min(count(prompt[:shared]), total - 1))


_SIMILAR = 0.1  # llama-server's --slot-prompt-similarity
