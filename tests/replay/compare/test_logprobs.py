"""Log probabilities on the common prefix of tokens."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.compare.logprobs import drift, logprobs
from tests.replay.compare.answers import features

Given = list[tuple[str, float]]
given_logprobs = st.lists(st.tuples(st.sampled_from("ab"), st.floats(allow_nan=False)), max_size=6)


def test_only_tokens_drawn_in_the_same_context_count() -> None:
    one = features(logprobs=(("a", -0.1), ("b", -0.2), ("c", -9.0), ("d", -1.0)))
    other = features(logprobs=(("a", -0.3), ("b", -0.2), ("x", -0.1)))
    found = drift(one, other)
    assert found is not None
    assert (found.mean, found.p99, found.tokens) == pytest.approx((0.1, 0.2, 2))
    aspect = logprobs(one, other)
    assert aspect is not None
    assert aspect.distance == pytest.approx(1 - math.exp(-0.1))
    assert aspect.reason == (
        "log probabilities 0.1 nats apart on average, p99 0.2, over the first 2 tokens"
    )


def test_the_99th_percentile_is_a_difference_that_was_seen() -> None:
    one = features(logprobs=tuple(("t", 0.0) for _ in range(200)))
    other = features(logprobs=tuple(("t", -float(n)) for n in range(200)))
    found = drift(one, other)
    assert found is not None
    assert (found.p99, found.tokens) == (100.0, 200)  # clipped at the floor
    shallow = features(logprobs=tuple(("t", -n / 100) for n in range(200)))
    found = drift(one, shallow)
    assert found is not None
    assert found.p99 == 1.97


def test_nothing_is_measured_without_a_common_token() -> None:
    one = features(logprobs=(("a", -0.1),))
    assert logprobs(one, features()) is None
    assert logprobs(one, features(logprobs=(("b", -0.1),))) is None
    found = logprobs(one, one)
    assert found is not None
    assert (found.distance, found.reason) == (0, "")


@given(given_logprobs, given_logprobs)
def test_the_aspect_is_symmetric_and_within_bounds(first: Given, second: Given) -> None:
    one, other = features(logprobs=tuple(first)), features(logprobs=tuple(second))
    found, back = logprobs(one, other), logprobs(other, one)
    assert (found is None) == (back is None)
    if found is not None and back is not None:
        assert 0 <= found.distance == back.distance <= 1
