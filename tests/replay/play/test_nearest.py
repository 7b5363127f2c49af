"""The nearest recordings, and what differs."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.replay.play.match import Question, Slot, question
from driftgate.replay.play.nearest import (
    MOST_DIFFERENCES,
    Difference,
    differences,
    nearest,
    sketch,
)

CHAT = "/v1/chat/completions"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda part: (
        st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=8), part, max_size=4)
    ),
    max_leaves=12,
)


def asked(value: Any, target: str = CHAT, method: str = "POST") -> Question:
    return question(method, target, json.dumps(value).encode(), None)


def chat(text: str, **more: Any) -> Question:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    return asked({"model": "m", "messages": messages, **more})


def slot(recorded: Question) -> Slot:
    return Slot(recorded.method, recorded.path, sketch=sketch(recorded))


def places(recorded: Question, other: Question) -> list[str]:
    return [each.at for each in differences(recorded, other)]


def test_the_likest_come_first() -> None:
    texts = ["count to nine please", "what is the capital of France", "write a poem on rain"]
    slots = [slot(chat(text)) for text in texts]
    found = nearest(chat("what is the capital of Spain"), slots)
    assert found[0] is slots[1]
    assert len(found) == 3
    assert len(nearest(chat("x"), slots * 5)) == 3


def test_those_of_the_same_path_come_before_likelier_ones_of_another() -> None:
    value = {"model": "m", "input": "hello there"}
    slots = [slot(asked(value, "/v1/responses")), slot(chat("something else"))]
    assert nearest(asked(value), slots)[0] is slots[1]


def test_a_difference_names_its_place_and_both_values() -> None:
    found = differences(chat("hi", seed=1, top_k=4), chat("ho", seed=2, top_p=0.5))
    assert found == [
        Difference("/messages/1/content", '"hi"', '"ho"'),
        Difference("/seed", "1", "2"),
        Difference("/top_k", "4", None),
        Difference("/top_p", None, "0.5"),
    ]


def test_true_is_not_one() -> None:
    assert places(asked({"a": True}), asked({"a": 1})) == ["/a"]


def test_names_are_escaped_as_pointers_want_it() -> None:
    assert places(asked({"a/b~c": 1}), asked({"a/b~c": 2})) == ["/a~1b~0c"]


def test_an_element_more_is_one_difference() -> None:
    assert differences(asked([1]), asked([1, {"x": 1}])) == [Difference("/1", None, '{"x"}')]


def test_a_long_text_is_shown_where_it_differs() -> None:
    [found] = differences(chat("a" * 5000 + "left" + "b" * 500), chat("a" * 5000 + "right"))
    assert "left" in str(found.recorded)
    assert "right" in str(found.asked)
    assert len(str(found.recorded)) < 120


def test_method_path_and_query_are_named() -> None:
    one, other = asked({}, f"{CHAT}?a=1"), asked({}, "/v1/completions", "PUT")
    assert places(one, other) == ["method", "path", "query"]


def test_bodies_that_are_no_json_are_compared_as_texts() -> None:
    one, other = (question("POST", "/x", body, None) for body in (b"\xffabc", b"\xffabd"))
    assert places(one, other) == [""]


def test_what_is_shown_is_harmless_and_little() -> None:
    hostile = "\x1b]0;x\x07" * 10_000
    found = differences(asked({hostile: hostile}), asked({hostile: [hostile], "b": {hostile: 1}}))
    for each in found:
        assert len(f"{each.recorded}{each.asked}") < 2000
        assert "\x1b" not in f"{each.recorded}{each.asked}"
    many = differences(asked(list(range(100))), asked(list(range(100, 200))))
    assert len(many) == MOST_DIFFERENCES


def test_what_is_wide_or_deep_is_compared_within_bounds() -> None:
    def deep(leaf: int) -> Question:
        return asked(json.loads('{"abcd":' * 400 + str(leaf) + "}" * 400))

    [found] = differences(deep(1), deep(2))
    assert len(found.at) < 1100
    wide = asked([[0] * 1000 for _ in range(100)])
    assert differences(wide, wide) == []
    assert len(sketch(wide)) <= 64


@settings(max_examples=50)
@given(JSON, JSON)
def test_two_values_that_differ_have_a_difference(one: Any, other: Any) -> None:
    left, right = asked(one), asked(other)
    if left.key == right.key:
        assert (
            json.dumps(one) != json.dumps(one)
            or [each for each in differences(left, right) if "NaN" not in f"{each.recorded}"] == []
        )
    else:
        assert differences(left, right)
