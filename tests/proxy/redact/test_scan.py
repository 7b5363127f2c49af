"""The forgiving scanner: places of keys and values, in good JSON and in any other."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.redact.scan import MAX_DEPTH, JsonPath, Kind, quote, scan, unquote

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=30,
)


def leaves(value: Any, path: JsonPath = ()) -> list[tuple[JsonPath, Any]]:
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in leaves(each, (*path, key))]
    if isinstance(value, list):
        return [leaf for index, each in enumerate(value) for leaf in leaves(each, (*path, index))]
    return [(path, value)]


@given(JSON, st.booleans())
def test_it_finds_the_values_that_a_parser_finds(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=1 if escaped else None)
    latin = text.encode("utf-8", "surrogatepass").decode("latin-1")
    found = [
        (node.path, json.loads(latin[node.start : node.end].encode("latin-1")))
        for node in scan(latin)
        if node.kind in (Kind.STRING, Kind.WORD)
    ]
    assert found == leaves(value)


def test_documents_that_follow_each_other_are_counted() -> None:
    nodes = scan('{"a":1}\n{"a":2}\n"x" 3')
    words = [(node.document, node.path) for node in nodes if node.kind is not Kind.KEY]
    assert words == [(0, ("a",)), (0, ()), (1, ("a",)), (1, ()), (2, ()), (3, ())]


def test_cut_json_has_its_last_value_and_its_open_containers() -> None:
    text = '{"a":{"password":"secr'
    found = {node.path: text[node.start : node.end] for node in scan(text) if node.kind != Kind.KEY}
    assert found == {
        ("a", "password"): '"secr',
        ("a",): '{"password":"secr',
        (): text,
    }


def test_very_deep_json_is_scanned_with_short_paths() -> None:
    deep = '{"a":' * 5000 + "1"
    assert max(len(node.path) for node in scan(deep)) <= MAX_DEPTH + 1


@given(st.text('{}[]",:\\ \n1a', max_size=50))
def test_every_place_lies_in_the_text_and_holds_something(text: str) -> None:
    assert all(0 <= node.start < node.end <= len(text) for node in scan(text))


@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_a_quoted_text_is_read_back(text: str) -> None:
    assert unquote(quote(text).decode("latin-1")) == text


def test_broken_escapes_are_taken_as_they_stand() -> None:
    assert unquote('"a\\x b\\u12"') == "a\\x b\\u12"
    assert unquote('"cut') == "cut"
    assert unquote('"') == ""
    assert unquote('"a\nb"') == "a\nb"
