"""The app server's lines."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.agent.codex import rpc


@given(st.lists(st.binary(max_size=20)), st.lists(st.integers(0, 60)))
def test_lines_come_whole_however_they_are_cut(texts: list[bytes], cuts: list[int]) -> None:
    texts = [text.replace(b"\n", b" ") for text in texts]
    data = b"".join(text + b"\n" for text in texts)
    places = sorted({0, *(min(cut, len(data)) for cut in cuts), len(data)})
    lines = rpc.Lines()
    found = [line for start, end in pairwise(places) for line in lines.feed(data[start:end])]
    assert found == [text for text in texts if text.strip()]


def test_a_line_without_its_end_is_no_line_yet() -> None:
    lines = rpc.Lines()
    assert lines.feed(b'{"a"') == []
    assert lines.feed(b":1}\n") == [b'{"a":1}']


@pytest.mark.parametrize("pieces", [[b"x" * 6], [b"xxx", b"xxx"], [b"xxx", b"xxx\n"]])
def test_a_line_without_end_is_not_kept(pieces: list[bytes]) -> None:
    *first, last = pieces
    lines = rpc.Lines(limit=5)
    assert [line for piece in first for line in lines.feed(piece)] == []
    with pytest.raises(rpc.LineTooLongError):
        lines.feed(last)


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (b'{"id":3,"result":{"a":1}}', rpc.Reply(3, {"a": 1})),
        (b'{"id":3,"result":null}', rpc.Reply(3, {})),
        (b"garbage", None),
        (b"[1]", None),
        (b"{}", None),
        (b'{"id":"x","result":{}}', None),
        (b'{"id":true,"result":{}}', None),
        (b"[" * 100_000, None),
        (b"\xff\xfe", None),
    ],
)
def test_a_line_is_an_answer_or_nothing(line: bytes, meaning: rpc.Reply | None) -> None:
    assert rpc.read(line) == meaning


def test_a_refusal_keeps_its_words() -> None:
    reply = rpc.read(b'{"id":1,"error":{"code":-32600,"message":"no"}}')
    assert isinstance(reply, rpc.Reply)
    assert reply.error is not None
    assert (reply.error.code, reply.error.message) == (-32600, "no")


@pytest.mark.parametrize("error", [b"null", b'"no"', b'{"code":"x"}', b"[]"])
def test_a_refusal_of_another_shape_is_one_too(error: bytes) -> None:
    reply = rpc.read(b'{"id":1,"error":' + error + b"}")
    assert isinstance(reply, rpc.Reply)
    assert reply.error is not None


@pytest.mark.parametrize(
    ("params", "thread"),
    [
        ({"threadId": "t"}, "t"),
        ({"thread": {"id": "t"}}, "t"),
        ({"thread": "t"}, None),
        ({"threadId": 3}, None),
        ([], None),
        (None, None),
    ],
)
def test_what_is_told_is_about_a_thread_or_none(params: Any, thread: str | None) -> None:
    told = rpc.read(json.dumps({"method": "m", "params": params, "id": 0}).encode())
    assert isinstance(told, rpc.Told)
    assert (told.method, told.thread, told.request) == ("m", thread, 0)
    assert isinstance(told.message["params"], dict)


def test_what_is_sent_is_one_line_whatever_stands_in_it() -> None:
    for line in (
        rpc.request(1, "m", {"text": "a\nb\ud800\u2028"}),
        rpc.result(0, {"decision": "accept"}),
        rpc.refusal("x", "a\nb"),
        rpc.notification("initialized"),
    ):
        assert line.count(b"\n") == 1
        assert line.endswith(b"\n")
        assert isinstance(json.loads(line.decode("ascii")), dict)
