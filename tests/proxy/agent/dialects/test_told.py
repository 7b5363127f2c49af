"""What of a turn's steps is the answer, in either dialect."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.builtin.wire import wire_findings
from driftgate.contracts.exchange import Answered
from driftgate.contracts.exchange import Asked as Question
from driftgate.proxy.agent.asked import Asked
from driftgate.proxy.agent.dialects.write import error_body
from driftgate.proxy.agent.steps import Began, Ended, Item, Kind, Step, Text, Thought, Usage
from driftgate.proxy.dialects.lenient import clean
from driftgate.proxy.dialects.meaning import Answer, Parameters
from driftgate.proxy.dialects.meaning import Item as Said
from tests.support.turns import DONE, FAILED, LS, TURN, answer_of, question, streamed

OBJECT = {"type": "object"}
FORMATS: dict[str, dict[str, Any]] = {
    "chat": {"response_format": {"type": "json_schema", "json_schema": {"schema": OBJECT}}},
    "responses": {"text": {"format": {"type": "json_schema", "name": "a", "schema": OBJECT}}},
}
BETWEEN = {"chat": "\n\n", "responses": "\n"}
both = pytest.mark.parametrize("dialect", ["chat", "responses"])
either_way = pytest.mark.parametrize("stream", [True, False], ids=["stream", "body"])


def message(item: str, text: str) -> Item:
    return Item(kind=Kind.MESSAGE, item=item, title="", text=text)


def answered(asked: Asked, steps: Sequence[Any]) -> Answer:
    writer, pieces = streamed(asked, steps)
    assert asked.stream or set(pieces) == {b""}
    return answer_of(asked, b"".join(pieces) if asked.stream else writer.body())


def faults(got: Answer) -> list[str]:
    """What was wrong on the wire; that counts are summed is not."""
    return [keyword for keyword, _ in got.wire if keyword != "usage_summed"]


def with_schema(dialect: str, stream: bool) -> Asked:
    return question(dialect, stream=stream, **FORMATS[dialect])


@both
@either_way
def test_all_messages_are_content_where_the_answer_is_free(dialect: str, stream: bool) -> None:
    got = answered(question(dialect, stream=stream), TURN)
    assert got.text == "I look." + BETWEEN[dialect] + '{"files":1}'
    assert got.reasoning
    assert got.reasoning.startswith("Look first.")
    assert (got.complete, got.error, got.model) == (True, None, "agent")


@both
@either_way
def test_with_a_schema_the_last_message_is_content_and_others_are_thoughts(
    dialect: str, stream: bool
) -> None:
    got = answered(with_schema(dialect, stream), TURN)
    assert got.text == '{"files":1}'
    assert got.reasoning is not None
    assert "I look." in got.reasoning
    assert "files" not in got.reasoning


@both
def test_a_message_is_held_back_only_until_something_follows(dialect: str) -> None:
    _, pieces = streamed(with_schema(dialect, True), [Text("m", "a"), message("m", "a"), *LS])
    assert [bool(piece) for piece in pieces] == [False, False, True, True]
    assert b'"a"' in pieces[2]


@both
@either_way
def test_the_last_message_is_the_answer_even_if_commands_came_after_it(
    dialect: str, stream: bool
) -> None:
    got = answered(with_schema(dialect, stream), [message("m", "{}"), *LS, DONE])
    assert got.text == "{}"


@both
@either_way
def test_a_message_without_pieces_or_with_a_late_rest_is_whole(dialect: str, stream: bool) -> None:
    steps = [message("m1", "one"), Text("m2", "tw"), message("m2", "two"), Text("m3", "3"), DONE]
    got = answered(question(dialect, stream=stream), steps)
    assert got.text == BETWEEN[dialect].join(["one", "two", "3"])


@both
@either_way
def test_pieces_count_where_the_whole_was_cut_and_ids_may_repeat(
    dialect: str, stream: bool
) -> None:
    steps = [Text("m", "abcdef"), message("m", "abc"), Text("m", "x"), message("m", "x"), DONE]
    got = answered(question(dialect, stream=stream), steps)
    assert got.text == f"abcdef{BETWEEN[dialect]}x"


@both
@either_way
def test_a_command_that_ends_amid_a_message_does_not_cut_it(dialect: str, stream: bool) -> None:
    steps = [LS[0], Text("m", "ab"), LS[1], Thought("r", "hm"), Text("m", "cd"), message("m", "abcd"), DONE]  # fmt: skip
    assert answered(question(dialect, stream=stream), steps).text == "abcd"
    assert answered(with_schema(dialect, stream), steps).text == "abcd"


@both
@either_way
def test_a_thought_is_told_once_in_pieces_or_whole_and_ids_may_repeat(
    dialect: str, stream: bool
) -> None:
    whole = [Item(kind=Kind.REASONING, item="r", title="", text=text) for text in ("ab", "cd")]
    steps = [Thought("r", "a"), Thought("r", "b"), *whole, DONE]
    assert answered(question(dialect, stream=stream), steps).reasoning == "ab\ncd"


@both
@either_way
def test_a_turn_that_says_nothing_has_an_empty_answer(dialect: str, stream: bool) -> None:
    got = answered(question(dialect, stream=stream), [message("m", ""), DONE])
    assert (got.text, got.complete, got.error) == ("", True, None)


@both
@either_way
def test_usage_is_the_turns_own(dialect: str, stream: bool) -> None:
    asked = question(dialect, stream=stream, stream_options={"include_usage": True})
    usage = answered(asked, TURN).usage
    assert (usage.input_tokens, usage.cached_tokens) == (2_000, 500)
    assert (usage.output_tokens, usage.reasoning_tokens) == (60, 10)
    unknown = answered(asked, [*TURN[:-1], Ended("completed", usage=Usage())]).usage
    assert unknown.input_tokens is None


@both
def test_warnings_and_beginnings_show_nothing(dialect: str) -> None:
    steps: list[Step] = [
        Began(Kind.MESSAGE, "m", ""),
        Began(Kind.REASONING, "r", ""),
        Item(kind=Kind.WARNING, item="w", title="careful"),
        Item(kind=Kind.IGNORED, item="", title="temperature"),
        Item(kind=Kind.REASONING, item="r", title=""),
    ]
    writer, pieces = streamed(question(dialect, stream=True), steps)
    assert set(pieces) == {b""}
    assert not writer.begun


@both
def test_an_early_failure_gives_no_stream_so_that_it_gets_a_status(dialect: str) -> None:
    for asked in (question(dialect, stream=True), question(dialect)):
        writer, pieces = streamed(asked, [TURN[0], FAILED])
        assert pieces == [b"", b""]
        assert writer.error is not None
        assert (writer.begun, writer.error.code) == (False, "codex_died")
        assert writer.body() == error_body(writer.error)


@both
def test_a_late_failure_is_an_error_in_the_stream_and_its_end(dialect: str) -> None:
    asked = question(dialect, stream=True)
    writer, pieces = streamed(asked, [*TURN[:6], FAILED])
    got = answer_of(asked, b"".join(pieces))
    assert got.error == "Codex 0.169.0 ended while it ran a turn (signal 9)"
    assert faults(got) == []
    assert writer.feed(Text("m", "more")) == b""
    assert writer.keep_alive() == b""


@both
def test_a_turn_that_was_stopped_without_a_word_has_failed_too(dialect: str) -> None:
    writer, _ = streamed(question(dialect), [Ended("interrupted")])
    assert writer.error is not None
    assert writer.error.code == "turn_interrupted"


@both
def test_signs_of_life_begin_the_stream_and_change_nothing_in_it(dialect: str) -> None:
    asked = question(dialect, stream=True)
    writer, _ = streamed(asked, [])
    alive = writer.keep_alive() + writer.keep_alive()
    assert alive
    assert writer.begun
    data = alive + b"".join([writer.feed(step) + writer.keep_alive() for step in TURN])
    got, plain = answer_of(asked, data), answered(asked, TURN)
    assert (got.text, got.reasoning) == (plain.text, plain.reasoning)
    assert faults(got) == []
    assert streamed(question(dialect), [])[0].keep_alive() == b""


@both
@either_way
def test_driftgates_own_wire_checks_find_nothing(dialect: str, stream: bool) -> None:
    hostile = Item(kind=Kind.COMMAND, item="h", title="\x00\ud800\n" * 999, text="\ud800", exit_code=None, status="declined")  # fmt: skip
    steps = [*TURN[:-1], hostile, Item(kind=Kind.APPROVAL, item="", title="?"), DONE]
    asked = question(dialect, stream=stream, stream_options={"include_usage": True})
    got = answered(asked, steps)
    assert faults(got) == []
    exchange = Question(dialect, "/v1", Parameters(), [Said(0, 1, "message", "user", "x")], body=b"x")  # fmt: skip
    assert wire_findings(exchange, Answered(200, got, streamed=stream)) == []


@both
def test_what_the_turn_adds_is_history(dialect: str) -> None:
    writer, _ = streamed(question(dialect), TURN)
    texts = [item["content"][0]["text"] for item in writer.history() if item["type"] == "message"]
    assert "".join(texts).replace("\n", "") == 'I look.{"files":1}'


_IDS, _WORDS = st.sampled_from(["a", "b"]), st.sampled_from(["", "x", "\ud800\n", "{}"])
_ITEMS = st.builds(
    lambda kind, item, text, code, status: Item(
        kind=kind, item=item, title=text, text=text, exit_code=code, status=status,
        changes=(("add", text, text),) if code else (),
    ),
    st.sampled_from(list(Kind)), _IDS, _WORDS, st.none() | st.integers(0, 1), st.sampled_from(["completed", "declined"]),
)  # fmt: skip
_STEPS = st.lists(
    st.builds(Text, _IDS, _WORDS)
    | st.builds(Thought, _IDS, _WORDS)
    | st.builds(Began, st.sampled_from(list(Kind)), _IDS, _WORDS)
    | _ITEMS,
    max_size=12,
)


@given(st.sampled_from(["chat", "responses"]), st.booleans(), _STEPS, st.booleans())
def test_whatever_happens_in_a_turn_its_stream_and_its_body_say_the_same(
    dialect: str, free: bool, steps: list[Step], life: bool
) -> None:
    asked = question(dialect, stream=True) if free else with_schema(dialect, True)
    made, _ = streamed(asked, [])
    data = b"".join([made.feed(step) + (made.keep_alive() if life else b"") for step in steps])
    data += made.feed(DONE)
    got, plain = answer_of(asked, data), answered(replace(asked, stream=False), [*steps, DONE])
    assert faults(got) == []
    assert got.complete
    assert (got.text, got.reasoning, got.error) == (plain.text, plain.reasoning, None)
    assert made.history() == streamed(asked, [*steps, DONE])[0].history()
    if not free and got.text:
        assert got.text == _last_message(steps)


def _last_message(steps: list[Step]) -> str:
    """The text of the last message that says anything, pieced together without the writer."""
    messages: list[list[str]] = []
    current = None
    for step in steps:
        if isinstance(step, Text) and step.text:
            if current != step.item:
                messages.append([])
            current = step.item
            messages[-1].append(step.text)
        elif isinstance(step, Item) and step.kind is Kind.MESSAGE:
            said = "".join(messages[-1]) if current == step.item else ""
            if current != step.item and step.text:
                messages.append([])
            if step.text.startswith(said) and step.text != said:
                messages[-1].append(step.text[len(said) :])
            current = None
    return clean("".join(messages[-1])) if messages else ""
