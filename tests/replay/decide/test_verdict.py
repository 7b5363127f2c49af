"""From findings to a verdict, as a table."""

from dataclasses import replace

import pytest

from driftgate.replay.decide.decision import Finding, GateVerdict, Status
from driftgate.replay.decide.findings import Draft, settled
from driftgate.replay.decide.metrics import metric
from driftgate.replay.decide.policy import Policy
from driftgate.replay.decide.verdict import needed, verdict

POLICY = Policy()


def found(name: str, status: Status, *, wanted: int | None = None, where: str = "") -> Finding:
    (judged,) = settled([Draft(metric(name), None, 0.02, where)], 0.05)
    return replace(judged.finding, status=status, needed=wanted)


PASSED = found("served", Status.PASS)
OPEN = found("contract_pass", Status.INCONCLUSIVE, wanted=500)
ALARM = found("tool_agreement", Status.INCONCLUSIVE, wanted=900)


@pytest.mark.parametrize(
    ("findings", "problems", "expected"),
    [
        ([PASSED], ["no case was run"], GateVerdict.COULD_NOT_CHECK),
        ([PASSED], [], GateVerdict.PASS),
        ([PASSED, ALARM], [], GateVerdict.PASS),
        ([PASSED, OPEN], [], GateVerdict.INCONCLUSIVE),
        ([OPEN, found("tool_agreement", Status.DRIFT)], [], GateVerdict.DRIFT),
        ([PASSED, found("served", Status.DRIFT, where="contract=a")], [], GateVerdict.DRIFT),
        ([PASSED, found("served", Status.INCONCLUSIVE, where="contract=a")], [], GateVerdict.PASS),
        ([PASSED, found("output_tokens", Status.INFO)], [], GateVerdict.PASS),
    ],
)
def test_what_is_found_decides(
    findings: list[Finding], problems: list[str], expected: GateVerdict
) -> None:
    assert verdict(findings, problems, POLICY) is expected


def test_what_would_settle_it_is_the_most_that_any_needs() -> None:
    other = found("served", Status.INCONCLUSIVE, wanted=700)
    assert needed([OPEN, other, ALARM], POLICY) == 700
    assert needed([OPEN, found("served", Status.INCONCLUSIVE)], POLICY) is None
    assert needed([PASSED], POLICY) is None
