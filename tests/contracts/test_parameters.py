"""A contract's rules on parameters, in both modes."""

from typing import Any

import pytest

from driftgate.contracts.parameters import parameter_findings, pinned
from driftgate.proxy.dialects.meaning import Parameters
from tests.contracts.exchanges import contract, told

ALWAYS = {"always": {"temperature": 0.0, "stop": ["END"]}, "default": {"seed": 7}}


def test_what_is_pinned_is_always_set_and_a_default_only_where_nothing_is() -> None:
    rules = contract(parameters=ALWAYS)
    assert pinned(rules, Parameters()) == {"temperature": 0.0, "stop": ("END",), "seed": 7}
    assert pinned(rules, Parameters(temperature=0.5, seed=9, stop=("END",))) == {"temperature": 0.0}
    assert pinned(rules, Parameters(temperature=0, seed=7, stop=("END",))) == {}


def test_what_is_not_as_pinned_is_found_in_observe_mode() -> None:
    found = parameter_findings(contract(parameters=ALWAYS), Parameters(temperature=0.5))
    assert sorted((v.keyword, v.path, v.severity.value) for v in found) == [
        ("always", "parameters/stop", "error"),
        ("always", "parameters/temperature", "error"),
        ("default", "parameters/seed", "warning"),
    ]


def test_what_is_set_in_enforce_mode_is_no_violation() -> None:
    rules = {**ALWAYS, "range": {"temperature": [0.0, 0.2]}, "only": ["top_p"]}
    made = contract(mode="enforce", parameters=rules)
    assert told(parameter_findings(made, Parameters(temperature=0.5, top_p=0.9))) == []


@pytest.mark.parametrize(
    ("rules", "sent", "expected"),
    [
        ({"range": {"temperature": [0.0, 1.0]}}, {"temperature": 1.5}, ["range"]),
        ({"range": {"temperature": [0.0, 1.0]}}, {"temperature": 1.0}, []),
        ({"range": {"temperature": [0.0, 1.0]}}, {}, []),
        ({"refuse": ["top_k"]}, {"top_k": 40}, ["refuse"]),
        ({"refuse": ["top_k"]}, {"top_p": 0.9}, []),
        ({"only": ["top_p"]}, {"top_k": 40, "top_p": 0.9}, ["only"]),
        ({"only": []}, {"seed": 1}, ["only"]),
    ],
)
@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_ranges_and_refusals_hold_in_both_modes(
    mode: str, rules: Any, sent: Any, expected: list[str]
) -> None:
    found = parameter_findings(contract(mode=mode, parameters=rules), Parameters(**sent))
    assert [violation.keyword for violation in found] == expected


def test_large_numbers_are_told_in_full() -> None:
    rules = contract(
        parameters={"range": {"max_tokens": [1, 1_000_000], "temperature": [0.0, 0.25]}}
    )
    found = parameter_findings(rules, Parameters(max_tokens=1_234_567, temperature=0.3333333))
    assert [violation.reason for violation in found] == [
        "max_tokens must be between 1 and 1000000, and is 1234567",
        "temperature must be between 0 and 0.25, and is 0.3333333",
    ]
