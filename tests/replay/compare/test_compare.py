"""Comparing as a whole: which aspects there are, the overall distance, and that it never raises."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.proxy.dialects.meaning import ToolCall
from driftgate.replay.answer import Answer
from driftgate.replay.compare.compare import Comparer
from driftgate.replay.compare.comparison import Comparison
from driftgate.replay.compare.judge import Judged, pair
from driftgate.replay.compare.own import BUILT_IN, Comparator
from tests.replay.compare.answers import DEAD, answer, json_values, words

LS, PWD, READ = ("exec", '{"cmd": "ls"}'), ("exec", '{"cmd": "pwd"}'), ("read", '{"path": "a"}')


def compare(one: Answer, other: Answer) -> Comparison:
    return Comparer().compare(one, other)


@pytest.mark.parametrize(
    ("one", "other", "distance", "reasons"),
    [
        (answer("a"), answer(**DEAD), 1, ["answered against status 503: busy"]),
        (answer(**DEAD), answer(**DEAD), 0, []),
        (
            answer(**DEAD),
            answer(served=False, failure="timed out", status=None),
            0,
            ["status 503: busy against timed out"],
        ),
        (answer(), answer(), 0, []),
        (answer("", LS), answer("", READ), 1, ["calls exec against read"]),
        (answer("", LS), answer("", PWD), 0.7, ['exec: /cmd: "ls" against "pwd"']),
        (answer("", LS, READ), answer("", READ, LS), 0.3, ["the same calls in another order"]),
        (
            answer("a b", LS),
            answer("a c", LS),
            0.05,
            ["'a b' against 'a c'", "1 of 2 words differ"],
        ),
        (answer("I see", LS), answer("I see"), 1, ["calls exec against no tool"]),
        (answer('{"a": 1}'), answer("a is 1"), 1, ["JSON against no JSON"]),
        (answer('{"a": 1, "b": 2}'), answer('{"a": 1, "b": 3}'), 0.5, ["at /b: 2 against 3"]),
        (answer('{"a": 1, "b": 2}'), answer('{"a": 0}'), 1, ["at /b: 2 against nothing"]),
        (answer('{"a":1}'), answer('```json\n{"a": 1}\n```'), 0, ["the texts differ from"]),
        (answer("yes it is"), answer("no it is"), 1 / 3, ["1 of 3 words differ"]),
        (answer("Yes."), answer("yes ."), 0, ["the texts differ from character 1 on"]),
    ],
)
def test_the_distance_is_of_tool_calls_else_of_json_else_of_text(
    one: Answer, other: Answer, distance: float, reasons: list[str]
) -> None:
    found = compare(one, other)
    assert found.distance == pytest.approx(distance)
    assert compare(other, one).distance == found.distance
    told = "\n".join(found.reasons)
    assert [reason for reason in reasons if reason not in told] == []
    assert bool(told) == bool(reasons)


def test_of_json_only_the_exact_text_is_compared() -> None:
    found = compare(answer('{"a": 1}'), answer('{"a": 2}'))
    assert {"json_structure", "json_values", "text_exact"} <= set(found.aspects)
    assert not {"text", "text_folded", "embedding"} & set(found.aspects)


def test_of_an_answer_that_did_not_come_only_that_is_told() -> None:
    assert list(compare(answer("a", verdict="pass"), answer("b", **DEAD)).aspects) == ["transport"]


def test_every_aspect_has_its_agreed_name() -> None:
    facts: dict[str, Any] = {
        "verdict": "fail",
        "violations": ("x",),
        "finish_reason": "stop",
        "reasoning": "r",
        "logprobs": (("t", -1.0),),
    }
    one = answer("text", LS, READ, call_id="1", **facts)
    other = answer('{"a": 1}', READ, LS, call_id="2", **facts)
    object_ = answer('{"a": 2}', call_id="3")
    judged = {pair(one, other): Judged(True)}
    comparer = Comparer(embed=lambda text: np.ones(2), judged=judged)
    names = set(comparer.compare(one, other).aspects) | set(
        comparer.compare(other, object_).aspects
    )
    assert names == BUILT_IN


def test_equal_answers_have_aspects_too_since_shares_are_counted_of_them() -> None:
    one = answer("text", LS, finish_reason="stop", verdict="pass")
    found = compare(one, answer("text", LS, finish_reason="stop", verdict="pass"))
    assert set(found.aspects) == {
        *("transport", "finish", "verdict", "length", "text", "text_exact", "text_folded"),
        *("tool_names", "tool_arguments"),
    }
    assert all(aspect.distance == 0 for aspect in found.aspects.values())


def test_a_comparator_that_fails_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    def fails(one: Answer, other: Answer) -> float:
        return 1 / len(one.text[1:])

    comparer = Comparer(
        [Comparator("fails", fails), Comparator("mine", lambda _a, _b: (0.5, "so"))]
    )
    found = [comparer.compare(answer("a"), answer("b")) for _ in range(3)]
    assert found[0].aspects["mine"].reason == "so"
    assert "fails" not in found[0].aspects
    assert "text" in found[0].aspects
    failures = comparer.failures["fails"]
    assert (failures.count, failures.reason) == (3, "raised ZeroDivisionError: division by zero")
    assert [record.message for record in caplog.records] == [
        "comparator fails raised ZeroDivisionError: division by zero (this is said once)"
    ]
    assert comparer.compare(answer("abc"), answer("b")).aspects["fails"].distance == 0.5


def test_users_comparators_and_the_judge_are_no_part_of_the_distance() -> None:
    one, other = answer("a", call_id="1"), answer("a", call_id="2")
    comparer = Comparer(
        [Comparator("mine", lambda _a, _b: 1)], judged={pair(one, other): Judged(False, "why")}
    )
    found = comparer.compare(one, other)
    assert found.distance == 0
    assert (found.aspects["mine"].distance, found.aspects["judge"].reason) == (1, "the judge: why")


texts = (
    st.text(max_size=20)
    | words.map(" ".join)
    | json_values.map(repr)
    | json_values.map(json.dumps)
    | st.text(alphabet='{}[]":,1`\n<|think>', max_size=30)
)
names = st.sampled_from(["exec", "read", "", "\x1b"])
answers = st.builds(
    answer,
    texts,
    tool_calls=st.lists(
        st.builds(ToolCall, names, texts, st.none(), st.none() | names), max_size=3
    ).map(tuple),
    served=st.sampled_from([True, True, True, False]),
    status=st.sampled_from([200, None]),
    finish_reason=st.none() | st.sampled_from(["stop", "length", "completed"]),
    reasoning=st.sampled_from(["", "thought"]),
    verdict=st.sampled_from([None, "pass", "fail", "unjudged"]),
    violations=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
    logprobs=st.lists(st.tuples(st.sampled_from("ab"), st.floats(-9, 0)), max_size=3).map(tuple),
)


@settings(max_examples=150)
@given(answers, answers)
def test_any_two_answers_compare_alike_both_ways_and_within_bounds(
    one: Answer, other: Answer
) -> None:
    comparer = Comparer()
    found, back = comparer.compare(one, other), comparer.compare(other, one)
    assert 0 <= found.distance == back.distance <= 1
    assert {name: aspect.distance for name, aspect in found.aspects.items()} == {
        name: aspect.distance for name, aspect in back.aspects.items()
    }
    for aspect in found.aspects.values():
        assert 0 <= aspect.distance <= 1
        assert aspect.reason.isprintable()
        assert bool(aspect.reason) == (aspect.distance > 0)


@given(answers)
def test_an_answer_is_at_no_distance_from_itself_and_from_its_like(one: Answer) -> None:
    like = answer(**{name: getattr(one, name) for name in Answer.__slots__})
    for found in (compare(one, one), compare(one, like)):
        assert found.distance == 0
        assert all(aspect.distance == 0 for aspect in found.aspects.values())


def test_huge_and_hostile_answers_are_compared_too() -> None:
    big = answer("".join(f"word{n % 7_000} " for n in range(120_000)))
    other = answer("".join(f"word{n % 7_001} " for n in range(120_000)))
    hostile = [
        answer("[" * 100_000),
        answer("", *[("t", '{"a":' * 50_000)] * 300),
        answer('{"a": ' + "9" * 5_000 + "}"),
        answer("\ud800\x1b" * 1_000),
        answer("-".join(["0a1b"] * 50_000)),
    ]
    for each in [other, *hostile]:
        assert 0 < compare(big, each).distance <= 1
