"""Closing JSON that was cut."""

import json
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.contracts.repair.close import close_json
from driftgate.contracts.repair.strict import is_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just(-1.5e-9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
DOCUMENTS = st.lists(VALUES, max_size=4) | st.dictionaries(st.text(max_size=4), VALUES, max_size=4)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "hel', {"a": "hel"}),
        ('{"a": "hel\\', {"a": "hel"}),
        ('{"a": "hel\\u00', {"a": "hel"}),
        ('{"a": [1, 2', {"a": [1]}),
        ('{"a": [1, {"b": tru', {"a": [1, {}]}),
        ('{"a": 1, "b": fal', {"a": 1}),
        ('{"a": 1, "b": -1.5e', {"a": 1}),
        ('{"a": 1, "lon', {"a": 1}),
        ('{"a": 1, "b"', {"a": 1}),
        ('{"a": 1, "b":', {"a": 1}),
        ('{"a": 1,', {"a": 1}),
        ('{"a": 1\n', {"a": 1}),
        ('{"a": 1,}', {"a": 1}),
        ('{"a": [1, 2,], }', {"a": [1, 2]}),
        ('{"a": [1, 2}', {"a": [1, 2]}),
        ('{"a": [[1], [2}}', {"a": [[1], [2]]}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ('```json\n{"a": 1, "b": [2,\n', {"a": 1, "b": [2]}),
        ('```json\n{"a": 1,\n```', {"a": 1}),
        ('Here it is:\n{"a": "x', {"a": "x"}),
        ('Here it is: {"a": "x', {"a": "x"}),
        ('{"a": 1,}\nI hope that helps.', {"a": 1}),
    ],
)
def test_what_is_open_is_closed_and_what_is_half_is_dropped(text: str, value: Any) -> None:
    closed = close_json(text)
    assert closed is not None
    assert json.loads(closed) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[",
        '{"a": 1',
        '{"a',
        '{"a": 1}',
        '{"a": 1} and prose',
        "[1] is what the book says",
        "See [the book",
        "{a: 1",
        "{'a': 1",
        '{"a" 1',
        '{"a": 1 "b": 2',
        '{"a": 1]',
        '{"a": word',
        '{"a": trees, "b',
        '{"a": "one\ntwo',
        '{"a": "\\x',
        '{"a": "\x00"}',
        '{"a": 1,, "b": 2}',
        '"a string',
        "[" * 100_000,
        '{"a": ' * 100_000,
        '{"a": "' + "x" * 1_000_000,
    ],
)
def test_what_cannot_be_closed_for_certain_stays(text: str) -> None:
    assert close_json(text) is None


@given(DOCUMENTS, st.booleans(), st.integers(0, 3))
def test_every_beginning_of_a_document_gives_json_or_nothing(
    value: Any, ascii_only: bool, indent: int
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent or None)
    for end in range(len(text) + 1):
        closed = close_json(text[:end])
        assert closed is None or (is_json(closed) and type(json.loads(closed)) is type(value))


@given(st.dictionaries(st.text(), st.text(min_size=1), min_size=1), st.data())
def test_nothing_is_invented(value: dict[str, str], data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=False)
    closed = close_json(text[: data.draw(st.integers(0, len(text)))])
    for key, inner in json.loads(closed or "{}").items():
        assert value[key].startswith(inner)


@given(st.text(st.sampled_from('{}[]",:\\ \nu0123tfn-.e+`a')))
def test_any_text_gives_json_or_nothing_and_closed_stays_closed(text: str) -> None:
    closed = close_json(text)
    assert closed is None or (is_json(closed) and close_json(closed) is None)


def test_a_large_answer_is_closed_in_little_time() -> None:
    text = '{"rows": [' + '{"n": "\\u00e9 and so on", "m": [1, 2, 3]},' * 20_000
    began = perf_counter()
    closed = close_json(text)
    assert closed is not None
    assert len(json.loads(closed)["rows"]) == 20_000
    assert perf_counter() - began < 5
