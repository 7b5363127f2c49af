"""Why the answers ended."""

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.features import Features
from driftgate.replay.compare.told import told


def finish(one: Features, other: Features) -> Aspect | None:
    """0: for the same reason, in whatever words of their dialects. None: neither says."""
    first, second = one.finish, other.finish
    if first is None and second is None:
        return None
    if first == second:
        return Aspect(0.0)
    return Aspect(1.0, f"ended with {told(first or 'no reason')} against {told(second or 'none')}")
