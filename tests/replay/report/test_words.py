"""What reports call things."""

from driftgate.replay.decide.decision import GateVerdict, Status
from driftgate.replay.report.words import (
    LIMITS,
    OF_AGENTS,
    STATUSES,
    VERDICTS,
    limits,
    metric,
    of_slice,
    rest_of,
)


def test_every_verdict_and_status_has_its_word() -> None:
    assert set(VERDICTS) == set(GateVerdict)
    assert set(STATUSES) == set(Status)


def test_names_read_as_words() -> None:
    assert metric("latency_p95") == "latency p95"
    assert (of_slice(""), of_slice("tool=apply_patch")) == ("all cases", "tool=apply_patch")


def test_a_sentence_loses_the_verdict_that_stands_before_it() -> None:
    assert rest_of("Could not check: nobody there.", "could_not_check") == "Nobody there."
    assert rest_of("it broke.", "drift") == "it broke."
    assert rest_of("Pass: it holds.", "drift") == "Pass: it holds."
    assert rest_of("", "of a newer driftgate") == ""


def test_the_limits_name_what_is_and_what_is_not_measured() -> None:
    assert "next action" in LIMITS
    assert "not measure whole trajectories" in LIMITS
    assert limits("gate").startswith(LIMITS)
    assert "interleaved" in limits("gate")
    assert "whole turns" not in limits("gate")
    assert OF_AGENTS in limits("gate", agents=True)
    assert limits("trajectories", agents=True) == limits("trajectories")
    assert "interleaved" not in limits("watch") + limits("shadow")
