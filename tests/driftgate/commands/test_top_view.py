"""Figures by model and upstream, and who is well."""

from typing import Any

import pytest

from driftgate.commands.top_view import journal, view
from driftgate.proxy.running import Running
from tests.driftgate.commands.top_samples import HOSTILE, NOW_S, call, sample, worker


def alarms(*workers: dict[str, Any], historian: Any = None, **more: Any) -> str:
    found = Running(historian, {f"w{n}": each for n, each in enumerate(workers)})
    return "\n".join(view(sample(found=found, **more)).alarms)


def test_calls_are_told_by_model_and_upstream_the_busiest_first() -> None:
    shown = view(sample(call(model="b"), call(model="a"), call(upstream="x"), call(model="b")))
    assert [(each.model, each.upstream, each.figures.calls) for each in shown.groups] == [
        ("b", "local", 2),
        ("a", "local", 1),
        ("gemma4", "x", 1),
    ]
    assert shown.whole.calls == 4
    assert shown.per_minute_now == 9


def test_calls_without_a_model_are_a_group_of_their_own() -> None:
    shown = view(sample(call(model=None), call(model=None), call(model="")))
    assert [(each.model, each.figures.calls) for each in shown.groups] == [(None, 2), ("", 1)]


def test_the_last_calls_come_newest_first() -> None:
    calls = [call(9, call_id="a"), call(1, call_id="b"), call(5, call_id="c")]
    assert [each.call_id for each in view(sample(*calls)).last] == ["b", "c", "a"]


def test_all_is_well_without_an_alarm() -> None:
    assert alarms(worker(), historian={}) == ""


def test_it_says_plainly_that_nothing_runs() -> None:
    told = alarms(history_bytes=None)
    assert "NO PROXY RUNS on this history: start `driftgate serve`" in told
    assert "no history at h.duckdb yet" in told


def test_each_part_that_does_not_answer_is_told() -> None:
    assert alarms(historian={}) == "NO WORKER ANSWERS"
    assert "THE HISTORIAN DOES NOT ANSWER" in alarms(worker())
    assert "3 CALLS PASSED UNRECORDED" in alarms(worker(unrecorded=3), historian={})


@pytest.mark.parametrize(
    ("historian", "expected"),
    [
        ({"waiting_for": HOSTILE}, r"calls wait in the journal: the history is held by evil\x1b"),
        ({"error": "no space"}, "calls wait in the journal: no space"),
        ({"quarantined": ["/a", "/b"]}, "2 DAMAGED PARTS OF THE JOURNAL"),
    ],
)
def test_what_keeps_calls_in_the_journal_is_told(historian: Any, expected: str) -> None:
    told = alarms(worker(), historian=historian)
    assert told.startswith(expected)
    assert len(told) < 300
    assert "\n" not in told


def test_a_holder_that_the_error_names_is_told_once() -> None:
    both = {"waiting_for": "python (PID 7)", "error": "held by python (PID 7)"}
    assert alarms(worker(), historian=both).count("PID 7") == 1


def test_what_cannot_be_read_or_kept_is_told() -> None:
    told = alarms(worker(), historian={}, problem="it is\x1b[2J damaged", cut=True)
    assert told == "it is\\x1b[2J damaged\nmore calls than are kept here: the last 0 of the window"


def test_upstreams_that_are_not_well_come_first() -> None:
    upstreams = {
        "good": {"url": "http://a", "last_ok_at": NOW_S - 7200, "breaker": "closed"},
        "new": {"url": "http://b"},
        "bad": {"url": "http://c", "last_error_at": NOW_S - 3, "last_error": HOSTILE},
        "shut": {
            "url": "http://d",
            "last_ok_at": NOW_S - 1,
            "last_error_at": NOW_S - 2,
            "breaker": "open",
        },
    }
    shown = view(sample(found=Running({}, {"w1": worker(upstreams=upstreams)})))
    assert [each.name for each in shown.upstreams] == ["bad", "shut", "good", "new"]
    told = {each.name: each.health for each in shown.upstreams}
    assert told["good"] == "ok, 2h00m ago"
    assert told["new"] == "no call yet"
    assert told["shut"] == "FAILED 2.0s ago"
    assert told["bad"].startswith(r"FAILED 3.0s ago: evil\x1b[2J\u202e[bold] xxx")
    assert len(told["bad"]) < 300


def test_how_far_the_history_is_behind() -> None:
    assert journal(sample().found) == "2.0 kB to read, 400ms behind"
    assert journal(Running({"lag_s": None})) == "0 B to read, 0.0ms behind"
    assert journal(Running()) == "-"
