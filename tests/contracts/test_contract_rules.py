"""What a contract applies to, and the parameters that it allows."""

from typing import Any

import pytest
from pydantic import ValidationError

from driftgate.contracts.contract_rules import Applies, Rules


def test_rules_keep_what_they_are_given() -> None:
    rules = Rules.model_validate(
        {"always": {"temperature": 0}, "range": {"top_p": [0, 1.0]}, "only": ["seed"]}
    )
    assert rules.always == {"temperature": 0}
    assert rules.range == {"top_p": (0, 1.0)}
    assert rules.only == ("seed",)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"always": {"temprature": 1}}, "did you mean temperature"),
        ({"range": {"stop": [0, 1]}}, "has no range"),
        ({"range": {"seed": [2, 1]}}, "2 is above 1"),
        ({"range": {"seed": [2_000_000, 1]}}, "2000000 is above 1"),
        ({"range": {"seed": [1]}}, "range"),
        ({"refuse": ["seed"], "only": ["top_k"]}, "contradict"),
        ({"always": {"seed": 3}, "range": {"seed": [0, 2]}}, "outside its own range"),
        ({"default": {"seed": -1}, "range": {"seed": [0, 2]}}, "outside its own range"),
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Rules.model_validate(wrong)


def test_a_condition_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="says nothing"):
        Applies()
    assert Applies(everything=True).dialects == ()
