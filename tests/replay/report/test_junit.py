"""A report as JUnit XML."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given, settings

from driftgate.replay.decide.decision import GateVerdict, Status
from driftgate.replay.report.report import Format, Inconclusive, Report, render
from tests.replay.report.made import HOSTILE, LATENCY, finding, health, hostile, poisoned, report

UNSURE = replace(LATENCY, status=Status.INCONCLUSIVE)


def read(made: Report, inconclusive: Inconclusive = Inconclusive.FAILURE) -> ET.Element:
    return ET.fromstring(render(made, Format.JUNIT, inconclusive=inconclusive))


def counts(root: ET.Element) -> list[int]:
    return [int(root.get(name, "")) for name in ("tests", "failures", "errors", "skipped")]


def test_each_finding_that_gates_is_a_test_case_and_drift_is_a_failure_with_its_reason() -> None:
    root = read(report())
    cases = root.findall("testsuite/testcase")
    assert [(each.get("classname"), each.get("name")) for each in cases] == [
        ("driftgate.gate", "measurement"),
        ("driftgate.all cases", "contract pass"),
        ("driftgate.all cases", "latency p95"),
    ]
    assert counts(root) == [3, 1, 0, 0]
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message", "").startswith("contract pass rate 91.7 %")
    assert "effect: -5.6 points" in (failure.text or "")


def test_what_could_not_be_checked_is_an_error() -> None:
    made = report(
        verdict=GateVerdict.COULD_NOT_CHECK,
        findings=[],
        slices=[],
        health=health(problems=["down"]),
    )
    root = read(made)
    assert counts(root) == [1, 0, 1, 0]
    error = root.find("testsuite/testcase/error")
    assert error is not None
    assert error.get("message") == "down"


def test_what_is_inconclusive_fails_or_is_skipped_as_asked() -> None:
    made = report(verdict=GateVerdict.INCONCLUSIVE, findings=[UNSURE])
    assert counts(read(made)) == [2, 1, 0, 0]
    assert counts(read(made, Inconclusive.SKIPPED)) == [2, 0, 0, 1]


def test_what_need_not_be_shown_is_only_skipped() -> None:
    alarms = {"alarms": {"latency_p95": 0.1}}
    unsure = finding("served", status=Status.INCONCLUSIVE)
    made = report(verdict=GateVerdict.INCONCLUSIVE, findings=[UNSURE, unsure], policy=alarms)
    assert counts(read(made)) == [3, 1, 0, 1]


def test_a_gate_that_passes_is_green_and_a_drift_is_red_whatever_its_findings_say() -> None:
    passed = report(verdict=GateVerdict.PASS, slices=[finding(slice="a=b")], findings=[LATENCY])
    assert counts(read(passed)) == [3, 0, 0, 1]
    odd = report(verdict=GateVerdict.DRIFT, findings=[LATENCY], slices=[])
    root = read(odd)
    assert counts(root) == [3, 1, 0, 0]
    assert root.findall("testsuite/testcase")[-1].get("name") == "verdict"


def test_where_it_comes_from_are_its_properties() -> None:
    found = {each.get("name"): each.get("value") for each in read(report()).iter("property")}
    assert found["seed"] == "7"
    assert found["candidate"] == "gemma4-v2 at http://127.0.0.1:8081"


@given(hostile)
@settings(max_examples=30)
def test_it_is_well_formed_whatever_models_wrote(text: str) -> None:
    root = read(poisoned(text))
    known = {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "error"}
    assert {each.tag for each in root.iter()} <= known | {"skipped", "system-out"}
    assert counts(root)[0] == len(root.findall("testsuite/testcase"))


def test_every_text_of_strangers_that_is_known_to_bite_is_only_text() -> None:
    for text in HOSTILE:
        names = [each.get("name") for each in read(poisoned(text)).iter("testcase")]
        assert len(names) == 5
