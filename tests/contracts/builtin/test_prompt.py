"""What the user asked for last."""

import pytest

from driftgate.contracts.builtin.prompt import last_user_text, wants_repetition
from driftgate.contracts.exchange import Asked
from driftgate.proxy.dialects.meaning import Item, Parameters


def asking(*turns: tuple[str, str]) -> Asked:
    items = [Item(0, 1, "message", role, text) for role, text in turns]
    return Asked("chat", "/", Parameters(), items)


def test_the_last_message_of_the_user_counts() -> None:
    asked = asking(("user", "one"), ("user", "two"), ("assistant", "three"))
    assert last_user_text(asked) == "two"
    assert last_user_text(asking(("system", "one"))) == ""


@pytest.mark.parametrize(
    ("prompt", "unit", "is_wanted"),
    [
        ("Write 'no more' 100 times.", "no more\n", True),
        ("Write 'no more' 100 times.", "ore\nno m", True),
        ("Write 'no more' 100 times.", "thought\n", False),
        ("Repeat the word thought.", "thought\n", True),
        ("A thought about 100 things.", "thought\n", False),
        ("Print a matrix of zeros.", "0 0 0\n", True),
        ("Print a table.", "0 0 0\n", False),
        ("Write two hundred lines of -", "-", True),
    ],
)
def test_repetition_is_wanted_where_it_is_asked_for_by_its_words(
    prompt: str, unit: str, is_wanted: bool
) -> None:
    assert wants_repetition(asking(("user", prompt)), unit) is is_wanted
