"""Gemma 4's notation of tool calls."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.repair.notation import QUOTE, NotationError, read_call


def written(value: Any, *, quoted_keys: bool = False) -> str:
    """As the chat template's macro format_argument writes it."""
    if isinstance(value, str):
        return f"{QUOTE}{value}{QUOTE}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        members = (
            f"{written(key) if quoted_keys else key}:{written(inner, quoted_keys=quoted_keys)}"
            for key, inner in sorted(value.items())
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(each, quoted_keys=quoted_keys) for each in value) + "]"
    return str(value)


KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,10}", fullmatch=True)
TEXTS = st.text().filter(lambda text: QUOTE not in f"{text}{QUOTE}"[: len(text) + 4])
SCALARS: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | TEXTS
SCALARS |= st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
)
ARGUMENTS = st.dictionaries(KEYS, VALUES, max_size=5)


@given(ARGUMENTS, st.booleans())
def test_arguments_come_back_as_the_template_wrote_them(
    arguments: dict[str, Any], quoted_keys: bool
) -> None:
    text = f"call:look{written(arguments, quoted_keys=quoted_keys)} and more"
    call = read_call(text, 0)
    assert (call.name, json.loads(call.arguments)) == ("look", arguments)
    assert text[call.end :] == " and more"


@given(st.dictionaries(KEYS, SCALARS, max_size=3))
def test_no_beginning_of_a_call_is_a_call(arguments: dict[str, Any]) -> None:
    text = f"call:look{written(arguments)}"
    for end in range(len(text)):
        with pytest.raises(NotationError):
            read_call(text[:end], 0)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('call:f{a:<|"|>x, {y}:\n"z"<|"|>,n:3}', {"a": 'x, {y}:\n"z"', "n": 3}),
        ('call:f{a:<|"|><div class="b"><|"|>}', {"a": '<div class="b">'}),
        ('call:f{ a : true , b : [ 1 , {c:<|"|>d<|"|>} ] }', {"a": True, "b": [1, {"c": "d"}]}),
        ('call:f{"a": "b", "n": -1.5e+3}', {"a": "b", "n": -1500.0}),
        ('call:f{{"a": 1}}', {"a": 1}),
        ("call:f{a:None}", {"a": None}),
        ("call:f{}", {}),
        ("call:f{a:[],b:{}}", {"a": [], "b": {}}),
    ],
)
def test_what_models_write_is_read(text: str, arguments: dict[str, Any]) -> None:
    assert json.loads(read_call(text, 0).arguments) == arguments


@pytest.mark.parametrize(
    "text",
    [
        "call:f",
        "call:{a:1}",
        "call:f{a}",
        "call:f{a:}",
        "call:f{a:word}",
        "call:f{a:1 b:2}",
        "call:f{a:007}",
        "call:f{a:1.}",
        "call:f{a:nan}",
        "call:f{,}",
        "call:f{a:[1}",
        "call:f{a:" + "[" * 5000,
        "call:f{a:" + "{b:" * 5000,
    ],
)
def test_what_is_no_notation_is_refused(text: str) -> None:
    with pytest.raises(NotationError):
        read_call(text, 0)
