"""The judge: verdicts, their order, and that nothing makes it raise."""

import json
import logging
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts import judge as judging
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.judge import MAX_VIOLATIONS, judge
from driftgate.contracts.verdict import Severity, Source, Verdict, Violation
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, ToolCall, Usage
from tests.contracts.exchanges import answered, asked, call, contract, told

TEXT = "".join(
    f"Step {n} takes {n * 7} pages from shelf {chr(65 + n)} and puts them beside number {n * n}. "
    for n in range(26)
)
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_a_good_answer_passes_without_any_contract() -> None:
    made = judge(asked(), answered(TEXT), None)
    assert (made.verdict, told(made.violations)) == (Verdict.PASS, [])
    assert (made.contract, made.contract_id) == ("builtin", None)


def test_tools_that_were_dropped_are_a_warning_unless_the_prompt_itself_was_cut() -> None:
    tools = [{"type": "custom", "name": "patch", "description": TEXT}]
    made = judge(asked(tools=tools), answered(TEXT), None)
    assert (made.verdict, told(made.violations)) == (
        Verdict.PASS,
        [("constraint_dropped", "parameters/tools")],
    )
    cut = judge(asked(prompt=TEXT, tools=tools), answered(TEXT), None)
    assert told(cut.violations) == [("context_cut", "input")]


def test_a_judgement_names_its_contract_and_version() -> None:
    rules = contract(output={"schema": SCHEMA})
    made = judge(asked(), answered("prose"), rules)
    assert (made.contract, made.contract_id) == ("test", rules.id)
    assert made.verdict is Verdict.FAIL
    assert told(made.violations) == [("not_json", "text")]


def test_the_contract_and_the_request_are_judged_each() -> None:
    request = asked(tools=[], max_tokens=5, top_k=3)
    rules = contract(output={"max_chars": 3}, parameters={"refuse": ["top_k"]})
    made = judge(request, answered("prose text", call("run"), output_tokens=9), rules)
    assert {violation.source for violation in made.violations} >= {Source.REQUEST, Source.CONTRACT}
    assert {violation.keyword for violation in made.violations} >= {
        *("unknown_tool", "constraint_dropped", "max_chars", "refuse"),
    }


def test_what_request_and_contract_both_find_is_told_once() -> None:
    schema = json.dumps(SCHEMA)
    request = asked(response_format="json_schema", response_schema=schema)
    made = judge(request, answered('{"a": "x"}'), contract(output={"schema": SCHEMA}))
    found = [(v.source, v.keyword, v.path) for v in made.violations]
    assert found.count((Source.REQUEST, "type", "text/a")) == 1
    assert (Source.CONTRACT, "type", "text/a") not in found
    other = {**SCHEMA, "properties": {"a": {"type": "null"}}}
    both = judge(request, answered('{"a": "x"}'), contract(output={"schema": other}))
    assert len([v for v in both.violations if v.path == "text/a"]) == 2


def test_an_error_takes_the_place_of_a_warning_that_says_the_same() -> None:
    warning = Violation(Source.REQUEST, "type", "text", "bad", Severity.WARNING)
    error = Violation(Source.CONTRACT, "type", "text", "bad")
    assert judging._once([warning, warning]) == [warning]
    assert judging._once([warning, error]) == [error]
    assert judging._once([error, warning]) == [error]


def test_warnings_do_not_fail() -> None:
    made = judge(asked(), answered(TEXT), contract(parameters={"default": {"seed": 7}}))
    assert made.verdict is Verdict.PASS
    assert told(made.violations) == [("default", "parameters/seed")]


@pytest.mark.parametrize(
    "answer",
    [
        answered(status=503, error="Loading model"),
        answered(status=404),
        answered(status=0, complete=False),
        answered(status=301),
        answered(status=200, error="the slot was lost"),
    ],
)
def test_where_no_model_has_answered_nothing_is_judged(answer: Answered) -> None:
    made = judge(asked(), answer, contract(output={"schema": SCHEMA}))
    assert (made.verdict, made.violations) == (Verdict.UNJUDGED, ())


@pytest.mark.parametrize("status", [200, 500])
def test_a_known_failure_of_the_server_fails_though_there_is_no_answer(status: int) -> None:
    answer = answered(status=status, error="Failed to parse input at pos 0: <|tool_call>call:")
    made = judge(asked(), answer, None)
    assert (made.verdict, told(made.violations)) == (Verdict.FAIL, [("server_parser", "text")])


def test_an_answer_of_which_only_the_beginning_is_known_is_not_judged_as_a_whole() -> None:
    request = asked(response_format="json_object")
    made = judge(request, answered(TEXT, cut=True), contract(output={"schema": SCHEMA}))
    assert (made.verdict, made.violations) == (Verdict.UNJUDGED, ())
    flood = judge(request, answered("thought\n" * 1000, cut=True), None)
    assert flood.verdict is Verdict.FAIL


def test_what_a_contract_ignores_of_the_builtin_checks_is_left_out() -> None:
    request = asked(tools=[], stop=("prose",))
    answer = answered("prose", call("run"))
    made = judge(request, answer, contract(output={"ignore": ["unknown_*", "constraint_dropped"]}))
    assert made.verdict is Verdict.PASS
    own = contract(output={"ignore": ["max_chars"], "max_chars": 1})
    assert "max_chars" in {v.keyword for v in judge(request, answer, own).violations}


