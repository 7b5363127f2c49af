"""Which calls are sent to a candidate as well, and as what."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.shadow_choice import (
    Choice,
    Copied,
    names_session,
    prepared,
    session_in_header,
    session_of,
)

LIMIT = 1 << 20


def copied(body: Any, *pairs: tuple[bytes, bytes], dialect: str = "chat") -> Copied:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Copied(dialect, "/v1/chat/completions", pairs, data)


@given(st.binary(), st.integers(0, (1 << 63) - 1))
def test_all_are_chosen_or_none(session: bytes, seed: int) -> None:
    assert Choice(1.0, seed).takes(session)
    assert not Choice(0.0, seed).takes(session)


def test_the_share_of_sessions_is_chosen() -> None:
    sessions = [b"session %d" % number for number in range(4000)]
    for share in (0.01, 0.25, 0.9):
        taken = sum(map(Choice(share).takes, sessions)) / len(sessions)
        assert taken == pytest.approx(share, abs=0.03)


@given(st.binary(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_the_smaller_one(session: bytes, one: float, two: float) -> None:
    if Choice(min(one, two)).takes(session):
        assert Choice(max(one, two)).takes(session)


def test_another_seed_chooses_other_sessions_and_the_same_one_the_same() -> None:
    sessions = [b"%d" % number for number in range(64)]
    one, two, other = (
        [Choice(0.5, seed).takes(each) for each in sessions] for seed in (1, 1, (1 << 63) - 1)
    )
    assert one == two != other


def test_a_session_in_the_header_is_certain_where_the_body_cannot_name_another() -> None:
    assert session_in_header([(b"X-Driftgate-Session", b"s")]) == ("s", False)
    assert session_in_header([(b"thread-id", b"t"), (b"session-id", b"s")]) == ("t", False)
    assert session_in_header([(b"session-id", b"s")]) == ("s", True)
    assert session_in_header([]) == (None, True)


def test_the_body_s_session_is_the_history_s() -> None:
    pairs = [(b"session-id", b"s")]
    body = b'{"client_metadata":{"thread_id":"t"},"metadata":{"session_id":"u"}}'
    assert names_session(pairs, body)
    assert session_of(pairs, body, LIMIT) == "t"
    assert session_of([], b'{"metadata":{"session_id":"u"}}', LIMIT) == "u"
    assert session_of([], b"no json", LIMIT) is None
    assert not names_session(pairs, b'{"model":"m"}')
    packed = gzip.compress(body)
    coded = [(b"Content-Encoding", b"gzip")]
    assert names_session(coded, packed)
    assert session_of(coded, packed, LIMIT) == "t"


def test_a_request_goes_on_as_the_client_wrote_it() -> None:
    asked = copied(b'{ "model" : "m", "messages":[] }')
    assert prepared(asked, None, LIMIT) is asked
    text = copied({"input": "what is a conversation?"}, dialect="responses")
    assert prepared(text, None, LIMIT) is text


def test_another_model_is_asked_for_in_the_dialect_s_own_words() -> None:
    made = prepared(copied({"model": "m", "messages": [1]}, (b"a", b"b")), "new", LIMIT)
    assert made is not None
    assert (json.loads(made.body), made.pairs) == (
        {"messages": [1], "model": "new"},
        [(b"a", b"b")],
    )
    made = prepared(copied({"name": "m"}, dialect="ollama_chat"), "new", LIMIT)
    assert made is not None
    assert json.loads(made.body) == {"model": "new"}


def test_a_coded_body_is_kept_coded_or_sent_plain_with_another_model() -> None:
    asked = copied(gzip.compress(b'{"model":"m"}'), (b"Content-Encoding", b"gzip"), (b"a", b"b"))
    assert prepared(asked, None, LIMIT) is asked
    made = prepared(asked, "new", LIMIT)
    assert made is not None
    assert (made.body, made.pairs) == (b'{"model":"new"}', [(b"a", b"b")])


@pytest.mark.parametrize(
    ("asked", "model"),
    [
        (copied({"previous_response_id": "r"}, dialect="responses"), None),
        (copied({"conversation": {"id": "c"}}, dialect="responses"), None),
        (copied(b"no json"), "new"),
        (copied(b'["model"]'), "new"),
        (copied(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "new"),
        (copied(b"no gzip", (b"content-encoding", b"gzip")), None),
        (copied(gzip.compress(bytes(LIMIT + 1)), (b"content-encoding", b"gzip")), None),
    ],
)
def test_what_a_candidate_could_make_nothing_of_is_not_sent(
    asked: Copied, model: str | None
) -> None:
    assert prepared(asked, model, LIMIT) is None


def test_what_is_translated_must_be_an_object() -> None:
    asked = copied({"input": "x"}, dialect="responses")
    assert prepared(asked, None, LIMIT, adapted=True) is asked
    assert prepared(copied(b"[]"), None, LIMIT, adapted=True) is None
    assert prepared(copied(b"no json"), None, LIMIT, adapted=True) is None


def test_an_earlier_answer_that_is_none_is_no_reason_to_leave_it_out() -> None:
    asked = copied({"previous_response_id": None, "input": "x"}, dialect="responses")
    assert prepared(asked, None, LIMIT) is asked
