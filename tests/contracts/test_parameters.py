"""A contract's rules on parameters, in both modes."""

from typing import Any

import pytest

from driftgate.contracts.parameters import parameter_findings, pinned
from tests.contracts.exchanges import asked, contract, told

ALWAYS = {"always": {"temperature": 0.0, "stop": ["END"]}, "default": {"seed": 7}}


def test_what_is_pinned_is_always_set_and_a_default_only_where_nothing_is() -> None:
    rules = contract(parameters=ALWAYS)
    assert pinned(rules, asked()) == {"temperature": 0.0, "stop": ("END",), "seed": 7}
    assert pinned(rules, asked(temperature=0.5, seed=9, stop=("END",))) == {"temperature": 0.0}
    assert pinned(rules, asked(temperature=0, seed=7, stop=("END",))) == {}


def test_what_is_not_as_pinned_is_found_in_observe_mode() -> None:
    found = parameter_findings(contract(parameters=ALWAYS), asked(temperature=0.5))
    assert sorted((v.keyword, v.path, v.severity.value) for v in found) == [
        ("always", "parameters/stop", "error"),
        ("always", "parameters/temperature", "error"),
        ("default", "parameters/seed", "warning"),
    ]


def test_what_is_set_in_enforce_mode_is_no_violation() -> None:
    rules = {**ALWAYS, "range": {"temperature": [0.0, 0.2]}, "only": ["top_p"]}
    made = contract(mode="enforce", parameters=rules)
    assert told(parameter_findings(made, asked(temperature=0.5, top_p=0.9))) == []


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
    found = parameter_findings(contract(mode=mode, parameters=rules), asked(**sent))
    assert [violation.keyword for violation in found] == expected


def test_large_numbers_are_told_in_full() -> None:
    rules = contract(
        parameters={"range": {"max_tokens": [1, 1_000_000], "temperature": [0.0, 0.25]}}
    )
    found = parameter_findings(rules, asked(max_tokens=1_234_567, temperature=0.3333333))
    assert [violation.reason for violation in found] == [
        "max_tokens must be between 1 and 1000000, and is 1234567",
        "temperature must be between 0 and 0.25, and is 0.3333333",
    ]


def test_a_value_that_the_contract_sets_may_be_there() -> None:
    rules = {"always": {"temperature": 0.0}, "default": {"seed": 7}, "only": ["top_p"]}
    for mode in ("enforce", "observe"):
        made = contract(mode=mode, parameters=rules)
        assert told(parameter_findings(made, asked(temperature=0.0, seed=7))) == []
    made = contract(mode="enforce", parameters=rules)
    assert told(parameter_findings(made, asked(seed=8))) == [("only", "parameters/seed")]


@pytest.mark.parametrize("mode", ["observe", "enforce"])
@pytest.mark.parametrize("rule", ["always", "default"])
def test_what_the_dialect_has_no_word_for_is_a_warning(mode: str, rule: str) -> None:
    made = contract(mode=mode, parameters={rule: {"num_ctx": 8192}})
    assert pinned(made, asked("chat")) == {}
    found = parameter_findings(made, asked("chat"))
    assert [(v.keyword, v.path, v.severity.value, v.reason) for v in found] == [
        (rule, "parameters/num_ctx", "warning", "num_ctx cannot be set in chat")
    ]
    assert pinned(made, asked("ollama_chat")) == {"num_ctx": 8192}


PENALTY = {"repeat_penalty": 1.1}


@pytest.mark.parametrize(
    ("dialect", "body", "expected"),
    [
        ("chat", {}, PENALTY),
        ("chat", {"repeat_penalty": 1.1}, {}),
        ("chat", {"repetition_penalty": 1.1}, {}),
        ("chat", {"repetition_penalty": 1.3}, PENALTY),
        ("chat", {"repeat_penalty": 1.1, "repetition_penalty": 1.3}, PENALTY),
        ("ollama_chat", {"options": {"repeat_penalty": 1.1}}, {}),
        ("ollama_chat", {"repeat_penalty": 1.1}, PENALTY),
    ],
)
def test_a_penalty_is_read_where_the_dialect_has_it(
    dialect: str, body: Any, expected: dict[str, Any]
) -> None:
    made = contract(parameters={"always": PENALTY})
    assert pinned(made, asked(dialect, body=body)) == expected


@pytest.mark.parametrize(
    ("rules", "body", "expected"),
    [
        ({"range": {"presence_penalty": [0, 1]}}, {"presence_penalty": 1.5}, ["range"]),
        ({"range": {"presence_penalty": [0, 1]}}, {"presence_penalty": 1}, []),
        (
            {"range": {"repeat_penalty": [0, 1]}},
            {"repeat_penalty": 1, "repetition_penalty": 2},
            ["range"],
        ),
        ({"refuse": ["frequency_penalty"]}, {"frequency_penalty": "0.1"}, ["refuse"]),
        ({"refuse": ["logit_bias"]}, {"logit_bias": {"1": 2}}, ["refuse"]),
        ({"only": ["top_p"]}, {"frequency_penalty": 0}, ["only"]),
        ({"only": ["frequency_penalty"]}, {"frequency_penalty": 0}, []),
        ({"only": ["mirostat"]}, {"mirostat": 2, "xtc_probability": 0.5}, ["only"]),
        ({"only": []}, {"logit_bias": None}, []),
        ({"only": []}, {"messages": [{"mirostat": 2}]}, []),
    ],
)
@pytest.mark.parametrize("dialect", ["chat", "ollama_chat"])
def test_rules_hold_for_what_only_the_body_has(
    dialect: str, rules: Any, body: Any, expected: list[str]
) -> None:
    sent = body if dialect == "chat" else {"options": body}
    found = parameter_findings(contract(parameters=rules), asked(dialect, body=sent))
    assert [violation.keyword for violation in found] == expected
