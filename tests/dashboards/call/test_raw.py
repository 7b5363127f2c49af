"""Bytes of a body as one looks at them."""

import pytest

from driftgate.dashboards.call.raw import LIMIT, raw
from driftgate.dashboards.call.texts import Budget


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b'{"a":1}', "JSON"),
        (b"[1]", "JSON"),
        (b'{"a":1}\n{"b":2}\n', "lines of JSON"),
        (b"data: {}\n\n", "event stream"),
        (b"event: x\ndata: {}\n\n", "event stream"),
        (b"hello", "text"),
        (b"\x00\x01\x02\xff" * 30, "binary"),
    ],
)
def test_a_body_is_named_for_what_it_is(body: bytes, kind: str) -> None:
    assert raw(body, body, None, Budget()).kind == kind


def test_json_is_indented() -> None:
    assert raw(b"", b'{"a":1}', None, Budget()).text.shown == '{\n  "a": 1\n}'


def test_bytes_are_dumped() -> None:
    shown = raw(b"", b"\x00A\xff" * 40, None, Budget()).text.shown
    assert shown.startswith("00000000  00 41 ff")
    assert shown.split("\n")[0].endswith(".A..A..A..A..A..")


def test_a_huge_body_is_cut_and_its_length_told() -> None:
    body = b"x" * 5_000_000
    made = raw(body, body, "gzip", Budget())
    assert (len(made.text.shown), made.text.length, made.coding) == (LIMIT, 5_000_000, "gzip")


def test_broken_utf_8_is_still_text() -> None:
    made = raw(b"", b"hello \xff world, and more of it", None, Budget())
    assert made.kind == "text"
