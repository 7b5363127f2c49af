"""Which recording answers a request."""

import gzip
import json
import zlib
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.replay.play.match import Entry, Index, Question, question

CHAT = "/v1/chat/completions"
BODY = {"model": "m", "seed": 1, "messages": [{"role": "user", "content": "hi"}]}
TEXT = st.text(max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXT,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(TEXT, part, max_size=3),
    max_leaves=8,
)
VOLATILE = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("user", "metadata", "client_metadata", "prompt_cache_key", "safety_identifier"), JSON
    ),
)
REQUEST = st.fixed_dictionaries(
    {"model": TEXT, "messages": st.lists(st.fixed_dictionaries({"role": TEXT, "content": JSON}))},
    optional={"temperature": st.floats(0, 2), "tools": JSON, "stream": st.booleans()},
)


def asked(body: Any = BODY, target: str = CHAT, method: str = "POST", **more: Any) -> Question:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return question(method, target, data, None, **more)


@settings(max_examples=50)
@given(REQUEST, VOLATILE, VOLATILE, st.randoms(), st.sampled_from([None, 1]))
def test_a_request_is_itself_under_other_volatile_parts_order_and_spacing(
    request: dict[str, Any], one: dict[str, Any], other: dict[str, Any], random: Any, indent: Any
) -> None:
    pairs = [*request.items(), *other.items()]
    random.shuffle(pairs)
    again = json.dumps(dict(pairs), indent=indent, ensure_ascii=False)
    data = again.encode("utf-8", "surrogatepass")
    assert asked(data).key == asked({**request, **one}).key


@settings(max_examples=50)
@given(REQUEST, REQUEST)
def test_two_requests_are_the_same_only_if_their_content_is(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (asked(one).key == asked(other).key) == same


@settings(max_examples=50)
@given(REQUEST, st.data())
def test_a_change_anywhere_in_the_content_makes_another_request(
    request: dict[str, Any], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(request)))
    changed = {**request, name: [request[name], "changed"]}
    assert asked(changed).key != asked(request).key


@settings(max_examples=50)
@given(st.binary(max_size=64), st.text(max_size=20))
def test_nothing_that_strangers_send_is_too_strange(body: bytes, target: str) -> None:
    assert asked(body, target).key == asked(body, target).key


def test_what_is_nested_too_deeply_is_compared_as_bytes() -> None:
    deep = b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert asked(deep).key == asked(deep).key
    assert asked(deep).key != asked(deep + b" ").key


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_a_content_coding_does_not_count(coding: str, encode: Any) -> None:
    packed = encode(json.dumps(BODY).encode())
    assert question("POST", CHAT, packed, coding).key == asked().key


def test_method_path_and_query_count() -> None:
    keys = {
        asked(method=method, target=target).key
        for method in ("POST", "PUT")
        for target in (CHAT, "/v1/responses", f"{CHAT}?a=1", f"{CHAT}?a=2", f"{CHAT}?a=1&a=2")
    }
    assert len(keys) == 10


def test_neither_secrets_nor_the_order_of_the_query_count() -> None:
    one = asked(target=f"{CHAT}?a=1&api_key=sk-1&b=2")
    assert one.key == asked(target=f"{CHAT}?b=2&a=1&api_key=redacted:0123").key


def test_which_models_there_are_is_asked_the_same_by_each_version_of_a_client() -> None:
    one = asked(b"", "/v1/models?client_version=0.169.0", "GET")
    assert one.key == asked(b"", "/v1/models", "GET").key


def test_an_absolute_target_is_its_path() -> None:
    assert asked(target=f"http://127.0.0.1:1{CHAT}").key == asked().key


def test_a_request_that_goes_on_from_an_arms_answer_goes_on_from_the_records() -> None:
    first = {"model": "m", "input": "and?", "previous_response_id": "resp_record"}
    then = {**first, "previous_response_id": "resp_candidate"}
    follows = {"resp_candidate": "resp_record"}
    recorded = asked(first, "/v1/responses")
    assert asked(then, "/v1/responses").key != recorded.key
    assert asked(then, "/v1/responses", follows=follows).key == recorded.key


def test_recordings_of_one_request_are_given_in_their_order_then_the_last_again() -> None:
    index = Index()
    entries = [Entry(name, name) for name in "abc"]
    for entry in entries:
        index.add(asked(), entry)
    index.add(asked({**BODY, "seed": 2}), Entry("other", "other"))
    taken = [index.take(asked()) for _ in range(5)]
    assert taken == [*entries, entries[2], entries[2]]
    assert index.take(asked({**BODY, "seed": 3})) is None
