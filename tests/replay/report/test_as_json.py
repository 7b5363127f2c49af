"""A report as JSON."""

import json

from hypothesis import given, settings

from driftgate.replay.decide.decision import of_json
from driftgate.replay.report.report import Format, render
from tests.replay.report.made import decision, finding, hostile, poisoned, report


def test_its_keys_are_those_that_are_documented() -> None:
    told = json.loads(render(report(), Format.JSON))
    assert list(told) == [
        *("schema", "run", "verdict", "sentence", "decision", "differences", "limits")
    ]
    assert told["schema"] == 1
    assert told["run"]["started_at"] == "2026-11-28T13:48:00Z"
    assert told["run"]["candidate"]["model"] == "gemma4-v2"
    assert told["verdict"] == told["decision"]["verdict"] == "drift"
    assert told["differences"][1] == {
        "place": "sampler",
        "name": "set.temperature",
        "baseline": None,
        "candidate": "0.2",
    }


def test_the_decision_in_it_can_be_read_back() -> None:
    told = json.loads(render(report(), Format.JSON))
    assert of_json(told["decision"]) == decision()


def test_every_format_but_json_leaves_out_what_only_rounding_left() -> None:
    made = report(findings=[finding(minimal=3e-17, low=-3e-17)])
    texts = {each: render(made, each) for each in Format}
    assert json.loads(texts[Format.JSON])["decision"]["findings"][0]["minimal"] == 3e-17
    assert [each for each, text in texts.items() if "e-1" in text] == [Format.JSON]


def test_what_is_no_number_is_null() -> None:
    text = render(report(findings=[finding(low=float("-inf"), high=float("nan"))]), Format.JSON)
    found = json.loads(text, parse_constant=lambda name: f"no JSON: {name}")
    assert found["decision"]["findings"][0]["low"] is None
    assert found["decision"]["findings"][0]["high"] is None


@given(hostile)
@settings(max_examples=30)
def test_hostile_text_comes_back_as_it_was_and_the_file_is_plain_ascii(text: str) -> None:
    told = render(poisoned(text), Format.JSON)
    assert told.isascii()
    assert all(each.isprintable() for each in told.splitlines())
    assert json.loads(told)["decision"]["pairs"][0]["prompt"] == text
