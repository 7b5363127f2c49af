"""Where the model's reasoning stands: apart from the text, leaked into it, or nowhere.

What it says is not compared: it varies from try to try, and nobody relies on it.
"""

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features


def reasoning(one: Features, other: Features) -> Aspect | None:
    """0: in the same place. None: neither answer has any."""
    first, second = one.reasoning, other.reasoning
    if first == second:
        return None if first == "absent" else Aspect(0.0)
    return Aspect(1.0, f"reasoning {first} against {second}")
