"""What a request asked of the server and did not get."""

from typing import Any

import pytest

from driftgate.contracts.builtin.constraints import (
    SeedMemory,
    constraint_findings,
    is_comparable,
)
from tests.contracts.exchanges import answered, asked, call, told


def dropped(*names: str) -> list[tuple[str, str]]:
    return [("constraint_dropped", f"parameters/{name}") for name in names]


@pytest.mark.parametrize(
    ("limit", "made", "expected"),
    [(16, 16, ()), (16, 17, ("max_tokens",)), (16, None, ()), (0, 9, ()), (-1, 9, ())],
)
def test_more_tokens_than_asked_for_are_found(limit: int, made: Any, expected: Any) -> None:
    found = constraint_findings(asked(max_tokens=limit), answered("text", output_tokens=made))
    assert told(found) == dropped(*expected)


def test_a_stop_sequence_in_the_text_is_found() -> None:
    request = asked(stop=("", "END"))
    assert told(constraint_findings(request, answered("one END two"))) == dropped("stop")
    assert constraint_findings(request, answered("one end two")) == []
    wanted = asked(stop=("END",), body={"include_stop_str_in_output": True})
    assert constraint_findings(wanted, answered("one END")) == []


@pytest.mark.parametrize(
    ("choice", "calls", "is_dropped"),
    [
        ("auto", (), False),
        ("auto", ("run",), False),
        ("none", (), False),
        ("none", ("run",), True),
        ("required", (), True),
        ("any", (), True),
        ("required", ("run",), False),
        ("run", ("run",), False),
        ("run", ("other",), True),
        ("run", (), True),
        ("allowed_tools", (), False),
    ],
)
def test_the_choice_of_tools_is_kept(choice: str, calls: tuple[str, ...], is_dropped: bool) -> None:
    request = asked(tool_choice=choice, tool_names=("run", "other"))
    answer = answered("text", *[call(name) for name in calls])
    expected = dropped("tool_choice") if is_dropped else []
    assert told(constraint_findings(request, answer)) == expected


def test_a_required_call_that_was_cut_is_not_held_against_the_server() -> None:
    request = asked(tool_choice="required", tool_names=("run",))
    assert constraint_findings(request, answered("Let me", finish_reason="length")) == []


def test_the_same_seed_with_another_text_is_a_warning() -> None:
    memory = SeedMemory()
    assert memory.note("digest-upstream", "one") is None
    assert memory.note("digest-upstream", "one") is None
    assert memory.note("another", "two") is None
    found = memory.note("digest-upstream", "two")
    assert found is not None
    assert told([found]) == dropped("seed")
    assert found.severity.value == "warning"


def test_the_memory_of_seeds_forgets_the_oldest() -> None:
    memory = SeedMemory(limit=2)
    memory.note("a", "1")
    memory.note("b", "1")
    memory.note("a", "1")
    memory.note("c", "1")
    assert memory.note("b", "2") is None  # forgotten
    assert memory.note("c", "2") is not None


@pytest.mark.parametrize(
    ("answer", "comparable"),
    [
        (answered("text"), True),
        (answered("text", finish_reason="length"), False),
        (answered("text", complete=False), False),
        (answered("text", error="no"), False),
        (answered("text", status=500), False),
        (answered("text", cut=True), False),
    ],
)
def test_only_whole_good_answers_are_compared(answer: Any, comparable: bool) -> None:
    assert is_comparable(answer) is comparable


@pytest.mark.parametrize(
    ("dialect", "number", "expected"),
    [("chat", 1, []), ("chat", 3, [("unjudged_choices", "parameters/n")]), ("responses", 3, [])],
)
def test_that_only_the_first_of_several_choices_is_judged_is_a_warning(
    dialect: str, number: int, expected: list[tuple[str, str]]
) -> None:
    found = constraint_findings(asked(dialect, body={"n": number}), answered("Rome"))
    assert told(found) == expected
    assert {violation.severity.value for violation in found} <= {"warning"}
