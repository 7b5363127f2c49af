"""What can be known of an answer before it has ended."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.contracts.builtin.gemma import model_findings
from driftgate.contracts.contract import Contract
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.judge import judge
from driftgate.contracts.live import LiveJudge
from driftgate.contracts.verdict import Verdict, Violation
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters
from tests.support.ordinary_answers import ordinary

TOOLS = b'[{"type":"function","function":{"name":"get_weather","parameters":{}}}]'


def asking(prompt: str = "Write a poem.", **parameters: Any) -> Asked:
    items = (Item(0, 1, "message", "user", prompt),)
    return Asked("chat", "/v1/chat/completions", Parameters(**parameters), items)


def contract(**tables: object) -> Contract:
    return Contract.of_content({"name": "c", "version": "1", "mode": "enforce", **tables})


def pieces(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def read_until_found(
    text: str, size: int, asked: Asked | None = None, *, expects_json: bool = False
) -> tuple[int, Violation | None]:
    """How many characters were read, and what was found."""
    live = LiveJudge(asked or asking(), None, expects_json=expects_json)
    read = 0
    for piece in pieces(text, size):
        read += len(piece)
        found = live.feed(piece)
        if found is not None:
            return read, found
    return read, None


@pytest.mark.parametrize(
    ("unit", "times", "tokens_a_unit", "most_tokens"),
    [("thought\n", 1000, 2, 160), ("\n", 5000, 1, 320), ("<unused49>", 1000, 1, 24)],
)
def test_a_flood_is_noticed_after_few_tokens(
    unit: str, times: int, tokens_a_unit: int, most_tokens: int
) -> None:
    read, found = read_until_found(unit * times, len(unit))
    assert found is not None
    assert read / len(unit) * tokens_a_unit <= most_tokens


@pytest.mark.parametrize("where", ["text", "reasoning", "arguments"])
def test_a_flood_is_noticed_wherever_it_is(where: str) -> None:
    live = LiveJudge(asking(), None, expects_json=False)
    live.feed(tool_names=["f"])
    found = None
    for _ in range(1000):
        found = found or live.feed(**{where: "\n \n"})
    assert found is not None
    assert found.path == {"arguments": "tool_calls/0/arguments"}.get(where, where)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_no_ordinary_answer_is_stopped(size: int) -> None:
    for one in ordinary():
        live = LiveJudge(one.asked, None, expects_json=False)
        for piece in pieces(one.answered.answer.text or "", size):
            assert live.feed(piece) is None, one.family


@settings(max_examples=300)
@given(
    st.sampled_from(["", "Sure.\n", '{"a": ', "Words that stand before it.\n" * 5]),
    st.text("ab\n 0<|>{", min_size=1, max_size=40),
    st.integers(1, 6000),
    st.integers(1, 300),
)
def test_what_is_stopped_fails_at_the_end_too(head: str, unit: str, times: int, size: int) -> None:
    text = head + unit * min(times, 20_000 // len(unit))
    asked = asking()
    read, found = read_until_found(text, size, asked)
    if found is None:
        return
    for complete in (False, True):
        answer = Answer(
            text=text[:read], complete=complete, finish_reason="stop" if complete else None
        )
        told = model_findings(asked, Answered(200, answer, streamed=True))
        assert found.keyword in {violation.keyword for violation in told}
        assert judge(asked, Answered(200, answer, streamed=True), None).verdict is Verdict.FAIL


@given(st.lists(st.text("thou\n <|chanel>g", max_size=30), max_size=60), st.booleans())
def test_the_cut_into_pieces_changes_nothing_that_is_known_at_the_start(
    parts: list[str], expects_json: bool
) -> None:
    whole = LiveJudge(asking(), None, expects_json=expects_json)
    told = whole.feed("".join(parts))
    live = LiveJudge(asking(), None, expects_json=expects_json)
    for part in parts:
        live.feed(part)
    assert (told is None) == (live.found is None)


def test_a_flood_that_the_user_asked_for_goes_on() -> None:
    asked = asking("Write 'I will not talk' 500 times.")
    assert read_until_found("I will not talk\n" * 500, 8, asked)[1] is None
    assert read_until_found("I will not talk\n" * 500, 8)[1] is not None


@pytest.mark.parametrize(
    ("schema", "text", "is_wrong"),
    [
        ('{"type":"object"}', '\n {"a": 1}', False),
        ('{"type":"object"}', "Sure: {}", True),
        ('{"type":"object"}', "[1]", True),
        ('{"type":["array","null"]}', "null", False),
        ('{"type":["array","null"]}', "{}", True),
        ('{"type":"number"}', "-1", False),
        ('{"anyOf":[{"type":"object"}]}', "[1]", False),
        ('{"anyOf":[{"type":"object"}]}', "Sure", True),
        (None, "12", False),
        (None, "Sure", True),
        ("{no json", "Sure", True),
        ('{"type":7}', "Sure", True),
    ],
)
def test_strict_json_is_known_by_its_first_character(
    schema: str | None, text: str, is_wrong: bool
) -> None:
    asked = asking(response_schema=schema, response_format="json_schema")
    _, found = read_until_found(text, 1, asked, expects_json=True)
    assert (found is not None) is is_wrong
    if found is not None:
        answered = Answered(200, Answer(text=text, complete=True, finish_reason="stop"))
        assert (
            schema is None
            or "no json" in schema
            or "7" in schema
            or (judge(asked, answered, None).verdict is Verdict.FAIL)
        )


def test_with_tools_on_offer_words_may_come_before_a_call() -> None:
    asked = asking(response_schema='{"type":"object"}', tool_names=("get_weather",))
    assert read_until_found("I will look.", 3, asked, expects_json=True)[1] is None


def test_what_a_repair_may_mend_is_not_stopped() -> None:
    asked = asking(response_schema='{"type":"object"}')
    for text in ("Sure: {}", "<|channel>thought\nHm.<channel|>{}"):
        mending = LiveJudge(asked, contract(), expects_json=True)
        assert mending.feed(text) is None
        strict = LiveJudge(asked, contract(repair={"steps": []}), expects_json=True)
        assert strict.feed(text) is not None


@pytest.mark.parametrize("step", ["strip_channel", "extract_json", "close_json"])
def test_each_repair_that_finds_json_behind_text_lets_the_answer_go_on(step: str) -> None:
    asked = asking(response_schema='{"type":"object"}')
    mending = contract(repair={"steps": [step]})
    text = "<|channel>thought\nHm.<channel|>{}" if step == "strip_channel" else "Here:\n{"
    assert LiveJudge(asked, mending, expects_json=True).feed(text) is None
    other = contract(repair={"steps": ["tool_call", "tool_id", "collapse_calls"]})
    assert LiveJudge(asked, other, expects_json=True).feed(text) is not None


@pytest.mark.parametrize("pattern", ["token_flood", "token_*", "*"])
def test_a_keyword_that_a_contract_leaves_out_stops_nothing(pattern: str) -> None:
    lax = LiveJudge(asking(), contract(output={"ignore": [pattern]}), expects_json=False)
    assert lax.feed("thought\n" * 500) is None
    strict = LiveJudge(asking(), contract(output={"ignore": ["tool_*"]}), expects_json=False)
    assert strict.feed("thought\n" * 500) is not None


def test_no_repair_mends_a_tool_that_was_not_offered() -> None:
    asked = asking()
    asked.tools = TOOLS
    assert LiveJudge(asked, contract(), expects_json=False).feed(tool_names=["rm"]) is not None


def test_a_tool_that_was_not_offered_is_known_by_its_name() -> None:
    asked = asking()
    asked.tools = TOOLS
    assert LiveJudge(asked, None, expects_json=False).feed(tool_names=["get_weather"]) is None
    found = LiveJudge(asked, None, expects_json=False).feed(tool_names=["get_weather", "rm"])
    assert found is not None
    assert (found.keyword, found.path) == ("unknown_tool", "tool_calls/1/name")


def test_nothing_is_said_of_tools_where_none_can_be_read() -> None:
    asked = asking()
    assert LiveJudge(asked, None, expects_json=False).feed(tool_names=["rm"]) is None
    asked.tools = b"[{"
    assert LiveJudge(asked, None, expects_json=False).feed(tool_names=["rm"]) is None


def test_what_was_found_first_stays() -> None:
    live = LiveJudge(asking(), None, expects_json=False)
    first = live.feed("<|channel>thought\n")
    assert first is not None
    assert live.feed("Hello") is first


@pytest.mark.parametrize("unit", ["word ", "0 0 0 1 0 0 0 2\n", "a", "\t"])
def test_the_cost_of_a_character_does_not_grow(unit: str) -> None:
    def seconds(size: int) -> float:
        live = LiveJudge(asking(), contract(output={"ignore": ["token_flood"]}), expects_json=False)
        text = unit * (size // len(unit))
        began = time.process_time()
        for piece in pieces(text, 16):
            live.feed(piece)
        return time.process_time() - began

    seconds(10_000)
    short, long = min(seconds(40_000) for _ in range(3)), min(seconds(320_000) for _ in range(3))
    assert long < 8 * short * 3
