"""Recorded headers and bodies as they are read."""

import base64
import gzip
import json

import pytest
import zstandard

from driftgate.commands.bodies import as_text_or_base64, decoded, header, header_pairs


def test_content_codings_are_undone() -> None:
    assert decoded(gzip.compress(b"hello"), "gzip") == b"hello"
    assert decoded(zstandard.compress(b"hello"), "zstd") == b"hello"
    assert decoded(b"hello", None) == b"hello"


@pytest.mark.parametrize(("body", "coding"), [(b"not gzip", "gzip"), (b"x", "br")])
def test_what_cannot_be_decoded_stays_as_it_was(body: bytes, coding: str) -> None:
    assert decoded(body, coding) == body


def test_headers_come_back_in_wire_order_with_repetitions() -> None:
    pairs = [["A", "1"], ["b", "2"], ["a", "3"]]
    assert header_pairs(json.dumps(pairs)) == [("A", "1"), ("b", "2"), ("a", "3")]
    assert header(header_pairs(json.dumps(pairs)), "a") == "1"
    assert header([], "a") is None


@pytest.mark.parametrize("stored", [None, "", "{", "7", '["x"]', "[[1]]"])
def test_headers_that_are_none_give_none(stored: str | None) -> None:
    assert header_pairs(stored) == []


def test_text_stays_text_and_the_rest_is_base64() -> None:
    assert as_text_or_base64("é".encode()) == {"text": "é"}
    assert as_text_or_base64(b"\xff") == {"base64": base64.b64encode(b"\xff").decode()}
