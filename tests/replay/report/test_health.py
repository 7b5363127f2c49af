"""Whether the measurement can be trusted, in lines."""

from driftgate.replay.report.health import lines
from tests.replay.report.made import health, run


def test_coverage_answers_errors_noise_and_what_moved_are_told() -> None:
    told = lines(run(), health())
    assert ("coverage", "98.7 % of 300 cases have all answers") in told
    assert ("candidate answers", "596 of 600 came") in told
    assert ("baseline errors", "2 x timeout after 60 s") in told
    assert ("noise floor", "the re-run baseline agrees with itself in 91.0 %") in told
    assert told[-1] == ("moved since recorded", "template: another one than was recorded")


def test_many_kinds_of_errors_are_summed_up() -> None:
    many = [(f"error {number}", 10 - number) for number in range(8)]
    told = [
        text for label, text in lines(run(), health(errors={"candidate": many})) if "err" in label
    ]
    assert told[:2] == ["10 x error 0", "9 x error 1"]
    assert told[5:] == ["12 of other kinds"]


def test_what_was_not_measured_is_said_to_be_so() -> None:
    told = dict(lines(run(), health(record_agreement=None, noise_floor=None, moved=[])))
    assert told["noise floor"] == told["against the record"] == "not measured"
    assert told["moved since recorded"] == "nothing that the baseline tells of itself"
    assert "moved since recorded" not in dict(lines(run(baseline_fingerprint={}), health(moved=[])))
