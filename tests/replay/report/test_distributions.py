"""How values lie in both arms."""

import math
from xml.etree import ElementTree as ET

import pytest

from driftgate.replay.report.distributions import plots, quantile

TIMES = [float(each) for each in range(100, 1100, 10)]
UNITS = {"latency_p95": "ratio", "text_agreement": "share"}


def test_a_latency_is_drawn_as_shares_of_answers_within_a_time() -> None:
    (plot,) = plots({"latency": {"baseline": TIMES, "candidate": [2 * t for t in TIMES]}}, UNITS)
    assert plot.latency
    assert plot.caption == (
        "baseline: median 590 ms, 95th percentile 1,040 ms; "
        "candidate: median 1,180 ms, 95th percentile 2,080 ms"
    )
    root = ET.fromstring(plot.svg)
    assert root[0].text == "latency: share of answers within a time"
    curves = {each.get("class"): each.get("d", "") for each in root.iter("path")}
    assert list(curves) == ["curve baseline", "curve candidate"]
    middle = [float(curve.split("L")[100].split()[1]) for curve in curves.values()]
    assert middle[0] < middle[1]  # higher up: more of the baseline's answers have come by then


def test_other_values_are_drawn_as_histograms_of_both_arms_on_one_scale() -> None:
    (plot,) = plots({"output_tokens": {"baseline": [1.0] * 9, "candidate": [1.0, 2.0, 3.0]}}, {})
    assert not plot.latency
    root = ET.fromstring(plot.svg)
    curve = next(each for each in root.iter("path") if each.get("class") == "curve candidate")
    assert curve.get("d", "").startswith("M46 204L46 ")
    assert curve.get("d", "").endswith("L402 204")


@pytest.mark.parametrize(
    "values",
    [[], [1.0, 2.0], [math.nan] * 9, [math.inf, 1.0, 2.0]],
    ids=["none", "two", "nan", "infinite"],
)
def test_too_few_values_are_not_drawn(values: list[float]) -> None:
    assert plots({"latency": {"baseline": TIMES, "candidate": values}}, UNITS) == []
    assert plots({"latency": {"baseline": TIMES}}, UNITS) == []


@pytest.mark.parametrize(
    "values", [[0.0] * 5, [1e-300, 1.0, 1e300], [-1e308, 0.0, 1e308], [7.0] * 3]
)
@pytest.mark.parametrize("name", ["latency", "text_agreement"])
def test_odd_values_are_drawn_too(name: str, values: list[float]) -> None:
    (plot,) = plots({name: {"baseline": values, "candidate": values}}, UNITS)
    drawn = ET.fromstring(plot.svg)
    assert "nan" not in "".join(each.get("d", "") for each in drawn.iter("path"))
    assert "inf" not in "".join(each.get("d", "") for each in drawn.iter("path"))


def test_a_quantile_is_a_value_that_occurred() -> None:
    assert [quantile([1, 2, 3, 4], share) for share in (0, 0.5, 0.95, 1)] == [1, 2, 4, 4]
