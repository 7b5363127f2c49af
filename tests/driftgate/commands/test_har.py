"""Calls as HAR 1.2."""

import base64
import gzip
from typing import Any

from driftgate.commands import har
from tests.support.recorded_calls import MakeCall

# the fields that HAR 1.2 asks for: http://www.softwareishard.com/blog/har-12-spec/
ENTRY = {"startedDateTime", "time", "request", "response", "cache", "timings"}
REQUEST = {
    *("method", "url", "httpVersion", "cookies", "headers"),
    *("queryString", "headersSize", "bodySize"),
}
RESPONSE = {
    *("status", "statusText", "httpVersion", "cookies", "headers"),
    *("content", "redirectURL", "headersSize", "bodySize"),
}


def entry(make_call: MakeCall, *values: Any, **columns: Any) -> dict[str, Any]:
    return har.entry(make_call(*values, **columns))


def test_every_field_that_har_asks_for_is_there(make_call: MakeCall) -> None:
    made = entry(make_call)
    assert set(made) >= ENTRY
    assert set(made["request"]) >= REQUEST
    assert set(made["response"]) >= RESPONSE
    assert set(made["response"]["content"]) >= {"size", "mimeType"}
    assert set(made["timings"]) >= {"send", "wait", "receive"}


def test_fields_of_our_own_begin_with_an_underscore(make_call: MakeCall) -> None:
    assert {name for name in entry(make_call) if name not in ENTRY} == {
        *("_id", "_outcome", "_error", "_upstream", "_session", "_firstTokenMs")
    }


def test_the_url_is_the_one_the_client_asked(make_call: MakeCall) -> None:
    request = entry(make_call, query="a=1&a=&b=%20")["request"]
    assert request["url"] == "http://127.0.0.1:8787/v1/chat/completions?a=1&a=&b=%20"
    assert request["queryString"] == [
        {"name": "a", "value": "1"},
        {"name": "a", "value": ""},
        {"name": "b", "value": " "},
    ]


def test_times_add_up_to_the_total(make_call: MakeCall) -> None:
    made = entry(make_call)
    times = made["timings"]
    assert sum(times[name] for name in ("send", "wait", "receive")) == made["time"] == 1500.0
    assert times["connect"] == -1
    times = entry(make_call, connect_ms=30.0)["timings"]
    assert (times["connect"], times["wait"], times["receive"]) == (30.0, 170.0, 1300.0)
    assert made["startedDateTime"] == "2026-11-24T12:00:00.123456Z"


def test_a_binary_body_is_base64_and_a_coded_one_is_decoded(make_call: MakeCall) -> None:
    binary = entry(make_call, b"", b"\xff\x00")["response"]["content"]
    assert base64.b64decode(binary["text"]) == b"\xff\x00"
    assert binary["encoding"] == "base64"
    coded = entry(
        make_call, b"", gzip.compress(b"hello"), response_headers=[("content-encoding", "gzip")]
    )
    assert coded["response"]["content"]["text"] == "hello"
    assert coded["response"]["content"]["size"] == 5


def test_a_call_without_an_answer_has_status_0(make_call: MakeCall) -> None:
    made = entry(make_call, b"", b"", status=None, outcome="upstream_refused", first_byte_ms=None)
    assert made["response"]["status"] == 0
    assert "postData" not in made["request"]
    assert made["timings"]["receive"] == 0
