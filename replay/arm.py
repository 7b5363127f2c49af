"""The arms of a run."""

from enum import StrEnum


class Arm(StrEnum):
    """Who answered. RECORD is what was answered then; the others answer now."""

    RECORD = "record"
    BASELINE = "baseline"
    CANDIDATE = "candidate"
