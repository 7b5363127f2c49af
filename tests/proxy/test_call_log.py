"""A line for each call, or each that failed; with content only where it is asked for."""

import logging
from typing import Any

import pytest

from driftgate.proxy.call_log import CallLog
from driftgate.proxy.record import Outcome, Recorded
from driftgate.proxy.settings.model import Settings
from tests.support.kept_calls import PROMPT, kept, recorded

CALL = "0190a0a0-aaaa-7000-b000-000000000001"
FAILED = {"outcome": Outcome.UPSTREAM_TIMEOUT, "status": 504, "error": "it is slow"}


def lines(
    caplog: pytest.LogCaptureFixture, call: Recorded, which: str = "all", **more: Any
) -> list[logging.LogRecord]:
    caplog.set_level("INFO", "driftgate.calls")
    caplog.clear()
    columns = more.pop("columns", {})
    CallLog(Settings.model_validate({"log_calls": which, **more})).hear(kept(call, **columns), 0.0)
    return caplog.records


def test_a_call_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = lines(caplog, recorded())
    assert line.getMessage() == (
        f"call {CALL} POST /v1/chat/completions to local/gemma4: 200 completed, pass, "
        "total 30 ms, 12 in, 3 out"
    )
    assert line.levelname == "INFO"
    told = line.__dict__
    assert told["call_id"] == CALL
    assert told["call"] == {
        "method": "POST",
        "path": "/v1/chat/completions",
        "upstream": "local",
        "model": "gemma4",
        "status": 200,
        "outcome": "completed",
        "contract": "builtin",
        "verdict": "pass",
        "attempts": 1,
        "session_id": "s1",
        "finish_reason": "stop",
        "total_ms": 30.0,
        "input_tokens": 12,
        "output_tokens": 3,
    }
    assert PROMPT not in repr(told)
    (line,) = lines(caplog, recorded(), columns={"first_token_ms": 20.4, "attempts": 2})
    assert "pass, 2 attempts, first token 20 ms, total 30 ms" in line.getMessage()


def test_content_comes_when_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = lines(caplog, recorded(), log_content=True)
    assert line.__dict__["call"]["input_text"] == PROMPT
    assert line.__dict__["call"]["output_text"] == "an answer"
    assert PROMPT in line.getMessage()


def test_a_name_that_holds_a_book_makes_no_long_line(caplog: pytest.LogCaptureFixture) -> None:
    book = "m" * 100_000
    names = ("model", "path", "session_id", "finish_reason", "fallback")
    (line,) = lines(caplog, recorded(), columns=dict.fromkeys(names, book))
    assert len(line.getMessage()) < 1000
    assert [line.__dict__["call"][name] for name in names] == [f"{book[:200]}..."] * len(names)
    (line,) = lines(caplog, recorded(), log_content=True, columns={"output_text": book})
    assert line.__dict__["call"]["output_text"] == book


@pytest.mark.parametrize(
    ("call", "columns"),
    [
        (recorded(**FAILED), {}),
        (recorded(status=404), {}),
        (recorded(outcome=Outcome.CLIENT_GONE, chunks=[]), {}),
        (recorded(), {"verdict": "fail"}),
        (recorded(), {"answer_error": "no memory"}),
    ],
)
def test_failed_calls_are_told_alone_where_that_is_asked_for(
    caplog: pytest.LogCaptureFixture, call: Recorded, columns: dict[str, Any]
) -> None:
    (line,) = lines(caplog, call, "failed", columns=columns)
    assert line.levelname == "WARNING"
    assert lines(caplog, recorded(), "failed") == []


def test_why_a_call_failed_is_told_where_it_quotes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    (line,) = lines(caplog, recorded(**FAILED))
    assert line.getMessage().endswith(", it is slow")
    assert line.__dict__["call"]["error"] == "it is slow"
    quoting = recorded(outcome=Outcome.CLIENT_INVALID, status=400, error=f"bad: {PROMPT}")
    (line,) = lines(caplog, quoting)
    assert PROMPT not in repr(line.__dict__)
    (line,) = lines(caplog, quoting, log_content=True)
    assert line.__dict__["call"]["error"] == f"bad: {PROMPT}"


def test_a_replay_has_no_line(caplog: pytest.LogCaptureFixture) -> None:
    assert lines(caplog, recorded(), columns={"arm": "candidate"}) == []
