"""Statuses: what RFC 9110 means, and what makes the Codex CLI behave."""

import socket
import ssl

import pytest

from driftgate.contracts.verdict import Source, Violation
from driftgate.proxy import failures
from driftgate.proxy.errors import CallError, Fault
from driftgate.proxy.record import Outcome

VIOLATIONS = [Violation(Source.CONTRACT, "type", f"text/{at}", "no\nnumber") for at in range(5)]
BUSY = failures.busy("u", "http://u", 429, 2.5)
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
    failures.body_too_large(64),
    failures.websocket_managed(),
    failures.input_refused("c", VIOLATIONS),
    failures.contract_failed("u", "c", VIOLATIONS, 2),
    failures.gave_up(BUSY, 3),
    BUSY,
    failures.breaker_open("u", "http://u", 9.2),
    failures.adapt_failed("a tool without a name"),
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
        assert "upstream 'u'" in error.message
        assert "at http://u" in error.message or error.code == "contract_failed"


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


def test_a_broken_contract_names_the_first_violations_and_carries_all() -> None:
    error = failures.contract_failed("u", "c", VIOLATIONS, 2)
    assert error.message == (
        "driftgate: upstream 'u' broke contract 'c' (2 attempts): "
        "text/0: no number; text/1: no number; text/2: no number; and 2 more"
    )
    assert [each["path"] for each in error.details] == [f"text/{at}" for at in range(5)]
    assert (error.status, error.codex_status, error.outcome) == (502, 400, Outcome.REFUSED)
    assert "(1 attempt): text/0: no number" in (
        failures.contract_failed("u", "c", VIOLATIONS[:1], 1).message
    )


def test_a_refused_input_is_the_clients_and_lists_what_is_wrong() -> None:
    error = failures.input_refused("c", VIOLATIONS[:1])
    assert error.message.endswith("by contract 'c': text/0: no number")
    assert (error.status, error.fault, len(error.details)) == (422, Fault.CLIENT, 1)


def test_what_was_tried_again_here_is_final_for_codex_and_as_it_was_for_others() -> None:
    reset = failures.reset("u", "http://u", begun=False)
    gave_up = failures.gave_up(reset, 3)
    assert (reset.codex_status, gave_up.codex_status) == (failures.PASSING, failures.FINAL)
    assert (gave_up.status, gave_up.code) == (reset.status, reset.code)
    assert gave_up.message == reset.message + " (3 attempts)"
    assert failures.gave_up(reset, 1).message == reset.message


def test_the_wait_that_an_upstream_asks_for_is_passed_on_in_whole_seconds() -> None:
    assert failures.gave_up(BUSY, 2).retry_after_s == 3
    assert failures.busy("u", "http://u", 503, None).retry_after_s is None


@pytest.mark.parametrize(("opens_in", "wait"), [(9.2, 10), (0.0, 1)])
def test_an_open_breaker_makes_codex_wait_until_it_opens(opens_in: float, wait: int) -> None:
    error = failures.breaker_open("u", "http://u", opens_in)
    assert (error.status, error.codex_status, error.retry_after_s) == (503, 429, wait)


SAID = Violation(Source.CONTRACT, "type", "text/sk-1", "must be a number, is 'sk-2'")


@pytest.mark.parametrize(
    "error",
    [failures.contract_failed("u", "c", [SAID] * 4, 2), failures.input_refused("c", [SAID] * 4)],
    ids=lambda error: error.code,
)
def test_what_is_recorded_under_redaction_quotes_neither_reasons_nor_names(
    error: CallError,
) -> None:
    quiet = error.without_content("left out")
    assert "sk-" not in quiet.message
    assert quiet.message.endswith("text: type; text: type; text: type; and 1 more")
    assert [each["reason"] for each in quiet.details] == ["left out"] * 4
    assert (type(quiet), quiet.code, quiet.outcome) == (type(error), error.code, error.outcome)
    assert (quiet.status, quiet.codex_status) == (error.status, error.codex_status)


def test_what_an_upstream_says_is_not_recorded_under_redaction_however_often_it_was_asked() -> None:
    error = failures.gave_up(failures.no_answer("u", "http://u", "no such user sk-2"), 2)
    assert error.message.endswith("an error: no such user sk-2 (2 attempts)")
    assert error.without_content("left out").message.endswith("and an error (2 attempts)")


def test_an_error_that_quotes_nothing_is_recorded_as_it_is() -> None:
    assert BUSY.without_content("left out") is BUSY


def test_an_agent_that_ends_is_no_upstream_that_closes_its_connection() -> None:
    error = failures.reset("agent", "codex://agent", begun=False)
    assert error.message == (
        "driftgate: agent 'agent' ended before it answered and is started again; ask again"
    )
    assert "closed the connection" in failures.reset("a", "http://a", begun=True).message
