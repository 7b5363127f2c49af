"""The lines of a golden set's file: read strictly, written alike."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.golden_file import (
    Body,
    read_call,
    read_head,
    read_time,
    written,
    written_body,
    written_time,
)

ID = "019ab3f2-7c41-7000-8000-000000000001"
HEAD: dict[str, Any] = {
    "format": "driftgate-golden-set",
    "version": 1,
    "name": "one",
    "selection_id": ID,
    "made_at": "2026-11-24T12:00:00.000001Z",
    "described": "-n 300",
    "seed": -1,
    "found": 2,
    "collapsed": 1,
    "calls": 1,
    "fingerprints": {ID: {"model": "m", "n_ctx": 4096}},
    "sha256": "0" * 64,
}
CALL: dict[str, Any] = {
    "call_id": ID,
    "session": "s",
    "duplicates": 1,
    "slices": {"tool": ["a", "b"]},
    "started_at": "2026-11-24T12:00:00.000001Z",
    "fingerprint_id": ID,
    "outcome": "completed",
    "error": None,
    "request": {
        "method": "POST",
        "target": "/v1/chat/completions?a=1",
        "upstream": "local",
        "headers": [["X", "\xe9"]],
        "size": 2,
        "body": {"text": "{}"},
    },
    "response": {
        "status": 200,
        "headers": [],
        "trailers": [],
        "first_byte_ns": 1,
        "ended_ns": 2,
        "overhead_ns": None,
        "size": 9,
        "chunks": [[5, 1], [6, 1]],
        "body": {"base64": "/wA="},
    },
    "judged": {
        "contract": "c",
        "contract_id": None,
        "verdict": "fail",
        "violations": [
            {"source": "s", "keyword": "k", "path": "p", "reason": "r", "severity": "error"}
        ],
        "repairs": [],
        "judged_us": 3,
    },
}


def line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def changed(value: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """A copy with another value at a dotted path."""
    copy: dict[str, Any] = json.loads(json.dumps(value))
    *parents, last = path.split(".")
    inner: Any = copy
    for each in parents:
        inner = inner[int(each) if each.isdigit() else each]
    inner[int(last) if last.isdigit() else last] = new
    return copy


def test_a_line_is_written_as_it_was_read() -> None:
    assert written(read_head(line(HEAD))) == line(HEAD)
    assert written(read_call(line(CALL))) == line(CALL)
    assert read_call(line(CALL)).response.body.data() == b"\xff\0"


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=40) | st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_are_one_way_of_writing_them(data: bytes) -> None:
    body = Body(**written_body(data))
    assert body.data() == data
    assert json.loads(written(body)) == written_body(data)


@pytest.mark.parametrize(
    ("path", "new", "said"),
    [
        ("call_id", "x", "call_id"),
        ("call_id", ID.upper(), "call_id"),
        ("duplicates", 0, "duplicates"),
        ("duplicates", True, "duplicates"),
        ("started_at", "2026-11-24", "started_at"),
        ("started_at", "1969-11-24T12:00:00.000001Z", "started_at"),
        ("outcome", "great", "outcome"),
        ("more", 1, "more: Extra inputs"),
        ("request.method", "A\tB", "request.method"),
        ("request.target", "/\r\nx", "request.target"),
        ("request.headers.0.0", "a: b", "request.headers.0"),
        ("request.method", "GET /", "request.method"),
        ("request.target", "/ HTTP/1.1", "request.target"),
        ("request.target", "/\0", "request.target"),
        ("request.upstream", "a\tb", "a tab or line break cannot stand here"),
        ("request.headers.0.0", "a b", "request.headers.0"),
        ("request.headers.0.1", "a\r\nb: c", "a header cannot hold a line break"),
        ("request.headers.0.1", "a\nb: c", "a header cannot hold a line break"),
        ("response.trailers", [["a", "\0"]], "a header cannot hold a line break"),
        ("request.headers.0.1", "\u4e2d", "request.headers.0"),
        ("request.size", 1, "the size is smaller than the body"),
        ("request.body", {}, "either text or base64"),
        ("request.body", {"base64": "???"}, "request.body"),
        ("request.body", {"base64": "e30="}, "no base64 of bytes that are no UTF-8"),
        ("response.status", 42, "response.status"),
        ("response.chunks.0.1", 2, "chunks are not as long as the body"),
        ("response.ended_ns", 1 << 60, "response.ended_ns"),
        ("response.ended_ns", -1, "response.ended_ns"),
        ("judged.contract_id", "x", "judged.contract_id"),
        ("judged.violations.0.reason", None, "judged.violations.0.reason"),
    ],
)
def test_what_a_call_cannot_be_is_refused_and_named(path: str, new: Any, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_call(line(changed(CALL, path, new)))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"", "no golden set"),
        (b"[" * 100_000, "no golden set"),
        (line([1]), "no golden set"),
        (line({**HEAD, "format": "other"}), "no golden set"),
        (line({**HEAD, "version": 2}), "of version '2'; this driftgate reads version 1"),
        (line({**HEAD, "name": "../x"}), "cannot be the name"),
        (line({**HEAD, "sha256": "0"}), "sha256"),
        (line({**HEAD, "calls": 0}), "calls"),
    ],
)
def test_what_a_head_cannot_be_is_refused_and_named(value: bytes, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_head(value)
    assert said in str(caught.value)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=60))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    for read in (read_head, read_call):
        with pytest.raises(UsageError):
            read(data)


def test_a_lone_surrogate_is_no_text() -> None:
    with pytest.raises(UsageError):
        read_call(line(CALL).replace(b'"session":"s"', b'"session":"\\ud800"'))


@settings(max_examples=40, deadline=None)
@given(st.datetimes(min_value=read_time("1970-01-01T00:00:00.000000Z").replace(tzinfo=None)))
def test_times_are_kept_to_the_microsecond(at: Any) -> None:
    assert read_time(written_time(at)).replace(tzinfo=None) == at
