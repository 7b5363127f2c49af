"""Verdicts, and the keywords of what was violated."""

from typing import Any

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.verdicts import verdict, violations
from tests.replay.compare.answers import features

PASS: dict[str, Any] = {"verdict": "pass", "contract": "mail"}
FAIL: dict[str, Any] = {"verdict": "fail", "contract": "mail", "violations": ("enum", "required")}


def test_a_verdict_that_turns_is_told_with_its_contract_and_keywords() -> None:
    one, other = features(**PASS), features(**FAIL)
    reason = "pass against fail (contract mail: enum, required)"
    assert verdict(one, other) == Aspect(1.0, reason)
    assert verdict(other, one) == Aspect(
        1.0, reason.replace("pass against fail", "fail against pass")
    )
    assert verdict(one, one) == verdict(other, other) == Aspect(0.0)


def test_an_answer_that_was_not_judged_has_no_verdict_to_compare() -> None:
    for unjudged in (features(verdict="unjudged"), features()):
        assert verdict(features(**PASS), unjudged) is None
        assert violations(features(**FAIL), unjudged) is None


def test_violations_are_apart_by_the_keywords_of_one_alone() -> None:
    one, other = features(**FAIL), features(**{**FAIL, "violations": ("enum",)})
    assert violations(one, other) == Aspect(0.5, "violations: enum, required against enum")
    assert violations(one, features(**PASS)) == Aspect(
        1.0, "violations: enum, required against nothing"
    )
    assert violations(other, one) == Aspect(0.5, "violations: enum against enum, required")
    assert violations(one, one) == Aspect(0.0)
    assert violations(features(**PASS), features(**PASS)) is None
