"""Statuses: what RFC 9110 means, and what makes the Codex CLI behave."""

import socket
import ssl

import pytest

from driftgate.proxy import failures
from driftgate.proxy.errors import CallError, Fault
from driftgate.proxy.record import Outcome

ALL: list[CallError] = [
    failures.refused("u", "http://u", ConnectionRefusedError(111, "Connection refused")),
    failures.connect_timeout("u", "http://u", 5),
    failures.first_byte_timeout("u", "http://u", 5),
    failures.idle_timeout("u", "http://u", 5),
    failures.reset("u", "http://u", begun=False),
    failures.invalid("u", "http://u", "garbage"),
    failures.upgrade_refused("u", "http://u", 404),
    failures.client_invalid("no"),
    failures.no_upstream("x", ["u"]),
    failures.stopping(),
    failures.disk_full("no space"),
    failures.own_fault(ValueError()),
]


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.code)
def test_every_failure_names_driftgate_its_fault_and_an_outcome(error: CallError) -> None:
    assert error.message.startswith("driftgate")
    assert "\n" not in error.message
    assert error.fault in set(Fault)
    assert error.outcome in set(Outcome)
    assert 400 <= error.status < 600


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.code)
def test_codex_never_gets_a_status_that_it_sends_thirty_times(error: CallError) -> None:
    assert failures.status_for(error, codex=True) < 500
    assert failures.status_for(error, codex=False) == error.status


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.code)
def test_upstream_failures_name_the_upstream_and_its_address(error: CallError) -> None:
    if error.fault is Fault.UPSTREAM:
        assert "'u' at http://u" in error.message


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "host name is unknown"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "TLS failed"),
        (OSError("odd"), "odd"),
    ],
)
def test_the_reason_of_a_refusal_is_said(error: OSError, reason: str) -> None:
    assert reason in failures.refused("u", "http://u", error).message


def test_what_waiting_may_mend_is_retried_and_what_it_may_not_is_final() -> None:
    assert failures.stopping().codex_status == failures.PASSING
    assert failures.disk_full("x").codex_status == failures.FINAL
