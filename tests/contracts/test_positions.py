"""On which line each key of a file stands."""

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.positions import json_lines, line_of, toml_lines

TOML = (
    '''# a comment with a = "key"
name = "x"
"quoted key" = 1979-05-27 07:32:00
text = """
[not.a.table]
a = 1 \\"""
"""
[a.b]
c.d = [
  "one", # two, three
  { x = 1, y = [2,
    3] },
]
[[list]]
k = 1
[list.inner]
v = {p = {q = 'x = "y"'}}
[[list]]
k = 2
[[list.more]]
z = '\\'
[last] # end
"\\u0061" = 'it'''
    "'"
    """s'
"""
)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("quoted key",), 3),
        (("text",), 4),
        (("a", "b"), 8),
        (("a", "b", "c", "d"), 9),
        (("a", "b", "c", "d", 0), 10),
        (("a", "b", "c", "d", 1, "y"), 11),
        (("a", "b", "c", "d", 1, "y", 1), 12),
        (("list", 0, "k"), 15),
        (("list", 0, "inner", "v", "p", "q"), 17),
        (("list", 1), 18),
        (("list", 1, "k"), 19),
        (("list", 1, "more", 0, "z"), 21),
        (("last",), 22),
        (("last", "a"), 23),
        (("absent",), 1),
        (("list", 1, "absent"), 18),
    ],
)
def test_each_key_of_a_toml_file_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(toml_lines(TOML.replace("'it's'", '"its"')), path) == line


def test_the_example_is_toml() -> None:
    assert tomllib.loads(TOML.replace("'it's'", '"its"'))["last"] == {"a": "its"}


def test_each_key_of_a_json_file_has_its_line() -> None:
    lines = json_lines('{\n "a": {"b": [1,\n {"c\\n": 2}]},\n "#": "//",\n "d": -1.5e3\n}')
    assert lines["a", "b"] == 2
    assert lines["a", "b", 1, "c\n"] == 3
    assert lines["#",] == 4
    assert lines["d",] == 5


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(KEYS, below),
    max_leaves=12,
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    return [found for key, each in pairs for found in [(*path, key), *_paths(each, (*path, key))]]


@given(VALUES)
def test_every_place_of_a_json_text_is_found(value: Any) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    lines = json_lines(text)
    assert sorted(lines, key=str) == sorted(_paths(value), key=str)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


def test_a_text_nested_too_deeply_gives_the_lines_up_to_there() -> None:
    assert json_lines('{"a":' + "[" * 5000 + "]" * 5000 + "}")["a",] == 1


@given(st.text(st.sampled_from("ab=.[]{},#\"'\n\\ 1"), max_size=40))
def test_what_is_no_toml_harms_nobody(text: str) -> None:
    assert all(line >= 1 for line in toml_lines(text).values())
