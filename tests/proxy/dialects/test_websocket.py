"""Websocket bytes to messages."""

import os
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.dialects.websocket import Extensions, extensions_of, read_messages, unmasked

LIMIT = 1 << 20
DEFLATE = "permessage-deflate"
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


def frame(
    data: bytes, opcode: int = TEXT, *, final: bool = True, rsv1: bool = False, mask: bytes = b""
) -> bytes:
    head = bytes([opcode | (0x80 if final else 0) | (0x40 if rsv1 else 0)])
    flag = 0x80 if mask else 0
    if len(data) < 126:
        head += bytes([flag | len(data)])
    elif len(data) < 1 << 16:
        head += bytes([flag | 126]) + struct.pack(">H", len(data))
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", len(data))
    return head + mask + (unmasked(data, mask) if mask else data)


class Packer:
    """A sender with permessage-deflate."""

    def __init__(self, *, takeover: bool = True) -> None:
        self.takeover = takeover
        self.deflate = zlib.compressobj(wbits=-15)

    def __call__(self, data: bytes, **more: bool) -> bytes:
        if not self.takeover:
            self.deflate = zlib.compressobj(wbits=-15)
        packed = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        return frame(packed[:-4], rsv1=True, mask=b"\1\2\3\4", **more)


def data_of(stream: bytes, header: str | None = None, limit: int = LIMIT) -> list[bytes]:
    return [m.data for m in read_messages([(0, True, stream)], header, limit)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_masked_messages_of_every_length_form_are_read(size: int) -> None:
    data = os.urandom(size)
    assert data_of(frame(data, BINARY, mask=b"\x9a\x00\xff\x11")) == [data]


def test_both_directions_come_in_the_order_of_their_ends() -> None:
    asked, told = frame(b"ask", mask=b"abcd"), frame(b"tell")
    frames = [(1, True, asked[:3]), (2, False, told), (3, True, asked[3:])]
    found = [(m.offset_ns, m.from_client, m.data) for m in read_messages(frames, None, LIMIT)]
    assert found == [(2, False, b"tell"), (3, True, b"ask")]


def test_fragments_are_joined_around_control_frames() -> None:
    stream = frame(b"a", final=False) + frame(b"p", PING) + frame(b"b", 0) + frame(b"", CLOSE)
    found = [(m.kind, m.data) for m in read_messages([(0, False, stream)], None, LIMIT)]
    assert found == [("ping", b"p"), ("text", b"ab"), ("close", b"")]


def test_deflate_with_and_without_context_takeover_is_undone() -> None:
    for header, takeover in ((DEFLATE, True), (f"{DEFLATE}; client_no_context_takeover", False)):
        pack = Packer(takeover=takeover)
        texts = [b"the same words again and again" for _ in range(3)]
        assert data_of(b"".join(map(pack, texts)), header) == texts


def test_a_compressed_message_may_be_fragmented() -> None:
    deflate = zlib.compressobj(wbits=-15)
    packed = deflate.compress(b"x" * 99) + deflate.flush(zlib.Z_SYNC_FLUSH)
    stream = frame(packed[:3], final=False, rsv1=True) + frame(packed[3:-4], 0)
    assert data_of(stream, DEFLATE) == [b"x" * 99]


def test_without_the_extension_nothing_is_inflated() -> None:
    assert data_of(frame(b"raw", rsv1=True)) == [b"raw"]


def test_the_limit_ends_the_reading_of_a_direction() -> None:
    bomb = Packer()(bytes(10 << 20))
    assert data_of(frame(b"a") + bomb + frame(b"b"), DEFLATE, 1000) == [b"a"]
    assert data_of(frame(b"x" * 2000) + frame(b"b"), None, 1000) == []


def test_the_negotiated_header_is_read() -> None:
    assert extensions_of(None) == Extensions()
    assert extensions_of("foo, permessage-deflate; server_max_window_bits=9") == Extensions(True)
    both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    assert extensions_of(both) == Extensions(True, False, False)


@given(st.binary(max_size=400), st.sampled_from([None, DEFLATE]))
def test_arbitrary_bytes_never_raise(stream: bytes, header: str | None) -> None:
    assert sum(map(len, data_of(stream, header, 5000))) <= 5000 + len(stream)


@given(st.lists(st.binary(max_size=300), max_size=6), st.integers(1, 70), st.booleans())
def test_any_chunking_gives_the_same_messages(texts: list[bytes], size: int, packed: bool) -> None:
    pack = Packer()
    stream = b"".join(pack(text) if packed else frame(text, mask=b"mask") for text in texts)
    frames = [(n, True, stream[n : n + size]) for n in range(0, len(stream), size)]
    assert [m.data for m in read_messages(frames, DEFLATE, LIMIT)] == texts
