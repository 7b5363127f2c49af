"""The same tool call over and over."""

import pytest

from driftgate.contracts.builtin.loop import repeated_calls
from driftgate.contracts.exchange import Asked
from driftgate.contracts.verdict import Severity, Violation
from driftgate.proxy.dialects.meaning import Answer, Item, Parameters, ToolCall


def call(name: str = "edit", arguments: str = '{"a":1}') -> ToolCall:
    return ToolCall(name, arguments, "c")


def made(name: str = "edit", arguments: str = '{"a":1}') -> list[Item]:
    return [
        Item(0, 1, "tool_call", None, arguments, name),
        Item(1, 2, "tool_result", "tool", "failed", None),
    ]


def judged(calls: list[ToolCall], history: list[Item]) -> Violation | None:
    asked = Asked("chat", "/", Parameters(), history)
    return repeated_calls(asked, Answer(tool_calls=tuple(calls)))


@pytest.mark.parametrize(("times", "is_found"), [(1, False), (2, False), (3, True), (66, True)])
def test_three_equal_calls_in_one_answer_are_found(times: int, is_found: bool) -> None:
    assert (judged([call()] * times, []) is not None) is is_found


@pytest.mark.parametrize(("turns", "is_found"), [(0, False), (2, False), (3, True), (30, True)])
def test_the_fourth_equal_call_in_a_row_is_found(turns: int, is_found: bool) -> None:
    assert (judged([call()], made() * turns) is not None) is is_found


@pytest.mark.parametrize(
    "between",
    [made("view"), made("edit", '{"a":2}'), [Item(0, 1, "message", "user", "Again, please.")]],
)
def test_another_call_or_a_word_of_the_user_ends_the_row(between: list[Item]) -> None:
    assert judged([call()], made() * 9 + between + made() * 2) is None


@pytest.mark.parametrize(
    ("rounds", "calls", "is_found"),
    [
        (3, [call("view"), call()], True),
        (2, [call("view"), call()], False),
        (9, [call("view"), call(), call("list")], True),
        (9, [call("view"), call(arguments='{"a":2}')], False),
    ],
)
def test_calls_that_take_turns_are_found_the_fourth_time(
    rounds: int, calls: list[ToolCall], is_found: bool
) -> None:
    before = [(call.name, '{"a":1}') for call in calls]
    history = [item for name, arguments in before * rounds for item in made(name, arguments)]
    found = judged(calls, history)
    assert (found is not None) is is_found
    one_by_one = judged(calls[-1:], history + [i for n, a in before[:-1] for i in made(n, a)])
    assert (one_by_one is not None) is is_found
    assert found is None or found.severity is Severity.ERROR


def test_calls_that_take_turns_are_a_warning_where_they_poll_and_none_after_the_user() -> None:
    log = '{"cmd":"tail build.log"}'
    history = (made("exec", '{"cmd":"cd x"}') + made("exec", log)) * 3
    last = [call("exec", '{"cmd":"cd x"}'), call("exec", log)]
    found = judged(last, history)
    assert found is not None
    assert found.severity is Severity.WARNING
    said = [Item(0, 1, "message", "user", "Go on.")]
    assert judged(last, history[:4] + said + history[4:]) is None


def test_words_of_the_model_and_its_reasoning_do_not_end_the_row() -> None:
    said = [Item(0, 1, "message", "assistant", "Again."), Item(0, 1, "reasoning", None, "hm")]
    assert judged([call()], (made() + said) * 3) is not None


def test_white_space_makes_no_difference() -> None:
    assert judged([call(arguments='{"a": 1}')], made() * 3) is not None


@pytest.mark.parametrize("name", ["write_stdin", "wait_agent", "get_status"])
def test_polling_again_and_again_is_a_warning(name: str) -> None:
    found = judged([call(name)], made(name) * 5)
    assert found is not None
    assert found.severity is Severity.WARNING


def test_different_calls_in_one_answer_are_none() -> None:
    assert judged([call(arguments=f'{{"a":{n}}}') for n in range(66)], []) is None
