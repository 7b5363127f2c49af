"""The judge: what it is asked, what is read of its answer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.contract import Contract
from driftgate.contracts.schema import schema_of
from driftgate.replay.compare.comparison import Aspect
from driftgate.replay.compare.judge import (
    CONTRACT,
    MAX_CHARACTERS,
    Judged,
    judged_aspect,
    pair,
    read,
    request,
)
from tests.replay.compare.answers import DEAD, answer

ONE, OTHER = answer("yes", call_id="1"), answer("no", call_id="2")


def asked(seed: int) -> dict[str, Any]:
    body = request("May I?", ONE, OTHER, model="m", seed=seed)
    content: dict[str, Any] = json.loads(body["messages"][1]["content"])
    return content


def test_the_question_and_both_answers_are_shown_as_data() -> None:
    content = asked(1)
    assert content["question"] == "May I?"
    assert {content["first"], content["second"]} == {"yes", "no"}


def test_which_answer_stands_first_is_drawn_by_the_seed_alone() -> None:
    firsts = [asked(seed)["first"] for seed in range(100)]
    assert 30 < firsts.count("yes") < 70
    assert firsts == [asked(seed)["first"] for seed in range(100)]
    assert request("q", ONE, OTHER, model="m", seed=7) == request(
        "q", OTHER, ONE, model="m", seed=7
    )


def test_the_request_asks_for_the_schema_of_the_contract() -> None:
    body = request("q", ONE, OTHER, model="m", seed=1)
    schema = body["response_format"]["json_schema"]["schema"]
    assert CONTRACT.output.schema_text is not None
    assert schema == json.loads(CONTRACT.output.schema_text)
    assert (body["model"], body["temperature"]) == ("m", 0)


def test_a_judge_is_never_shown_more_than_the_limit() -> None:
    body = request("q" * 10**6, answer("x" * 10**6, call_id="1"), OTHER, model="m", seed=1)
    assert len(body["messages"][1]["content"]) < 3 * MAX_CHARACTERS


def test_the_contract_is_one_that_can_be_written_and_read_back() -> None:
    assert Contract.of_content(CONTRACT.content()) == CONTRACT
    assert CONTRACT.output.schema_text is not None
    schema_of(CONTRACT.output.schema_text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"same": true, "reason": "both agree"}', Judged(True, "both agree")),
        ('Well:\n```json\n{"same": false, "reason": "no\\n"}\n```', Judged(False, "no")),
        ('{"same": false}', Judged(False)),
        ('{"same": "yes", "reason": "r"}', None),
        ('["same"]', None),
        ("They are the same.", None),
        ("", None),
    ],
)
def test_its_answer_is_read_where_it_can_be(text: str, expected: Judged | None) -> None:
    assert read(answer(text)) == expected


def test_a_judge_that_did_not_answer_says_nothing() -> None:
    assert read(answer('{"same": true}', **DEAD)) is None


@given(st.text(alphabet='{}"same:true, reason\n[]', max_size=40))
def test_reading_never_raises(text: str) -> None:
    assert isinstance(read(answer(text)), Judged | None)


def test_a_judgement_is_an_aspect_of_its_pair_in_either_order() -> None:
    judged = {pair(OTHER, ONE): Judged(False, "one says no")}
    expected = Aspect(1.0, "the judge: one says no")
    assert judged_aspect(judged, ONE, OTHER) == judged_aspect(judged, OTHER, ONE) == expected
    assert judged_aspect({pair(ONE, OTHER): Judged(True, "x")}, ONE, OTHER) == Aspect(0.0)
    assert judged_aspect({}, ONE, OTHER) is None
