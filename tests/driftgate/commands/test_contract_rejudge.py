"""Recorded calls judged again."""

from pathlib import Path

import pytest

from driftgate.commands.contract_rejudge import Outcome, Rejudged, applied_to_all, rejudge
from driftgate.contracts.contract import Contract
from driftgate.contracts.verdict import Judgement, Severity, Source, Verdict, Violation
from tests.driftgate.commands.recorded_answers import answer, gave_up, recorded, refused
from tests.support.recorded_calls import call_id

EVERY = ("true", ())


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def contract(**content: object) -> Contract:
    base = {"name": "cities", "version": "1", "applies": {"everything": True}}
    return Contract.of_content({**base, **content})


def violation(path: str, severity: Severity = Severity.ERROR) -> Violation:
    return Violation(Source.CONTRACT, "type", path, f"at {path}", severity)


def judged(number: int, before: str | None, *violations: Violation) -> Rejudged:
    return Rejudged(str(number), before, Judgement.of(violations))


def test_each_call_is_judged_by_the_contract_as_it_is_now(tmp_path: Path) -> None:
    history = recorded(tmp_path, ["Rome", '["Rome"]']).path
    found = rejudge(history, contract(output={"json": "whole"}), EVERY, None)
    assert [call.now.verdict for call in found.calls] == [Verdict.PASS, Verdict.FAIL]
    assert [call.recorded for call in found.calls] == ["pass", "pass"]
    assert [call.call_id for call in found.calls] == [str(call_id(1)), str(call_id(0))]


def test_calls_that_it_does_not_apply_to_are_only_looked_at(tmp_path: Path) -> None:
    recording = recorded(tmp_path, ["Rome"] * 3)
    recording.add(answer(9, "Rome", model="other"))
    chosen = contract(applies={"models": ["other"]})
    found = rejudge(recording.path, chosen, EVERY, None)
    assert (found.looked_at, len(found.calls)) == (4, 1)
    everything = rejudge(recording.path, applied_to_all(chosen), EVERY, None)
    assert (everything.looked_at, len(everything.calls)) == (4, 4)


def test_a_call_that_driftgate_ended_itself_is_judged_by_its_last_attempt(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [])
    recording.add(gave_up(1, "Rome", '["Rome"]'), gave_up(2, '["Rome"]', "Rome"), refused(3))
    found = rejudge(recording.path, contract(output={"json": "whole"}), EVERY, None)
    assert [call.change for call in found.calls] == [("fail", "fail"), ("fail", "pass")]
    assert (found.looked_at, found.left_out) == (3, 1)


def test_the_names_of_other_contracts_are_nothing_to_report(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [])
    recording.add(answer(1, "Rome", metadata={"contract": "another"}))
    found = rejudge(recording.path, contract(), EVERY, None)
    assert [call.now.violations for call in found.calls] == [()]


def test_the_condition_and_the_limit_choose_the_newest_calls(tmp_path: Path) -> None:
    history = recorded(tmp_path, ["Rome"] * 40).path
    assert rejudge(history, contract(), EVERY, 35).looked_at == 35
    assert rejudge(history, contract(), ("model = ?", ["absent"]), None).looked_at == 0


def test_changes_from_pass_to_fail_come_first() -> None:
    bad = violation("text")
    calls = [judged(1, "pass"), judged(2, "pass"), judged(3, "fail"), judged(4, "pass", bad)]
    outcome = Outcome(5, [*calls, judged(5, None, bad)])
    assert list(outcome.changes()) == [
        ("pass", "fail"), ("pass", "pass"), ("-", "fail"), ("fail", "pass"),
    ]  # fmt: skip
    assert outcome.count(Verdict.FAIL) == 2


def test_violations_are_counted_by_calls_whatever_the_number_of_the_item() -> None:
    outcome = Outcome(
        2,
        [
            judged(1, None, violation("text/0/name"), violation("text/7/name")),
            judged(2, None, violation("text/3/name"), violation("text/a1")),
            judged(3, None, violation("text/3/name", Severity.WARNING)),
        ],
    )
    counted = [(each.path, each.severity.value, count) for each, count in outcome.violations()]
    assert counted == [
        ("text/0/name", "error", 2), ("text/a1", "error", 1), ("text/3/name", "warning", 1),
    ]  # fmt: skip
