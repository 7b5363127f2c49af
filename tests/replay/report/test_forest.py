"""Effects with intervals and margins."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from driftgate.replay.decide.decision import Finding
from driftgate.replay.report.forest import NARROW, forests
from driftgate.replay.report.rows import row
from tests.replay.report.made import INFORMS, LATENCY, MOVED, finding


def drawn(*findings: Finding) -> list[ET.Element]:
    return [
        ET.fromstring(each) for each in forests([row(f) for f in findings], "m", "95 % interval")
    ]


def classes(root: ET.Element) -> list[str]:
    return [each.get("class", "") for each in root.iter()]


def test_metrics_of_one_unit_and_direction_share_a_scale() -> None:
    shares, ratios = drawn(finding(), LATENCY, finding("served"), INFORMS)
    assert "contract pass: -5.6 points, 95 % interval -8.3 to -2.9 points" in (shares[1].text or "")
    assert classes(shares).count("point drift") == 2
    assert classes(ratios).count("point worse") == 1


def test_the_margin_lies_on_the_worse_side_of_zero() -> None:
    for found, left in ((finding(), True), (LATENCY, False)):
        (root,) = drawn(found)
        zero = next(float(e.get("x1", "")) for e in root.iter() if e.get("class") == "zero")
        margin = next(float(e.get("x1", "")) for e in root.iter() if e.get("class") == "margin")
        assert (margin < zero) is left
        words = [each.text for each in root.iter("text")]
        assert ("\u2190 worse" in words) is left


def test_what_does_not_gate_has_no_margin_and_what_has_no_effect_no_row() -> None:
    (root,) = drawn(INFORMS)
    assert "margin" not in classes(root)
    assert drawn(replace(finding(), effect=None)) == []
    assert drawn(replace(finding(), effect=float("nan"))) == []


def test_an_effect_without_interval_is_a_point() -> None:
    (root,) = drawn(finding(low=None, high=None))
    assert "point drift" in classes(root)
    assert "whisker drift" not in classes(root)


def test_infinite_ends_reach_the_edge() -> None:
    (root,) = drawn(finding(low=float("-inf"), high=float("inf")))
    whisker = next(each for each in root.iter() if each.get("class") == "whisker drift")
    assert (whisker.get("x1"), whisker.get("x2")) == ("250", "640")


def test_a_slice_is_named_before_its_metric() -> None:
    (root,) = drawn(MOVED)
    assert "contract=summarize: contract pass" in [each.text for each in root.iter("text")]


def test_what_only_rounding_left_makes_no_scale() -> None:
    (root,) = drawn(finding(effect=3e-17, low=-2e-17, high=8e-17, margin=None))
    assert not [each.text for each in root.iter("text") if "e-" in (each.text or "")]


def test_for_a_phone_the_texts_stand_above_their_plots_and_all_fits() -> None:
    found = [row(each) for each in (finding(), MOVED)]
    (text,) = forests(found, "m", "95 % interval", NARROW)
    root = ET.fromstring(text)
    assert float(root.get("viewBox", "").split()[2]) == NARROW.width < 360
    names = [each for each in root.iter("text") if (each.text or "").endswith("contract pass")]
    points = [each for each in root.iter("path") if (each.get("class") or "").startswith("point")]
    assert len(names) == len(points) == 2
    for name, point, below in zip(names, points, [*names[1:], None], strict=True):
        y = float((point.get("d") or "").split()[1].partition("L")[0])
        assert float(name.get("y", "")) < y - NARROW.band / 2
        assert below is None or y + NARROW.band / 2 < float(below.get("y", ""))
