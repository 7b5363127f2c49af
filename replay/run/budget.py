"""What a run may spend: tokens and minutes. Pure; time is given."""

from dataclasses import dataclass


@dataclass(slots=True)
class Budget:
    """Counts what is spent. tokens, minutes: the limits; None: none."""

    tokens: int | None = None
    minutes: float | None = None
    spent: int = 0

    def note(self, tokens: int) -> None:
        """An answer cost so many tokens, read and written."""
        self.spent += tokens

    def exhausted(self, elapsed_s: float) -> str | None:
        """Why nothing more is asked for, in a few words; None: go on."""
        if self.tokens is not None and self.spent >= self.tokens:
            return f"the budget of {self.tokens:,} tokens is used up"
        if self.minutes is not None and elapsed_s >= self.minutes * 60:
            return f"the budget of {self.minutes:g} minutes is used up"
        return None
