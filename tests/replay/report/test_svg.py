"""Drawing in SVG."""

import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.replay.report.svg import Axis, axis, image, label, line, path, rectangle
from tests.replay.report.made import hostile

numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(hostile)
def test_whatever_a_text_is_the_drawing_has_no_element_but_ours(text: str) -> None:
    parts = [label(text, 1, 2), line(0, 0, 1, 1, "grid"), rectangle(0, 0, -1, 1, "beyond")]
    parts.append(path([(0, 0), (1.234567, 2)], "curve"))
    drawn = image(parts, width=10, height=20, title=text, description=text, key="k")
    root = ET.fromstring(drawn)
    assert [each.tag for each in root.iter()] == [
        *("svg", "title", "desc", "text", "line", "rect", "path")
    ]
    assert root.get("aria-labelledby") == "k-title k-desc"
    assert root.get("role") == "img"
    assert root[4].get("width") == "0"
    assert root[5].get("d") == "M0 0L1.23 2"


@given(st.lists(numbers, max_size=8))
def test_a_scale_holds_every_value_and_has_a_few_round_ticks(values: list[float]) -> None:
    scale = axis(values, 100, 300)
    assert scale.low < scale.high
    assert all(100 <= scale.at(each) <= 300 for each in values if not math.isnan(each))
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 12
    assert all(100 <= scale.at(each) <= 300 for each in ticks)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (-0.083, 0.041, [-0.075, -0.05, -0.025, 0, 0.025])],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert Axis(low, high, 0, 1).ticks() == pytest.approx(ticks)
