"""The policy of a gate over trajectories: the same file, other metrics, and defaults of its own.

Why these defaults. Trajectories are few and noisy: the same model on the same task seldom takes the
same path twice. A pass rate over 20 threads is known to about 15 points, so that a margin of 2 would
never be shown; and each thread costs minutes, so that five are judged where a gate over calls wants
twenty. How the workspace is left counts as an alarm, the path to it does not.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from driftgate.replay.decide.metrics import METRICS, VIOLATION
from driftgate.replay.decide.policy import Count, Margin, Name, Policy

CHECKED = "check_pass"
MARGINS = {CHECKED: 0.1, "completed": 0.1}
ALARMS = {"agreement:files": 0.1, "failed_commands": 0.2}


class TrajectoryPolicy(Policy):
    """As a gate's policy; `minimum` is of threads."""

    default_margins: ClassVar[Mapping[str, float]] = MARGINS
    default_alarms: ClassVar[Mapping[str, float]] = ALARMS

    margins: Mapping[Name, Margin] = Field(default=MARGINS)
    alarms: Mapping[Name, Margin] = Field(default=ALARMS)
    minimum: Count = 5

    @classmethod
    def measures(cls, name: str) -> bool:
        """All but what is measured of single calls."""
        return name not in METRICS and not name.startswith(VIOLATION)

    def without_check(self) -> "TrajectoryPolicy":
        """Where no check command is given, nothing is asked of it."""
        left = {name: value for name, value in self.margins.items() if name != CHECKED}
        alarms = {name: value for name, value in self.alarms.items() if name != CHECKED}
        return self.model_copy(update={"margins": left, "alarms": alarms})
