"""Recorded headers and bodies as they are read."""

import base64
import gzip

import pytest
import zstandard

from driftgate.proxy.history.readable import as_text_or_base64, decoded, header


def test_content_codings_are_undone() -> None:
    assert decoded(gzip.compress(b"hello"), "gzip") == b"hello"
    assert decoded(zstandard.compress(b"hello"), "zstd") == b"hello"
    assert decoded(b"hello", None) == b"hello"


@pytest.mark.parametrize(("body", "coding"), [(b"not gzip", "gzip"), (b"x", "br")])
def test_what_cannot_be_decoded_stays_as_it_was(body: bytes, coding: str) -> None:
    assert decoded(body, coding) == body


def test_the_first_header_of_a_name_counts() -> None:
    assert header([("A", "1"), ("b", "2"), ("a", "3")], "a") == "1"
    assert header([], "a") is None


def test_text_stays_text_and_the_rest_is_base64() -> None:
    assert as_text_or_base64("é".encode()) == {"text": "é"}
    assert as_text_or_base64(b"\xff") == {"base64": base64.b64encode(b"\xff").decode()}
