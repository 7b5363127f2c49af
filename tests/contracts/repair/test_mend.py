"""Answers repaired without a model."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.contract import Contract, Repair
from driftgate.contracts.exchange import Answered, Asked
from driftgate.contracts.judge import judge
from driftgate.contracts.repair.mend import STEPS, Mended, mend
from driftgate.contracts.repair.strict import is_json
from driftgate.contracts.verdict import Verdict
from driftgate.proxy.dialects.meaning import Answer
from tests.contracts.exchanges import answered, asked, call, contract

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city"],
}
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]


def with_steps(*steps: str, **content: Any) -> Contract:
    """A contract with these steps, or with all."""
    chosen = Repair.model_construct(steps=steps or tuple(STEPS))
    return contract(**content).model_copy(update={"repair": chosen})


ALL = with_steps()
JSON = asked(response_format="json_schema", response_schema=json.dumps(SCHEMA))
TOOLED = asked(tools=TOOLS, tool_names=("look",))


def again(mended: Mended) -> Answered:
    """The repaired answer as one to judge."""
    return Answered(
        200,
        Answer(
            text=mended.text,
            reasoning=mended.reasoning,
            tool_calls=mended.tool_calls,  # type: ignore[arg-type] # a nominal type asks for more
            finish_reason=mended.finish_reason,
            complete=True,
        ),
    )


@pytest.mark.parametrize(
    ("request_", "text", "answer", "steps"),
    [
        (asked(), "<|channel>thought\nHm.\n<channel|>Paris", "Paris", ["strip_channel"]),
        (JSON, '```json\n{"city": "Rome"}\n```', '{"city": "Rome"}', ["extract_json"]),
        (JSON, 'It is {"city": "Rome"}!', '{"city": "Rome"}', ["extract_json"]),
        (JSON, '{"city": "Rome", "people": 28', '{"city": "Rome"}', ["close_json"]),
        (JSON, '{"city": "Rome",}', '{"city":"Rome"}', ["close_json"]),
        (
            JSON,
            '<|channel>thought\n{?}<channel|>Here:\n```json\n{"city": "Ro',
            '{"city":"Ro"}',
            ["strip_channel", "close_json"],
        ),
    ],
)
def test_each_step_that_helps_is_named_and_the_rest_is_not(
    request_: Asked, text: str, answer: str, steps: list[str]
) -> None:
    mended = mend(request_, answered(text), ALL)
    assert mended is not None
    assert list(mended.steps) == steps
    assert (mended.text or "").replace(": ", ":") == answer.replace(": ", ":")
    assert judge(request_, again(mended), ALL).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (asked(), "Paris"),
        (asked(), '```json\n{"city": "Rome"}\n```'),  # nobody asked for JSON
        (asked(), '{"city": "Ro'),
        (JSON, '{"city": "Rome"}'),
        (JSON, '{"people": 28'),  # the city would be invented
        (JSON, 'It is {"people": 28}!'),
        (JSON, "Rome"),
        (JSON, ""),
        (JSON, None),
        (asked(), "<|channel>thought\nwithout an end"),
        (asked(), '{"name": "look", "arguments": {}}'),  # no tool is on offer
        (asked(tools=TOOLS, tool_choice="none"), "call:look{}"),
    ],
)
def test_what_is_right_or_beyond_repair_stays(request_: Asked, text: str | None) -> None:
    assert mend(request_, answered(text), ALL) is None


def test_a_written_tool_call_becomes_a_real_one() -> None:
    text = '<|channel>thought\nLook.<channel|><|tool_call>call:look{at:<|"|>sky<|"|>}<tool_call|>'
    mended = mend(TOOLED, answered(text, reasoning="Hm."), ALL)
    assert mended is not None
    assert mended.steps == ("strip_channel", "tool_call")
    assert (mended.text, mended.reasoning) == (None, "Hm.\nLook.")
    assert mended.finish_reason == "tool_calls"
    (made,) = mended.tool_calls
    assert (made.name, json.loads(made.arguments)) == ("look", {"at": "sky"})
    assert (made.call_id or "").startswith("call_")
    assert judge(TOOLED, again(mended), ALL).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "text",
    [
        "thought\nI look.\n<|tool_call>call:look{}<tool_call|>",
        "<|channel>thought\nI look.<|tool_call>call:look{}<tool_call|>",
        "<|channel>thought\nI look.<channel|>call:look{}<turn|>",
    ],
)
def test_reasoning_before_a_written_call_is_no_text(text: str) -> None:
    mended = mend(TOOLED, answered(text), ALL)
    assert mended is not None
    assert (mended.text, mended.reasoning, len(mended.tool_calls)) == (None, "I look.", 1)
    assert set(mended.steps) == {"strip_channel", "tool_call"}


def test_ollamas_calls_have_no_ids_by_design() -> None:
    native = asked("ollama_chat", tools=TOOLS)
    assert mend(native, answered(None, call("look", {}, None)), ALL) is None


def test_ids_are_the_same_each_time_and_differ_within_an_answer() -> None:
    text = "<|tool_call>call:look{}<tool_call|>" * 2
    first, second = mend(TOOLED, answered(text), ALL), mend(TOOLED, answered(text), ALL)
    assert first is not None
    assert first == second
    assert len({made.call_id for made in first.tool_calls}) == 2


def test_an_answer_in_json_that_looks_like_a_call_stays_an_answer() -> None:
    schema = {"type": "object", "required": ["name", "arguments"]}
    both = asked(tools=TOOLS, response_format="json_schema", response_schema=json.dumps(schema))
    assert mend(both, answered('{"name": "look", "arguments": {}}'), ALL) is None


def test_calls_get_ids_and_a_loop_of_calls_becomes_one() -> None:
    looks = [call("look", {}, None) for _ in range(3)]
    mended = mend(TOOLED, answered(None, *looks, finish_reason="tool_calls"), ALL)
    assert mended is not None
    assert mended.steps == ("tool_id", "collapse_calls")
    assert len(mended.tool_calls) == 1
    assert judge(TOOLED, again(mended), ALL).verdict is Verdict.PASS


def test_only_the_contracts_steps_are_done() -> None:
    text = answered('<bos>It is {"city": "Rome"}')
    assert mend(JSON, text, with_steps("close_json")) is None
    mended = mend(JSON, text, with_steps("extract_json"))
    assert mended is not None
    assert mended.steps == ("extract_json",)


def test_json_that_belongs_into_a_fence_is_put_there() -> None:
    fenced = with_steps(output={"json": "fenced", "schema": SCHEMA})
    mended = mend(asked(), answered('{"city": "Rome"}'), fenced)
    assert mended is not None
    assert mended.text == '```json\n{"city": "Rome"}\n```'
    assert mend(asked(), again(mended), fenced) is None


def test_an_answer_that_was_cut_still_says_so_when_it_is_closed() -> None:
    mended = mend(JSON, answered('{"city": "Rome", "peop', finish_reason="length"), ALL)
    assert mended is not None
    assert mended.finish_reason == "length"


@pytest.mark.parametrize(
    "answer",
    [
        answered("<bos>Paris", status=500),
        answered("<bos>Paris", error="out of memory"),
        answered("<bos>Paris", cut=True),
        Answered(200, None),  # type: ignore[arg-type] # whatever comes, nothing is raised
    ],
)
def test_what_is_no_whole_answer_of_a_model_is_left_alone(answer: Answered) -> None:
    assert mend(asked(), answer, ALL) is None


PARTS = st.sampled_from(
    (
        *(
            '{"city": "Rome"}',
            '{"city"',
            ': "Ro',
            "```json\n",
            "\n```",
            "}",
            "]",
            "{",
            "[",
            ",",
            '"',
        ),
        *("<|channel>thought\n", "<channel|>", "<bos>", "call:look{}", "<|tool_call>", "thought\n"),
        *("<tool_call|>", "prose ", "\n\n", "<|turn>user", "\\", "1", "tru"),
    )
)


@given(st.lists(PARTS).map("".join) | st.text(), st.sampled_from([JSON, TOOLED, asked()]))
def test_any_text_is_repaired_once_or_not_at_all(text: str, request_: Asked) -> None:
    mended = mend(request_, answered(text), ALL)
    if mended is None:
        return
    assert mended.steps
    assert mend(request_, again(mended), ALL) is None
    if {"extract_json", "close_json"} & set(mended.steps):
        assert is_json(mended.text or "")


def test_a_plain_contract_repairs_with_every_step_in_their_order() -> None:
    assert contract().repair.steps == tuple(STEPS)
    calls = [call("look", "{}", None)] * 3
    mended = mend(TOOLED, answered(None, *calls, finish_reason="tool_calls"), contract())
    assert mended is not None
    assert mended.steps == ("tool_id", "collapse_calls")
    assert judge(TOOLED, again(mended), contract()).verdict is Verdict.PASS
