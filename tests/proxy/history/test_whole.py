"""One call taken whole out of a real history."""

import pytest

from driftgate.proxy.errors import NotFoundError
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.whole import load
from driftgate.proxy.record import Chunk
from tests.support.recorded_calls import Recording, call_id, record


def test_a_call_comes_back_with_its_bytes_and_its_meaning(recording: Recording) -> None:
    made = record(0)
    with open_history(recording.path) as reader:
        call = load(reader, str(call_id(0)))
        with pytest.raises(NotFoundError):
            load(reader, str(call_id(9)))
    assert call.id == str(call_id(0))
    assert call.request == made.request_body
    assert call.response == made.chunks[0].data
    assert call.request_headers == made.request_headers
    assert [item.role for item in call.described.request.items] == ["system", "user"]
    assert call.described.answer.text == "Hi \x07there"
    assert call.target == "/v1/chat/completions"


def test_a_stream_is_cut_as_it_came(recording: Recording) -> None:
    chunks = [
        Chunk(1_000_000, b'data: {"choices":[{"delta":{"content":"Hel'),
        Chunk(2_000_000, b'lo"}}]}\n\ndata: [DONE]\n\n'),
    ]
    headers = [("Content-Type", "text/event-stream")]
    recording.add(record(5, chunks=chunks, response_headers=headers))
    with open_history(recording.path) as reader:
        call = load(reader, str(call_id(5)))
    assert call.described.answer.text == "Hello"
    assert call.described.answer.first_token_us == 2000


def frame(payload: bytes, mask: bytes = b"") -> bytes:
    """A short text frame (RFC 6455 section 5.2); clients mask theirs."""
    length = len(payload) | (0x80 if mask else 0)
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)) if mask else payload
    return bytes([0x81, length]) + mask + masked


def test_a_websockets_frames_are_cut_apart_again(recording: Recording) -> None:
    asked = frame(b'{"type":"response.create","model":"gemma4","input":"hi"}', b"abcd")
    first = frame(b'{"type":"response.created"}')
    last = frame(b'{"type":"response.completed","response":{"id":"r1","output":[]}}')
    frames = [(1000, True, asked), (2000, False, first), (3000, False, last)]
    plain = {"request_body": b"", "chunks": [], "method": "GET", "target": "/v1/responses"}
    recording.add(record(6, status=101, frames=frames, **plain))
    with open_history(recording.path) as reader:
        call = load(reader, str(call_id(6)))
    assert (call.request, call.response) == (asked, first + last)
    assert call.described.request.parameters.model == "gemma4"
    assert call.described.answer.response_id == "r1"
