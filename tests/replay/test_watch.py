"""When a watch asks again, what can break it, and what it tells."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.answer import Answer
from driftgate.replay.arm import Arm
from driftgate.replay.case import Case
from driftgate.replay.decide.decision import Decision, Finding, GateVerdict, Health, Status
from driftgate.replay.decide.policy import Policy
from driftgate.replay.run.kept import Run
from driftgate.replay.watch import (
    Known,
    coverage,
    detail,
    event_of,
    message,
    outcome,
    watch_policy,
    why_due,
)

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(hours=24), timedelta(minutes=1)
FACTS = {"digest": "1", "n_ctx": 8}
RUN = Run("0190", NOW, "watch", name="g", candidate={"model": "m"}, candidate_fingerprint=FACTS)
KNOWN = Known().after(RUN, NOW - MINUTE, drifted=False)
HEALTH = Health(1, 1, {}, 1.0, {}, None, None, [], [])


@pytest.mark.parametrize(
    ("known", "facts", "why"),
    [
        (Known(), FACTS, "there is no reference yet"),
        (Known(down=True), FACTS, "there is no reference yet"),
        (KNOWN, FACTS, None),
        (replace(KNOWN, last_at=NOW - DAY), FACTS, "it is time"),
        (replace(KNOWN, last_at=NOW - DAY + MINUTE), FACTS, None),
        (KNOWN, {**FACTS, "digest": "2"}, "the server changed: digest: 1 -> 2"),
        (KNOWN, {}, None),
        (replace(KNOWN, down=True), FACTS, "the server is back"),
        (replace(KNOWN, failures=1, not_before=NOW), FACTS, "the last round came to nothing"),
        (replace(KNOWN, failures=1, not_before=NOW + MINUTE), FACTS, None),
        (
            replace(KNOWN, failures=1, not_before=NOW + MINUTE),
            {"digest": "2"},
            "the server changed: digest: 1 -> 2",
        ),
        (Known(failures=1, not_before=NOW + MINUTE), FACTS, None),
    ],
)
def test_a_round_is_due_for_a_reason(known: Known, facts: dict[str, Any], why: str | None) -> None:
    assert why_due(known, facts, NOW, DAY) == why


def test_a_new_reference_is_made_at_once_where_it_is_asked_for() -> None:
    assert why_due(KNOWN, FACTS, NOW, DAY, accept=True) == "its answers become the reference"
    waits = replace(KNOWN, failures=1, not_before=NOW + MINUTE)
    assert why_due(waits, FACTS, NOW, DAY, accept=True) is None


@given(st.integers(0, 200))
def test_rounds_that_fail_are_tried_later_each_time_but_not_later_than_scheduled(
    times: int,
) -> None:
    known, waits = KNOWN, list[timedelta]()
    for _ in range(times):
        known = known.failed(NOW, MINUTE, DAY)
        assert known.not_before is not None
        waits.append(known.not_before - NOW)
    assert waits == sorted(waits)
    assert waits[:3] == [MINUTE, 2 * MINUTE, 4 * MINUTE][:times]
    assert all(wait <= DAY for wait in waits)
    assert known.after(RUN, NOW).failures == 0


def test_an_unclear_round_leaves_the_last_clear_verdict() -> None:
    drifted = KNOWN.after(RUN, NOW, drifted=True)
    assert drifted.after(RUN, NOW, drifted=outcome(GateVerdict.INCONCLUSIVE)).drifted
    assert not drifted.after(RUN, NOW, drifted=outcome(GateVerdict.PASS)).drifted


def test_what_measures_time_does_not_gate() -> None:
    given = Policy(
        margins={"latency_p95": 0.1, "output_tokens": 0.2},
        alarms={"tokens_per_second": 0.1, "first_token_mean": 0.1},
    )
    policy, lost = watch_policy(given)
    assert sorted(lost) == ["first_token_mean", "latency_p95", "tokens_per_second"]
    assert sorted(policy.margins) == ["contract_pass", "output_tokens", "served"]
    assert sorted(policy.alarms) == ["json_agreement", "tool_agreement"]
    assert watch_policy(Policy()) == (Policy(), [])


@pytest.mark.parametrize(
    ("verdict", "drifted", "event"),
    [
        ("drift", False, "drift"),
        ("drift", True, "drift"),
        ("pass", True, "drift_over"),
        ("pass", False, None),
        ("inconclusive", True, None),
        ("could_not_check", True, None),
    ],
)
def test_drift_and_its_end_are_events(verdict: str, drifted: bool, event: str | None) -> None:
    assert event_of(GateVerdict(verdict), drifted=drifted) == event


def test_a_case_counts_for_a_reference_when_all_its_answers_came() -> None:
    def case(*served: bool) -> Case:
        answers = [Answer("a", Arm.CANDIDATE, number, served=s) for number, s in enumerate(served)]
        return Case("c", "s", answers={Arm.CANDIDATE: answers})

    assert coverage([case(True, True), case(True, False), case(True), case()], 2) == 0.25
    assert coverage([], 2) == 0.0


def finding(metric: str, status: Status, margin: float | None, where: str = "") -> Finding:
    numbers = (0.9, 0.8, math.nan, -math.inf, 0.0)
    return Finding(
        *(metric, where, "share", "higher", 40, 20, *numbers, margin),
        *(0.01, 0.02, 5, 0, status, None, 0.1, "It fell."),
    )


def test_a_webhook_is_told_what_broke_and_what_changed_as_json() -> None:
    findings = [
        finding("contract_pass", Status.DRIFT, 0.02),
        finding("served", Status.PASS, 0.02),
        finding("text_agreement", Status.DRIFT, None),
    ]
    slices = [finding("contract_pass", Status.DRIFT, 0.02, "contract=a")]
    decision = Decision(GateVerdict.DRIFT, "Drift: it fell.", HEALTH, findings, slices)
    run = replace(RUN, baseline_fingerprint={"digest": "0"})
    told = message("drift", run, decision, "it is time", NOW)
    assert told["findings"] == [
        {
            "metric": "contract_pass",
            "slice": where,
            "baseline": 0.9,
            "candidate": 0.8,
            "effect": None,
            "low": None,
            "high": 0.0,
            "margin": 0.02,
        }
        for where in ("", "contract=a")
    ]
    assert {name: told[name] for name in told if name != "findings"} == {
        "event": "drift",
        "set": "g",
        "run": "0190",
        "verdict": "drift",
        "sentence": "Drift: it fell.",
        "at": "2026-11-28T12:00:00+00:00",
        "why": "it is time",
        "changed": ["digest: 0 -> 1"],
    }
    json.dumps(told, allow_nan=False)


def test_an_event_names_run_set_and_candidate() -> None:
    assert json.loads(detail(RUN)) == {"run": "0190", "set": "g", "candidate": "m"}
    decision = Decision(GateVerdict.DRIFT, "Drift.", HEALTH)
    told = json.loads(detail(RUN, decision))
    assert (told["verdict"], told["sentence"]) == ("drift", "Drift.")
