"""The scanner: offsets are bytes, values are json's own, and nothing raises."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects import scan as module
from driftgate.proxy.dialects.scan import BIG_VALUE, scan

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["input", "messages", "tools", "response", "type", 'a"b', "\u00e9"])
OBJECTS = st.dictionaries(KEYS, JSON | st.lists(JSON, max_size=5), max_size=6)


@given(OBJECTS, st.booleans(), st.sampled_from([None, 0, 2]), st.booleans())
def test_values_and_spans_agree_with_json(
    value: dict[str, Any], ascii_only: bool, indent: int | None, bom: bool
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    body = text.encode("utf-8-sig" if bom else "utf-8", "surrogatepass")
    scanned = scan(body)
    assert scanned.valid
    assert scanned.value == value
    for key, (start, end) in scanned.fields.spans.items():
        assert json.loads(body[start:end]) == scanned.fields.values[key]
    for key, spans in scanned.fields.elements.items():
        found = [json.loads(body[start:end]) for start, end in spans]
        assert found == scanned.fields.values[key]
    assert list(scanned.boundaries) == sorted(set(scanned.boundaries))
    assert all(0 < cut < len(body) for cut in scanned.boundaries)


@given(st.binary())
def test_arbitrary_bytes_never_raise(body: bytes) -> None:
    scanned = scan(body)
    assert scanned.valid or scanned.boundaries == ()


@given(OBJECTS, st.integers(0, 200), st.binary(max_size=3))
def test_mutated_json_never_raises(value: dict[str, Any], at: int, junk: bytes) -> None:
    body = json.dumps(value).encode()
    at %= len(body) + 1
    scanned = scan(body[:at] + junk + body[at + 1 :])
    assert scanned.valid or scanned.boundaries == ()


def test_boundaries_are_the_ends_of_items() -> None:
    body = b'{"messages": [{"a":1} , "\xc3\xa9",\n3], "model":"x"}'
    spans = scan(body).fields.elements["messages"]
    assert [body[a:b] for a, b in spans] == [b'{"a":1}', b'"\xc3\xa9"', b"3"]
    assert scan(body).boundaries == tuple(end for _, end in spans)


def test_a_big_first_item_is_cut_from_what_stands_before_it() -> None:
    body = b'{"messages":["' + b"x" * BIG_VALUE + b'","y"]}'
    assert scan(body).boundaries[0] == body.index(b'"x')


def test_a_big_value_is_cut_at_its_end_unless_it_is_the_last() -> None:
    big = json.dumps(["t" * BIG_VALUE])
    body = f'{{"tools":{big},"small":1,"metadata":{big}}}'.encode()
    assert scan(body).boundaries == (body.index(b',"small"'),)


def test_a_nested_response_create_frame_is_the_request() -> None:
    body = b'{"type":"response.create","response":{"model":"m","input":[1,2]}}'
    scanned = scan(body)
    assert scanned.fields.values["model"] == "m"
    assert [body[a:b] for a, b in scanned.fields.elements["input"]] == [b"1", b"2"]
    assert len(scanned.boundaries) == 2


def test_a_response_object_elsewhere_is_only_a_value() -> None:
    assert scan(b'{"model":"m","response":{"model":"n"}}').fields.values["model"] == "m"


def test_of_duplicate_keys_the_last_counts() -> None:
    body = b'{"model":"a","input":[1,2],"model":"b","input":[3]}'
    fields = scan(body).fields
    assert fields.values == {"model": "b", "input": [3]}
    assert [body[a:b] for a, b in fields.elements["input"]] == [b"3"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1", b'{"a":1}x', b'{"a":1,}', b'{"a" 1}', b"{a:1}", b'{"input":[1,]}',
     b'{"input":[1}', b'{"input":[1]]', b"nul", b"\xff\xfe", b'{"a":tru', b'{"input":['],
)  # fmt: skip
def test_what_is_not_json_has_no_boundaries(body: bytes) -> None:
    scanned = scan(body)
    assert not scanned.valid
    assert scanned.boundaries == ()


def test_what_was_read_before_the_fault_is_kept() -> None:
    assert scan(b'{"model":"m","input":[1,2],').fields.values["model"] == "m"


def test_deep_nesting_is_not_json_here() -> None:
    assert not scan(b'{"input":[' + b"[" * 200_000 + b"]" * 200_000 + b"]}").valid


def test_nan_and_numbers_too_long_for_python_are_read() -> None:
    body = b'{"a":NaN,"b":' + b"9" * 5000 + b',"input":[-Infinity, 1]}'
    scanned = scan(body)
    assert scanned.valid
    assert scanned.fields.values["b"] == float("inf")


def test_bytes_that_are_not_utf8_keep_the_offsets() -> None:
    body = b'{"messages":["\xff\xfe\xc3\xa9","b"],"x":1}'
    spans = scan(body).fields.elements["messages"]
    assert [body[a:b] for a, b in spans] == [b'"\xff\xfe\xc3\xa9"', b'"b"']


def test_beyond_the_limit_elements_are_read_but_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ELEMENTS", 3)
    scanned = scan(b'{"input":[1,2,3,4,[5]],"model":"m"}')
    assert scanned.valid
    assert scanned.fields.values == {"input": [1, 2, 3, 4, [5]], "model": "m"}
    assert len(scanned.fields.elements["input"]) == 3


def test_beyond_the_limit_keys_are_read_but_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ELEMENTS", 2)
    scanned = scan(b'{"a":1,"b":2,"c":{"d":"}"},"e":"x"} ')
    assert scanned.valid
    assert scanned.fields.values == {"a": 1, "b": 2, "c": {"d": "}"}, "e": "x"}
    assert list(scanned.fields.spans) == ["a", "b"]
    assert not scan(b'{"a":1,"b":2,"c":3,}').valid


def test_a_key_of_many_escapes_is_read() -> None:
    scanned = scan(b'{"' + b"\\n" * 200_000 + b'":1,"model":"m"}')
    assert scanned.fields.values["model"] == "m"
    assert "\n" * 200_000 in scanned.fields.values


def test_repeated_keys_count_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ELEMENTS", 2)
    scanned = scan(b'{"a":1,"a":2,"b":3,"a":4}')
    assert scanned.fields.values == {"a": 4, "b": 3}
    assert list(scanned.fields.spans) == ["a"]
