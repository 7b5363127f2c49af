"""Embeddings: what is taken, and what comes of it."""

import base64
import struct
from typing import Any

import pytest

from driftgate.sim.ask import SimError
from driftgate.sim.embeddings import DIMENSIONS, openai, texts, vector
from driftgate.sim.versions import VERSIONS

V1 = VERSIONS["gemma4-sim:v1"]


def test_base64_holds_the_same_vector_as_little_endian_floats() -> None:
    packed = openai({"input": "a", "encoding_format": "base64"}, V1)["data"][0]["embedding"]
    values = struct.unpack(f"<{DIMENSIONS}f", base64.b64decode(packed))
    assert values == pytest.approx(vector("a", V1), abs=1e-6)


def test_fewer_dimensions_can_be_asked_for() -> None:
    assert len(openai({"input": "a", "dimensions": 8}, V1)["data"][0]["embedding"]) == 8


@pytest.mark.parametrize(
    ("given", "expected"),
    [("a", ["a"]), (["a", "b"], ["a", "b"]), ([1, 2], ["1 2"]), ([[1], [2, 3]], ["1", "2 3"])],
)
def test_texts_and_tokens_are_taken(given: Any, expected: list[str]) -> None:
    assert texts(given) == expected


@pytest.mark.parametrize("given", [None, [], {}, [None], ["a"] * 2049])
def test_what_is_no_text_is_refused(given: Any) -> None:
    with pytest.raises(SimError):
        texts(given)
