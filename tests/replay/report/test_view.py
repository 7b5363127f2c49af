"""What every format says."""

from driftgate.replay.decide.decision import GateVerdict
from driftgate.replay.report.view import view
from tests.replay.report.made import DIFFERS, decision, run


def test_a_report_has_its_verdict_figures_slices_pairs_and_origin() -> None:
    made = view(run(), decision(), DIFFERS)
    assert (made.word, made.verdict) == ("Drift", "drift")
    assert made.title == "gemma4-v2 at http://127.0.0.1:8081 against the baseline as recorded"
    assert [each.metric for each in made.rows] == ["contract pass", "latency p95", "output tokens"]
    assert [each.slice for each in made.slices] == ["contract=summarize"]
    assert [each.slice for each in made.others] == ["dialect=chat"]
    assert [each.number for each in made.pairs] == [1, 2]
    assert made.changes[1].baseline == ""
    assert "not measure whole trajectories" in made.limits


def test_what_qualifies_the_verdict_is_noted() -> None:
    made = view(run(), decision(needed=1234, stopped="the budget of tokens was used up"), ())
    assert made.notes == [
        "About 1,234 cases would settle it.",
        "Stopped early: the budget of tokens was used up",
    ]
    assert view(run(), decision(), ()).notes == []


def test_what_the_sentence_says_already_is_not_said_twice() -> None:
    told = "Inconclusive: tool agreement is open; about 1,234 cases would settle it."
    made = view(
        run(), decision(verdict=GateVerdict.INCONCLUSIVE, sentence=told, needed=1234), DIFFERS
    )
    assert made.word == "Inconclusive"
    assert made.sentence == "Tool agreement is open; about 1,234 cases would settle it."
    assert made.notes == []
