"""The verdict on a held answer, and what mending makes of it."""

from dataclasses import replace

import pytest

from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.verdict import Severity, Source, Verdict, Violation
from driftgate.proxy.dialects.meaning import Answer, Parameters, Usage
from driftgate.proxy.enforce.findings import REWRITTEN, Found, find
from tests.support.enforced import contract

ASKED = Asked("chat", "/v1/chat/completions", Parameters(model="g"))
USAGE = Usage(input_tokens=5, output_tokens=9)


def found(answer: Answer, *, early: Violation | None = None, **rules: object) -> Found:
    return find(ASKED, contract(**rules), Answered(200, answer), answer, early=early)


def said(text: str, *wire: tuple[str, str]) -> Answer:
    return Answer(text=text, finish_reason="stop", usage=USAGE, complete=True, wire=wire)


def test_a_good_answer_is_left_alone() -> None:
    seen = found(said("Bern has about 134,000 people."))
    assert seen.judgement.verdict is Verdict.PASS
    assert not seen.mended


def test_a_leaked_channel_is_stripped_and_the_rest_passes() -> None:
    seen = found(said("<|channel>thought\nhm, Bern\n<channel|>Bern has about 134,000 people."))
    assert seen.judgement.verdict is Verdict.PASS
    assert seen.answer.text == "Bern has about 134,000 people."
    assert seen.answer.reasoning
    assert seen.repairs == ("strip_channel",)
    assert [(v.keyword, v.severity) for v in seen.judgement.violations] == [
        ("leaked_channel", Severity.REPAIRED)
    ]


def test_a_repair_that_does_not_help_is_not_made() -> None:
    answer = said("<|channel>thought\nhm\n<channel|>no")
    seen = found(answer, output={"min_chars": 50})
    assert seen.judgement.verdict is Verdict.FAIL
    assert seen.answer is answer
    assert not seen.repairs


def test_what_is_more_than_one_answer_is_not_written_anew() -> None:
    answer = said("<|channel>thought\nhm, Bern\n<channel|>Bern has about 134,000 people.")
    for asked in (b'{"n": 2}', b'{"logprobs": true}'):
        several = replace(ASKED, body=asked)
        seen = find(several, contract(), Answered(200, answer), answer)
        assert seen.judgement.verdict is Verdict.FAIL
        assert not seen.mended


@pytest.mark.parametrize("fault", ["duplicate_terminal", "unfinished_item"])
def test_a_stream_that_is_broken_in_form_alone_is_written_anew(fault: str) -> None:
    seen = found(said("Bern has about 134,000 people.", (fault, "event 9: no")))
    assert seen.repairs == (REWRITTEN,)
    assert seen.mended
    assert seen.judgement.verdict is Verdict.PASS  # nothing is left to ask again for


def test_what_was_stopped_early_fails_and_is_not_mended() -> None:
    early = Violation(Source.MODEL, "unknown_tool", "tool_calls/0", "no such tool")
    seen = found(said("Bern has about 134,000 people."), early=early)
    assert seen.judgement.verdict is Verdict.FAIL
    assert early in seen.judgement.violations
    assert not seen.mended
