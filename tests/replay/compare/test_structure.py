"""Answers that are JSON."""

from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.structure import both_json, json_aspects
from tests.replay.compare.answers import features


def test_form_is_no_drift() -> None:
    one, other = features('{"a": 1, "b": [2]}'), features('```json\n{"b":[2],\n"a":1}\n```')
    assert both_json(one, other)
    assert json_aspects(one, other) == {"json_structure": Aspect(0.0), "json_values": Aspect(0.0)}


def test_structure_and_values_have_reasons_of_their_own() -> None:
    found = json_aspects(features('{"a": 1, "b": 2}'), features('{"a": 3, "c": 2}'))
    assert found["json_structure"].distance == 2 / 3
    assert found["json_structure"].reason == "at /b: 2 against nothing; /c: nothing against 2"
    assert found["json_values"] == Aspect(1.0, "at /a: 1 against 3")


def test_there_are_no_values_to_compare_where_nothing_is_shared() -> None:
    assert list(json_aspects(features('{"a": 1}'), features('{"b": 1}'))) == ["json_structure"]


def test_json_against_text_is_another_structure() -> None:
    one, other = features('{"a": 1}'), features("a is 1")
    assert not both_json(one, other)
    assert json_aspects(one, other) == {"json_structure": Aspect(1.0, "JSON against no JSON")}
    assert json_aspects(other, one) == {"json_structure": Aspect(1.0, "no JSON against JSON")}
    assert json_aspects(other, other) == {}