def test_a_check_that_fails_is_a_warning_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Asked, __: Answered) -> list[Violation]:
        raise RecursionError

    monkeypatch.setattr(judging, "_CHECKS", (broken, *judging._CHECKS))
    with caplog.at_level(logging.ERROR):
        made = judge(asked(stop=("prose",)), answered("prose"), None)
    assert made.verdict is Verdict.FAIL
    assert [violation.keyword for violation in made.violations] == [
        "check_failed",
        "constraint_dropped",
    ]
    assert "broken failed" in caplog.text


def test_the_number_of_violations_is_bounded() -> None:
    calls = [call("nope", {}, f"c{n}") for n in range(1_000)]
    made = judge(asked(tools=[]), answered(None, *calls), None)
    assert len(made.violations) == MAX_VIOLATIONS


TEXTS = st.text(max_size=60) | st.sampled_from(["", "{", "[" * 2_000, '{"a": 1}', "<|channel>"])
MAYBE = st.none() | TEXTS
CALLS = st.lists(st.builds(ToolCall, TEXTS, TEXTS, MAYBE, MAYBE), max_size=3).map(tuple)
COUNTS = st.none() | st.integers(-2, 2**63)
PARAMETERS = st.builds(
    Parameters,
    temperature=st.none() | st.floats(),
    seed=COUNTS,
    max_tokens=COUNTS,
    stop=st.none() | st.lists(TEXTS, max_size=2).map(tuple),
    response_format=st.sampled_from([None, "json_object", "json_schema", "x"]),
    response_schema=MAYBE | st.just(json.dumps(SCHEMA)),
    tool_choice=MAYBE,
    tool_names=st.none() | st.lists(TEXTS, max_size=2).map(tuple),
)
ITEMS = st.lists(st.builds(Item, st.just(0), st.just(0), TEXTS, MAYBE, TEXTS, MAYBE), max_size=3)
REQUESTS = st.builds(
    Asked,
    st.sampled_from(["responses", "chat", "completions", "ollama_chat", "ollama_generate"]),
    TEXTS,
    PARAMETERS,
    ITEMS,
    MAYBE,
    st.binary(max_size=40),
    st.binary(max_size=40) | st.just(b'[{"type":"function","name":"{"}]'),
)
ANSWERS = st.builds(
    Answer,
    text=MAYBE,
    reasoning=MAYBE,
    tool_calls=CALLS,
    finish_reason=MAYBE | st.sampled_from(["stop", "length"]),
    usage=st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS),
    complete=st.booleans(),
    error=MAYBE,
)
ANSWERED = st.builds(
    Answered, st.integers(-1, 700) | st.just(200), ANSWERS, st.booleans(), st.booleans()
)
STRICT: dict[str, Any] = {
    "input": {
        "schema": SCHEMA,
        "max_bytes": 9,
        "max_tokens": 1,
        "max_turns": 1,
        "max_tool_rounds": 0,
        "control_characters": "refuse",
    },
    "parameters": {
        "always": {"temperature": 0.0},
        "default": {"seed": 1},
        "only": ["stop"],
        "range": {"max_tokens": [1, 9]},
    },
    "output": {
        "schema": SCHEMA,
        "json": "any",
        "min_chars": 1,
        "max_chars": 9,
        "finish": ["stop"],
        "max_tokens": 5,
        "forbid": ["(x+)+$"],
        "tools": {"names": ["a*"], "max_calls": 1},
    },
}


@given(REQUESTS, ANSWERED, st.sampled_from([None, {}, STRICT, {**STRICT, "mode": "enforce"}]))
def test_no_exchange_makes_the_judge_raise_or_a_check_fail(
    request: Asked, answer: Answered, rules: dict[str, Any] | None
) -> None:
    made = judge(request, answer, None if rules is None else contract(**rules))
    assert "check_failed" not in {violation.keyword for violation in made.violations}
    assert made.verdict is not Verdict.FAIL or made.errors


def microseconds(request: Asked, answer: Answered, rules: Any) -> float:
    """The best of several rounds: what it costs where nothing else runs."""
    rounds = []
    for _ in range(20):
        began = perf_counter()
        for _ in range(50):
            judge(request, answer, rules)
        rounds.append((perf_counter() - began) / 50)
    return min(rounds) * 1e6


# Several times what is measured on an idle machine of today: a guard against another order.
def test_judging_is_cheap() -> None:
    plain = microseconds(asked(), answered(TEXT), None)
    good = json.dumps({"a": 1, "text": TEXT})
    small = contract(output={"schema": SCHEMA})
    with_schema = microseconds(asked(), answered(good), small)
    assert plain < 400, plain
    assert with_schema < 1_200, with_schema


def test_an_empty_answer_is_no_json_once() -> None:
    for request in (
        asked(response_format="json_object"),
        asked(response_format="json_schema", response_schema=json.dumps(SCHEMA)),
    ):
        made = judge(request, answered(""), contract(output={"schema": SCHEMA}))
        assert [v.keyword for v in made.violations].count("not_json") == 1


def test_a_shared_schema_is_told_once_in_whatever_words() -> None:
    of_request = Violation(Source.REQUEST, "type", "text/a", "one way")
    of_contract = Violation(Source.CONTRACT, "type", "text/a", "another way")
    both = [of_request, of_contract]
    assert judging._told_by_one(both, shares_schema=True) == [of_request]
    assert judging._told_by_one(both, shares_schema=False) == both
    mild = Violation(Source.REQUEST, "type", "text/a", "one way", Severity.WARNING)
    assert judging._told_by_one([mild, of_contract], shares_schema=True) == [of_contract]
    two = [Violation(Source.REQUEST, "required", "text", name) for name in "ab"]
    assert judging._told_by_one(two, shares_schema=True) == two
