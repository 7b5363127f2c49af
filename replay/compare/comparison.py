"""What comparing two answers gives. A pure value."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Aspect:
    """How far two answers are apart in one respect: 0 alike, 1 nothing in common.

    reason: one line for people; "" where they are alike.
    """

    distance: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two answers, aspect by aspect. An aspect that neither answer has is not among them.

    distance: of the answers as a whole, 0 to 1; how it is made of the aspects: see compare.py.
    """

    distance: float
    aspects: Mapping[str, Aspect] = field(default_factory=dict)

    @property
    def reasons(self) -> list[str]:
        """Why they differ, the farthest aspect first."""
        found = sorted(self.aspects.values(), key=lambda each: -each.distance)
        return [each.reason for each in found if each.distance > 0 and each.reason]
