"""A report as JUnit XML: a test case for each finding that gates, and one for the measurement.

The dialect is what CI servers read alike: testsuites, testsuite, testcase, failure, error, skipped.
"""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from driftgate.replay.decide.decision import GateVerdict, Status
from driftgate.replay.report.rows import Row, gates
from driftgate.replay.report.view import View

_COUNTED = ("failure", "error", "skipped")
_PLURAL = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def junit(view: View, *, started_at: str, inconclusive: str = "failure") -> str:
    """The document. started_at: ISO 8601. inconclusive: failure or skipped."""
    suite = Element("testsuite", name="driftgate gate", timestamp=started_at)
    facts = SubElement(suite, "properties")
    for label, text in {**dict(view.reproduce), **dict(view.head)}.items():
        SubElement(facts, "property", name=label, value=text)
    _measured(suite, view)
    for row in (*view.rows, *view.slices, *view.others):
        if gates(row.finding):
            need = not row.finding.slice and row.finding.metric not in view.alarms
            _finding(
                suite, row, _kind(view, row, inconclusive if need else "skipped"), view.interval
            )
    _agree(suite, view, inconclusive)
    told = SubElement(suite, "system-out")
    told.text = "\n".join([f"{view.word}: {view.sentence}", *view.notes, "", view.limits])
    return _whole(suite)


def _measured(suite: Element, view: View) -> None:
    case = SubElement(suite, "testcase", classname="driftgate.gate", name="measurement")
    if view.verdict == GateVerdict.COULD_NOT_CHECK:
        why = "; ".join(view.problems) or view.sentence
        SubElement(case, "error", message=why, type="could not check").text = _lines(view.health)


def _kind(view: View, row: Row, inconclusive: str) -> str | None:
    """What becomes of a finding. Where the gate passes nothing fails, for a file is its verdict."""
    kinds = {Status.DRIFT: "failure", Status.INCONCLUSIVE: inconclusive}
    kind = kinds.get(row.finding.status)
    return "skipped" if kind and view.verdict == GateVerdict.PASS else kind


def _finding(suite: Element, row: Row, kind: str | None, interval: str) -> None:
    case = SubElement(suite, "testcase", classname=f"driftgate.{row.slice}", name=row.metric)
    if kind is None:
        return
    found = SubElement(case, kind, message=row.reason or row.word, type=row.status)
    figures = (
        *(("baseline", row.baseline), ("candidate", row.candidate), ("effect", row.effect)),
        *((interval, row.interval), ("margin", row.margin), ("cases", row.n)),
    )
    found.text = _lines(figures)


def _agree(suite: Element, view: View, inconclusive: str) -> None:
    """A verdict that no finding carries gets a test case of its own, so that no file is green by accident."""
    wanted = {GateVerdict.DRIFT.value: "failure", GateVerdict.INCONCLUSIVE.value: inconclusive}
    kind = wanted.get(view.verdict)
    if kind is not None and suite.find(f"testcase/{kind}") is None:
        case = SubElement(suite, "testcase", classname="driftgate.gate", name="verdict")
        SubElement(case, kind, message=view.sentence, type=view.verdict)


def _lines(facts: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"{label}: {text}" for label, text in facts)


def _whole(suite: Element) -> str:
    counts = {"tests": str(len(suite.findall("testcase")))}
    for kind in _COUNTED:
        counts[_PLURAL[kind]] = str(len(suite.findall(f"testcase/{kind}")))
    root = Element("testsuites", {"name": "driftgate", **counts})
    suite.attrib.update(counts)
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'
