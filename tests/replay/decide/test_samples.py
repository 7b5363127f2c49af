"""Samples for plots: few, seeded, and of distributions alone."""

from driftgate.replay.arm import Arm
from driftgate.replay.decide.agreement import apart
from driftgate.replay.decide.metrics import metric
from driftgate.replay.decide.paired import numbered, paired
from driftgate.replay.decide.samples import MOST, samples
from tests.replay.decide.made import compare, passing

CASES = passing(250, {Arm.BASELINE: 0.9})
FOUND = [apart(each, compare) for each in CASES]


def of(*names: str, seed: int = 1) -> dict[str, dict[str, list[float]]]:
    sessions = numbered(CASES)
    return samples([paired(metric(n), CASES, FOUND, sessions) for n in names], CASES, seed)


def test_times_have_those_of_every_arm_at_most_so_many() -> None:
    found = of("latency_mean")["latency"]
    assert {arm: len(values) for arm, values in found.items()} == {
        "record": 250,
        "baseline": MOST,
        "candidate": MOST,
    }


def test_a_seed_chooses_the_same_again() -> None:
    assert of("latency_mean") == of("latency_mean")
    assert of("latency_mean") != of("latency_mean", seed=2)


def test_agreement_has_the_noise_floor_beside() -> None:
    assert of("text_agreement")["text_agreement"] == {
        "baseline": [1.0] * 250,
        "candidate": [1.0] * 250,
    }


def test_passes_and_tails_and_what_nobody_has_have_none() -> None:
    assert of("contract_pass", "latency_p95", "first_token_mean", "tool_agreement") == {}
