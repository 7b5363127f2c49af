"""Attempts and verdicts in the journal: what was written comes back, odd bytes do no harm."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.journal import attempt
from driftgate.proxy.journal.assemble import START, Assembler
from driftgate.proxy.journal.frame import Frame, Kind
from driftgate.proxy.record import Attempt, Outcome, Recorded

CALL = bytes([7]) * 16
KINDS = (*(Kind.ATTEMPT, Kind.ATTEMPT_RESPONSE, Kind.ATTEMPT_CHUNK, Kind.ATTEMPT_END, Kind.JUDGED),)
JUDGED = {"contract": "builtin", "verdict": "fail", "violations": [{"reason": "no\ttab"}]}


def _begin(number: int = 1, body: bytes | None = None, **changes: Any) -> bytes:
    facts = {
        "upstream": "local",
        "url": "http://u",
        "target": "/v1/x?a=1",
        "dialect": "chat",
        "model": "gemma4",
        **changes,
    }
    return attempt.begin(number, "first", body=body, **facts)


def _fed(*frames: tuple[int, int, bytes]) -> Recorded:
    """The call that these frames (kind, time, data) and an end make."""
    assembler = Assembler("w")
    ended = (*frames, (Kind.END, 90, b"completed"))
    calls = [assembler.feed(Frame(int(kind), CALL, at, data, 0), START) for kind, at, data in ended]
    assert calls[-1] is not None
    return calls[-1]


@pytest.mark.parametrize("body", [None, b"", b"\x00\n{}\xff"])
def test_an_attempt_comes_back_with_its_body(body: bytes | None) -> None:
    back = Attempt(0, "", "")
    attempt.read_begin(_begin(2, body, model="m\udcff"), back)
    assert (back.number, back.reason, back.upstream) == (2, "first", "local")
    assert (back.upstream_url, back.target, back.dialect) == ("http://u", "/v1/x?a=1", "chat")
    assert back.model == "m\udcff"
    assert back.request_body == body


def test_attempts_follow_each_other_with_their_times_chunks_and_verdicts() -> None:
    call = _fed(
        (Kind.REQUEST, 10, b"POST\tc\tu\turl\t/v1/x\r\n\r\n"),
        (Kind.ATTEMPT, 20, _begin(1, dialect=None)),
        (Kind.ATTEMPT_RESPONSE, 30, b"503 Busy\r\nRetry-After: 1\r\n"),
        (Kind.ATTEMPT_CHUNK, 31, b"no"),
        (Kind.ATTEMPT_END, 40, attempt.end(Outcome.COMPLETED, connect_ns=5)),
        (Kind.ATTEMPT, 50, _begin(2, b"again")),
        (Kind.ATTEMPT_RESPONSE, 60, b"200 OK\r\n"),
        (Kind.ATTEMPT_CHUNK, 61, b"an"),
        (Kind.ATTEMPT_CHUNK, 62, b"swer"),
        (Kind.ATTEMPT_END, 70, attempt.end(Outcome.UPSTREAM_RESET, "broke", JUDGED)),
        (Kind.JUDGED, 80, attempt.verdict(JUDGED)),
    )
    first, second = call.attempts
    assert (first.started_ns, first.ended_ns, first.status) == (10, 30, 503)
    assert (first.response_headers, first.dialect) == ([("Retry-After", "1")], None)
    assert (first.outcome, first.judged, first.request_body) == (Outcome.COMPLETED, {}, None)
    assert [(chunk.offset_ns, chunk.data) for chunk in second.chunks] == [
        (51, b"an"),
        (52, b"swer"),
    ]
    assert (first.connect_ns, second.connect_ns) == (5, None)
    assert (second.outcome, second.error, second.judged) == (
        Outcome.UPSTREAM_RESET,
        "broke",
        JUDGED,
    )
    assert call.judged == JUDGED
    assert call.outcome is Outcome.COMPLETED


def test_an_attempt_that_a_kill_cut_short_is_interrupted() -> None:
    assembler = Assembler("w")
    assembler.feed(Frame(int(Kind.ATTEMPT), CALL, 20, _begin(), 0), START)
    (call,) = assembler.interrupt()
    assert call.attempts[0].outcome is Outcome.INTERRUPTED
    assert call.attempts[0].ended_ns is None


def test_frames_whose_beginning_is_lost_still_make_an_attempt() -> None:
    call = _fed(
        (Kind.ATTEMPT_CHUNK, 5, b"rest"), (Kind.ATTEMPT_END, 6, b'{"outcome": "completed"}')
    )
    assert call.attempts[0].chunks[0].data == b"rest"
    assert call.attempts[0].outcome is Outcome.COMPLETED


@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.integers(0, 99),
            st.one_of(
                st.binary(max_size=60),
                st.sampled_from([b"[1]", b'{"number": "1"}\n', b'{"judged": []}', b"[" * 100_000]),
            ),
        ),
        max_size=8,
    )
)
def test_no_frame_however_odd_raises(frames: list[tuple[Kind, int, bytes]]) -> None:
    call = _fed(*frames)
    assert isinstance(call.judged, dict)
    for each in call.attempts:
        assert isinstance(each.judged, dict)
        assert isinstance(each.outcome, Outcome)
