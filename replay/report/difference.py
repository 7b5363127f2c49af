"""What a report must know of a difference between the baseline's configuration and the candidate's."""

from typing import Protocol


class Difference(Protocol):
    """One fact in which the two are configured differently.

    place: whose fact it is (request, sampler, backend, driftgate, ...), and name: which one.
    baseline, candidate: its value on each side, for people; None where that side has none.
    """

    @property
    def place(self) -> str:
        """Whose fact it is."""

    @property
    def name(self) -> str:
        """Which fact."""

    @property
    def baseline(self) -> str | None:
        """Its value of the baseline."""

    @property
    def candidate(self) -> str | None:
        """Its value of the candidate."""
