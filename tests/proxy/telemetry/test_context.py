"""Trace Context: what is taken for one, what goes up, and that worker and historian agree."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.call import new_id
from driftgate.proxy.telemetry.context import (
    Context,
    context_of,
    item_span_id,
    parse,
    span_id,
    traced,
)
from driftgate.proxy.upstream.wire import Pair, index

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{PARENT}-01".encode()
CALL = new_id(1_800_000_000_000_000_000)
HOST = (b"Host", b"x")


def sent(*pairs: Pair, attempt: int = 1) -> dict[bytes, bytes]:
    out = traced([HOST, *pairs], index([HOST, *pairs]), CALL, attempt)
    assert len(index(out)) == len(out)  # no field twice
    return index(out)


def test_a_valid_parent_is_read() -> None:
    assert parse(GOOD) == Context(TRACE, PARENT, 1)
    assert parse(b" " + GOOD + b"\t") == Context(TRACE, PARENT, 1)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"00",
        GOOD.upper(),
        GOOD + b"-more",  # version 00 has four parts
        GOOD + b"-",
        GOOD.replace(b"00-", b"ff-", 1),
        GOOD.replace(b"00-", b"0-", 1),
        GOOD[:-1],
        GOOD + b"0",
        GOOD.replace(b"-01", b"-0g"),
        GOOD.replace(TRACE.encode(), b"0" * 32),
        GOOD.replace(PARENT.encode(), b"0" * 16),
        GOOD + b"," + GOOD,  # the field came twice
        GOOD.replace(b"-", b"_"),
        "00-\u0660af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".encode(),
        GOOD + b"\n",
    ],
)
def test_what_the_standard_forbids_is_no_parent(value: bytes) -> None:
    assert parse(value) is None


def test_later_versions_are_read_as_far_as_they_are_known() -> None:
    assert parse(b"01" + GOOD[2:]) == Context(TRACE, PARENT, 1)
    assert parse(b"cc" + GOOD[2:] + b"-what-ever") == Context(TRACE, PARENT, 1)
    assert parse(b"01" + GOOD[2:] + b"what") is None
    assert parse(GOOD[:-2] + b"ff") == Context(TRACE, PARENT, 3)  # unknown flags are not passed on


@given(st.binary(max_size=80))
def test_no_bytes_break_it(value: bytes) -> None:
    found = parse(value)
    assert found is None or re.fullmatch("[0-9a-f]{32}", found.trace_id)


@given(
    st.integers(1, 2**128 - 1),
    st.integers(1, 2**64 - 1),
    st.integers(0, 255),
    st.lists(st.sampled_from([HOST, (b"tracestate", b"a=1"), (b"x-y", b"z")]), max_size=3),
    st.integers(1, 9),
)
def test_worker_and_historian_name_the_same_spans(
    trace: int, parent: int, flags: int, more: list[Pair], attempt: int
) -> None:
    value = f"00-{trace:032x}-{parent:016x}-{flags:02x}"
    name = ("traceparent", "TraceParent", "TRACEPARENT")[attempt % 3]
    pairs = [(name.encode(), value.encode()), *more]
    upstream = index(traced(pairs, index(pairs), CALL, attempt))[b"traceparent"]
    headers = json.dumps([[key.decode(), told.decode()] for key, told in pairs])
    context = context_of(headers, CALL.hex())
    assert context == Context(f"{trace:032x}", f"{parent:016x}", flags & 3)
    told = parse(upstream)
    assert told is not None
    assert told.trace_id == context.trace_id
    assert told.parent_id == (span_id(CALL, attempt) if context.sampled else context.parent_id)


def test_a_trace_is_continued_with_the_attempt_as_parent() -> None:
    upstream = sent((b"Traceparent", GOOD), (b"tracestate", b"vendor=1"), attempt=2)
    assert upstream[b"traceparent"] == f"00-{TRACE}-{span_id(CALL, 2)}-01".encode()
    assert upstream[b"tracestate"] == b"vendor=1"


def test_a_trace_begins_where_none_came() -> None:
    assert sent()[b"traceparent"] == f"00-{CALL.hex()}-{span_id(CALL, 1)}-01".encode()
    assert context_of('[["Host","x"]]', CALL.hex()) == Context(CALL.hex(), None, 1)


def test_a_trace_that_is_not_sampled_goes_on_as_it_is() -> None:
    unsampled = GOOD[:-2] + b"00"
    upstream = sent((b"traceparent", unsampled), (b"tracestate", b"a=1"))
    assert (upstream[b"traceparent"], upstream[b"tracestate"]) == (unsampled, b"a=1")
    headers = json.dumps([["traceparent", unsampled.decode()]])
    assert not context_of(headers, CALL.hex()).sampled


@pytest.mark.parametrize("parents", [[b"junk"], [GOOD, GOOD], []])
def test_an_invalid_parent_is_replaced_and_its_state_dropped(parents: list[bytes]) -> None:
    pairs = [*((b"traceparent", each) for each in parents), (b"TraceState", b"a=1")]
    upstream = sent(*pairs)
    assert upstream[b"traceparent"].startswith(b"00-" + CALL.hex().encode())
    assert b"tracestate" not in upstream
    headers = json.dumps([[name.decode(), value.decode()] for name, value in pairs])
    assert context_of(headers, CALL.hex()) == Context(CALL.hex())


def test_ids_are_distinct_within_a_call_and_never_zero() -> None:
    ids = {span_id(CALL, number) for number in range(50)}
    ids |= {item_span_id(CALL, attempt, item) for attempt in (1, 2) for item in range(50)}
    assert len(ids) == 150
    assert all(re.fullmatch("[0-9a-f]{16}", each) and int(each, 16) for each in ids)
    assert int(span_id(bytes(16)), 16)
