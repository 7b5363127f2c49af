"""Runs read back out of the history."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from driftgate.proxy.call import new_id, text_id
from driftgate.proxy.errors import HistoryError, NotFoundError
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.record import Outcome
from driftgate.replay import results
from driftgate.replay.arm import Arm
from driftgate.replay.decide.decision import Decision, GateVerdict, Health, of_json
from driftgate.replay.run.kept import SCHEMA, Run
from driftgate.replay.run.order import Job
from driftgate.replay.run.rows import decided_rows, run_row
from driftgate.replay.select.keep import selection_id, selection_rows
from driftgate.replay.select.selected import Selected, Selection
from tests.replay.run.made import JSON, Made, answered, asked

AT = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
HEALTH = Health(1, 2, {"baseline": 2}, 1.0, {}, None, 0.9, [], [])
DECISION = Decision(GateVerdict.DRIFT, "Drift: worse.", HEALTH)


class History(Made):
    """A history with runs in it."""

    def rows(self, *tables: tuple[str, list[dict[str, Any]]]) -> None:
        for table, rows in tables:
            self.journal.rows(table, rows)

    def a_run(self, ids: list[str], *, number: int = 1, **more: Any) -> Run:
        """A run with the calls as its selection, kept."""
        calls = [Selected(call_id, "s", {"dialect": ("chat",)}, prompt="?") for call_id in ids]
        selection = Selection(calls, "by hand")
        heads, rows = selection_rows(selection, AT)
        found = Run(
            text_id(new_id(number << 40)),
            AT.replace(minute=number),
            selection_id=selection_id(selection),
            cases=len(ids),
            candidate={"model": "m2"},
            **more,
        )
        self.rows(("selections", heads), ("selection_calls", rows), ("runs", [run_row(found)]))
        return found

    def replay(self, run: Run, of: str, arm: str, answer: bytes, **more: Any) -> str:
        return self.call(asked(0), answer, run_id=run.run_id, arm=arm, of=of, **more)

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        self.drain()
        with open_history(self.path, drain=False) as reader:
            yield reader


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_a_run_comes_back_as_it_was_kept(history: History) -> None:
    kept = history.a_run([history.call(asked(1))], policy={"alpha": 0.05}, k=3, seed=4, name="set")
    with history.reader() as reader:
        assert results.run(reader, kept.run_id) == kept
        assert results.run(reader, kept.run_id[:20].upper()) == kept
        assert results.runs(reader) == [(kept, None, None)]
        assert results.decision(reader, kept.run_id) is None


def test_the_newest_run_comes_first_and_is_the_last_one(history: History) -> None:
    call_id = history.call(asked(1))
    older, newer = (history.a_run([call_id], number=number) for number in (1, 2))
    for sentence, minute in (("Drift: worse.", 2), ("Drift: much worse.", 3)):
        decision = replace(DECISION, sentence=sentence)
        history.rows(*decided_rows(older.run_id, decision, AT.replace(minute=minute)))
    with history.reader() as reader:
        assert results.run(reader, "last") == newer
        assert [told[1:] for told in results.runs(reader)] == [
            (None, None),
            ("drift", "Drift: much worse."),
        ]
        assert [told[0] for told in results.runs(reader, 1)] == [newer]
        found = results.decision(reader, older.run_id)
        assert found is not None
        assert found.sentence == "Drift: much worse."
        assert found == of_text(replace(DECISION, sentence="Drift: much worse."))


def of_text(decision: Decision) -> Decision:
    """As JSON gives it back."""
    return of_json(json.loads(json.dumps(decision.as_json())))


def test_a_run_that_is_not_there_is_said_with_the_nearest(history: History) -> None:
    with history.reader() as reader, pytest.raises(NotFoundError, match="no run in this history"):
        results.run(reader, "last")
    call_id = history.call(asked(1))
    runs = [history.a_run([call_id], number=number) for number in (1, 2)]
    wrong = runs[0].run_id[:-1] + "x"
    with history.reader() as reader:
        with pytest.raises(NotFoundError, match=f"did you mean {runs[0].run_id}"):
            results.run(reader, wrong)
        with pytest.raises(NotFoundError, match="2 runs begin with '0000'"):
            results.run(reader, "0000")
        with pytest.raises(NotFoundError, match=f"the last one is {runs[1].run_id}"):
            results.run(reader, "zz")
        with pytest.raises(NotFoundError):
            results.run(reader, "")


def test_a_run_of_another_schema_is_one_line_and_still_listed(history: History) -> None:
    kept = history.a_run([history.call(asked(1))], schema=SCHEMA + 1, version="9.9")
    history.rows(*decided_rows(kept.run_id, DECISION, AT))
    with history.reader() as reader:
        with pytest.raises(HistoryError, match=r"driftgate 9\.9 in schema 2, and this one reads 1"):
            results.run(reader, "last")
        assert len(results.runs(reader)) == 1


@pytest.mark.parametrize("text", ['{"schema": 99}', "no json", "[]", '{"schema": 1}'])
def test_a_decision_that_cannot_be_read_is_one_line(history: History, text: str) -> None:
    kept = history.a_run([history.call(asked(1))])
    row = {"run_id": kept.run_id, "finished_at": AT.isoformat(), "decision": text}
    history.rows(("run_results", [row]))
    with history.reader() as reader, pytest.raises(HistoryError, match="cannot be read"):
        results.decision(reader, kept.run_id)


def test_cases_have_the_answers_of_all_arms_in_order(history: History) -> None:
    one = history.call(asked(1), answered("then"))
    other = history.call(asked(2), answered("", tool={"name": "look", "arguments": '{"at":1}'}))
    kept = history.a_run([other, one])
    for repetition in (2, 1):
        history.replay(kept, one, "baseline", answered(f"b{repetition}"), repetition=repetition)
    history.replay(kept, one, "candidate", answered(""))
    with history.reader() as reader:
        first, second = results.cases(reader, kept)
    assert (first.call_id, second.call_id) == (other, one)
    assert (second.session, second.slices) == ("s", {"dialect": ("chat",)})
    assert second.prompt == "question 1"
    assert [(a.repetition, a.text) for a in second.of(Arm.BASELINE)] == [(1, "b1"), (2, "b2")]
    record, candidate = second.of(Arm.RECORD)[0], second.of(Arm.CANDIDATE)[0]
    assert (record.call_id, record.text, record.verdict) == (one, "then", "pass")
    assert (candidate.served, candidate.verdict) == (True, "fail")
    assert candidate.violations == ("empty_answer",)
    assert (candidate.input_tokens, candidate.output_tokens) == (7, 3)
    assert candidate.total_ms is not None
    call = first.of(Arm.RECORD)[0].tool_calls[0]
    assert (call.name, call.arguments) == ("look", '{"at":1}')
    assert first.of(Arm.CANDIDATE) == ()


def test_of_several_tries_the_last_served_one_counts(history: History) -> None:
    call_id = history.call(asked(1))
    kept = history.a_run([call_id])
    history.replay(kept, call_id, "candidate", b"", status=503)
    history.replay(kept, call_id, "candidate", answered("first"))
    history.replay(kept, call_id, "candidate", answered("second"))
    history.replay(kept, call_id, "candidate", b"", status=429)
    history.replay(kept, call_id, "baseline", b"", status=503)
    history.replay(kept, call_id, "baseline", b'{"error":{"message":"a\\nb"}}', status=400)
    with history.reader() as reader:
        case = results.cases(reader, kept)[0]
    assert [answer.text for answer in case.of(Arm.CANDIDATE)] == ["second"]
    assert [answer.failure for answer in case.of(Arm.BASELINE)] == ["status 400: a\\nb"]
    assert not case.of(Arm.BASELINE)[0].served


def test_only_the_calls_that_are_wanted_are_read(history: History) -> None:
    ids = [history.call(asked(number)) for number in range(3)]
    kept, other = history.a_run(ids), history.a_run(ids, number=2)
    history.replay(other, ids[1], "candidate", answered("of another run"))
    with history.reader() as reader:
        found = results.cases(reader, kept, call_ids=[ids[1]])
    assert [case.call_id for case in found] == [ids[1]]
    assert found[0].of(Arm.CANDIDATE) == ()


def test_logprobs_are_read_where_they_are_wanted(history: History) -> None:
    call_id = history.call(asked(1))
    kept = history.a_run([call_id])
    told = {"content": [{"token": "ho", "logprob": -0.25, "top_logprobs": []}]}
    history.replay(kept, call_id, "candidate", answered("ho", logprobs=told))
    history.drain()
    without = results.all_cases(history.path, kept)[0]
    case = results.all_cases(history.path, kept, with_logprobs={call_id})[0]
    assert without.of(Arm.CANDIDATE)[0].logprobs == ()
    assert case.of(Arm.CANDIDATE)[0].logprobs == (("ho", -0.25),)
    assert case.of(Arm.RECORD) == without.of(Arm.RECORD)


def test_the_history_is_opened_for_many_bodies_at_a_time(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "BODIES_AT_ONCE", 6)
    ids = [history.call(asked(number)) for number in range(5)]
    kept = history.a_run(ids, k=1)
    for number, call_id in enumerate(ids):
        told = {"content": [{"token": f"t{number}", "logprob": -0.5}]}
        history.replay(kept, call_id, "baseline", answered("ho", logprobs=told))
        history.replay(kept, call_id, "candidate", answered("ho", logprobs=told))
    history.drain()
    opened = []

    def counting(*args: Any, **more: Any) -> Any:
        opened.append(args)
        return open_history(*args, **more)

    monkeypatch.setattr(results, "open_history", counting)
    found = results.all_cases(history.path, kept, with_logprobs=set(ids[:4]))
    read = [case.of(arm)[0].logprobs for case in found for arm in (Arm.BASELINE, Arm.CANDIDATE)]
    assert read == [((f"t{number}", -0.5),) for number in (0, 0, 1, 1, 2, 2, 3, 3)] + [(), ()]
    assert len(opened) == 1 + 1 + 2  # the selection, the cases, four of them three at a time


def test_all_cases_are_read_in_parts(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "AT_ONCE", 2)
    ids = [history.call(asked(number)) for number in range(5)]
    kept = history.a_run(ids)
    history.drain()
    assert [case.call_id for case in results.all_cases(history.path, kept)] == ids


def test_an_agents_own_model_calls_are_no_answers_of_a_run(history: History) -> None:
    call_id = history.call(asked(1))
    kept = history.a_run([call_id])
    outer = history.replay(kept, call_id, "candidate", answered(""), status=503)
    part_of = [*JSON, (b"x-driftgate-parent-call-id", outer.encode())]
    history.replay(kept, call_id, "candidate", answered("of the model"), pairs=part_of)
    with history.reader() as reader:
        assert results.done(reader, kept.run_id) == set()
        assert [each.call_id for each in results.cases(reader, kept)[0].of(Arm.CANDIDATE)] == [
            outer
        ]


def test_what_is_settled_is_not_asked_again_and_what_may_pass_is(history: History) -> None:
    ids = [history.call(asked(number)) for number in range(5)]
    kept = history.a_run(ids)
    history.replay(kept, ids[0], "candidate", answered("ho"), repetition=2)
    history.replay(kept, ids[1], "candidate", b"", status=404)
    history.replay(kept, ids[2], "candidate", b"", status=503)
    history.replay(kept, ids[3], "candidate", b"", status=None, outcome=Outcome.UPSTREAM_REFUSED)
    history.replay(kept, ids[4], "candidate", b"", status=None, outcome=Outcome.CLIENT_INVALID)
    history.replay(kept, ids[4], "shadow", answered("not of a gate"))
    with history.reader() as reader:
        assert results.done(reader, kept.run_id) == {
            Job(ids[0], Arm.CANDIDATE, 2),
            Job(ids[1], Arm.CANDIDATE, 1),
            Job(ids[4], Arm.CANDIDATE, 1),
        }
