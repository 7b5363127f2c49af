"""Numbers without the noise of single floats."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.dashboards.call.single import plain


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (0.949999988079071, 0.95),
        (0.05000000074505806, 0.05),
        (0.10000000149011612, 0.1),
        (1.0, 1.0),
        (64, 64),
        (0.7, 0.7),
        (1e300, 1e300),
        ("0.949999988079071", "0.949999988079071"),
        (None, None),
        (True, True),
    ],
)
def test_noise_goes_and_all_else_stays(told: object, shown: object) -> None:
    assert plain(told) == shown


@given(st.floats(width=32, allow_nan=False))
def test_what_is_shown_is_the_same_single_float(value: float) -> None:
    assert struct.pack("f", plain(value)) == struct.pack("f", value)
