"""What a worker knows of one upstream from the calls that went there."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Health:
    """Counts, and what was seen last."""

    calls: int = 0
    errors: int = 0
    last_ok_at: float | None = None  # seconds since the Unix epoch
    last_error_at: float | None = None
    last_error: str | None = None

    def note(self, error: str | None) -> None:
        """One call ended."""
        self.calls += 1
        if error is None:
            self.last_ok_at = time.time()
        else:
            self.errors += 1
            self.last_error_at, self.last_error = time.time(), error
