"""What the page of a call says of its verdict and its attempts."""

from typing import Any

from driftgate.commands.portrait import portrait
from driftgate.commands.verdict import verdict_lines
from tests.support.recorded_calls import MakeCall

JUDGED = {"contract": "summarize", "verdict": "fail", "violations": 1, "judged_us": 40}


def _violation(attempt: int = 1, **changes: Any) -> dict[str, Any]:
    plain = {
        "attempt": attempt,
        "path": "text/title",
        "reason": "is missing",
        "keyword": "required",
        "severity": "error",
    }
    return {**plain, **changes}


def _attempt(number: int, reason: str, **changes: Any) -> dict[str, Any]:
    plain = {
        "attempt": number,
        "reason": reason,
        "upstream": "local",
        "model": "gemma4",
        "status": 200,
        "outcome": "completed",
        "verdict": "fail",
        "repairs": None,
        "total_ms": 900.0,
        "error": None,
        "request_body": None,
    }
    return {**plain, **changes}


def test_a_call_that_nobody_judged_says_nothing_of_verdicts(make_call: MakeCall) -> None:
    assert list(verdict_lines(make_call())) == []


def test_the_verdict_and_what_was_wrong_stand_on_the_page(make_call: MakeCall) -> None:
    call = make_call(**JUDGED)
    call.violations.append(_violation())
    call.violations.append(_violation(severity="warning", path="events"))
    call.attempts.append(_attempt(1, "first"))
    page = portrait(call)
    start = page.index("== verdict fail, contract summarize, judged in 40 us")
    assert page[start + 1 : start + 3] == [
        "    text/title: is missing (required)",
        "    warning: events: is missing (required)",
    ]
    assert not any(line.startswith("[1] first") for line in page)


def test_each_attempt_says_why_where_and_how_it_went(make_call: MakeCall) -> None:
    call = make_call(**{**JUDGED, "verdict": "pass"}, fallback="other/small", attempts=2)
    call.attempts.append(_attempt(1, "first"))
    call.attempts.append(
        _attempt(2, "fallback", upstream="other", verdict="pass", repairs=["extract_json"])
    )
    call.violations.append(_violation(1))
    assert list(verdict_lines(call))[2:] == [
        "!! FALLBACK: other/small answered, not what was asked",
        "[1] first: local gemma4 completed 200 fail 900ms",
        "    text/title: is missing (required)",
        "[2] fallback: other gemma4 completed 200 pass 900ms repaired: extract_json",
    ]


def test_a_request_that_its_contract_refused_has_no_attempt(make_call: MakeCall) -> None:
    call = make_call(**JUDGED, attempts=0)
    call.violations.append(_violation(0, path="input/max_bytes"))
    assert "    input/max_bytes: is missing (required)" in list(verdict_lines(call))


def test_a_flood_of_violations_is_cut(make_call: MakeCall) -> None:
    call = make_call(**JUDGED)
    call.violations.extend([_violation()] * 30)
    assert list(verdict_lines(call))[-1] == "    [... 10 more; the table violations has them]"


def test_nothing_that_a_model_wrote_can_steer_the_terminal(make_call: MakeCall) -> None:
    evil = "\x1b]0;x\x07\n\x9b2J"
    call = make_call(**{**JUDGED, "contract": evil}, fallback=evil)
    call.violations.append(_violation(path=evil, reason=evil, keyword=evil))
    call.violations.append(_violation(2, reason=evil))
    call.attempts.append(_attempt(1, evil, upstream=evil, model=evil, error=evil, repairs=[evil]))
    call.attempts.append(_attempt(2, evil))
    page = "".join(verdict_lines(call))
    assert "\\x1b]0;x" in page
    assert not {"\x1b", "\x07", "\x9b", "\n"} & set(page)
