"""A decision as JSON and back."""

import json

import pytest

from driftgate.replay.decide.decision import (
    Decision,
    Finding,
    GateVerdict,
    Health,
    Status,
    WorstPair,
    of_json,
)

HEALTH = Health(
    cases=2,
    planned=4,
    served={"baseline": 4, "candidate": 3},
    coverage=0.5,
    errors={"candidate": [("upstream_reset", 1)]},
    record_agreement=None,
    noise_floor=0.9,
    moved=["version was 1, is 2"],
    problems=[],
)
FOUND = Finding(
    metric="contract_pass",
    slice="contract=summarize",
    unit="share",
    better="higher",
    n=2,
    sessions=2,
    baseline=1.0,
    candidate=0.5,
    effect=-0.5,
    low=-1.0,
    high=0.1,
    margin=0.02,
    p=0.04,
    p_adjusted=0.08,
    worse=1,
    improved=0,
    status=Status.INCONCLUSIVE,
    needed=70,
    minimal=0.4,
    reason="1 of 2 cases does worse",
)
PAIR = WorstPair(
    call_id="c",
    slices={"contract": "summarize"},
    prompt="Summarize",
    distance=0.7,
    reasons=["`label` was missing"],
    answers={"candidate": ["d"]},
    shown={"candidate": "{}"},
)
DECISION = Decision(
    verdict=GateVerdict.INCONCLUSIVE,
    sentence="70 calls would settle it.",
    health=HEALTH,
    findings=[FOUND],
    slices=[FOUND],
    pairs=[PAIR],
    policy={"alpha": 0.05},
    needed=70,
    samples={"total_ms": {"baseline": [1.5]}},
)


def test_a_decision_comes_back_from_json_as_it_was() -> None:
    assert of_json(json.loads(json.dumps(DECISION.as_json()))) == DECISION


def test_one_of_another_schema_is_not_read() -> None:
    with pytest.raises(ValueError, match="schema 2, and this driftgate reads 1"):
        of_json({**DECISION.as_json(), "schema": 2})
