"""The report of a run, with its differences of configuration."""

from driftgate.replay.report.of_run import report_of
from tests.replay.report.made import decision, run


def test_configurations_and_fingerprints_are_compared() -> None:
    made = report_of(run(), decision())
    found = {(each.name, each.baseline, each.candidate) for each in made.differences}
    assert ("quantization", "Q8_0", "Q4_K_M") in found
    assert ("model", None, "gemma4-v2") in found
