"""Whose fault it is: from what a call's row says, and from driftgate's own answers."""

from typing import Any

import pytest

from driftgate.contracts.verdict import Severity, Source, Violation
from driftgate.proxy import failures
from driftgate.proxy.dialects import error_body
from driftgate.proxy.errors import CallError, Fault
from driftgate.proxy.history.prepare import Preparer
from driftgate.proxy.metrics.faults import fault_of
from driftgate.proxy.record import Chunk, Outcome
from tests.proxy.history.calls import batch, call

BROKEN = [
    Violation(Source.CONTRACT, "type", "text", 'no "driftgate": {"fault": "client"', Severity.ERROR)
]


def fault(**changes: Any) -> Fault | None:
    (prepared,) = Preparer().prepare([batch(call(1, **changes))]).calls
    return fault_of(prepared)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((200, None), (304, None), (400, Fault.CLIENT), (404, Fault.CLIENT)),
        *((429, Fault.UPSTREAM), (500, Fault.UPSTREAM), (503, Fault.UPSTREAM)),
    ],
)
def test_an_upstreams_own_status_tells(status: int, expected: Fault | None) -> None:
    assert fault(status=status) is expected


def test_an_error_under_status_200_is_the_upstreams() -> None:
    said = b'{"error": {"message": "out of memory"}}'
    assert fault(chunks=[Chunk(1, said)], response_size=len(said)) is Fault.UPSTREAM


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.COMPLETED])
def test_every_other_outcome_is_somebodys(outcome: Outcome) -> None:
    expected = Fault.UPSTREAM if outcome.name.startswith("UPSTREAM") else Fault.DRIFTGATE
    if outcome.name.startswith("CLIENT"):
        expected = Fault.CLIENT
    if outcome is Outcome.REFUSED:  # without an answer of driftgate's the status tells
        expected = Fault.UPSTREAM
    assert fault(outcome=outcome, status=None, chunks=[]) is expected


@pytest.mark.parametrize("dialect", ["chat", "ollama_chat"])
@pytest.mark.parametrize(
    "error",
    [
        failures.input_refused("c", BROKEN),
        failures.contract_failed("u", "c", BROKEN, 2),
        failures.breaker_open("u", "http://u", 3),
        failures.disk_full("no space"),
        failures.stopping(),
        failures.no_upstream('"driftgate": {"fault": "driftgate"}', []),
    ],
    ids=lambda error: error.code,
)
def test_a_refusal_says_it_itself_whatever_it_quotes_and_whatever_the_status(
    error: CallError, dialect: str
) -> None:
    body = error_body(dialect, error, call_id="x", upstream="u")
    for status in (error.status, error.codex_status):
        found = fault(outcome=Outcome.REFUSED, status=status, chunks=[Chunk(1, body)])
        assert found is error.fault
