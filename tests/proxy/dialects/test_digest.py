"""The digest that tells a retry."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.digest import request_digest
from driftgate.proxy.dialects.scan import scan


def digest(value: Any) -> str | None:
    return request_digest(scan(json.dumps(value).encode()))


@given(st.dictionaries(st.text(), st.integers() | st.text(), min_size=2), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, Any], random: Any) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert digest(value) == digest({key: value[key] for key in keys})


def test_client_metadata_does_not_matter() -> None:
    assert digest({"a": 1}) == digest({"client_metadata": {"b": 2}, "a": 1})
    assert digest({"response": {"a": 1}}) == digest({"response": {"a": 1, "client_metadata": 1}})


def test_everything_else_matters() -> None:
    assert len({digest({"a": 1}), digest({"a": 2}), digest({"a": "1"}), digest([1])}) == 4


def test_a_digest_is_128_bits_in_hex() -> None:
    found = digest({"a": 1})
    assert found is not None
    assert len(found) == 32


def test_what_is_not_json_is_hashed_as_it_is_and_nothing_has_no_digest() -> None:
    assert request_digest(scan(b"{")) != request_digest(scan(b"{ "))
    assert request_digest(scan(b"")) is None
