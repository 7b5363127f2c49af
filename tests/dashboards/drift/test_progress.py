"""How far a run is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from driftgate.dashboards.drift.progress import Share, of_rows
from driftgate.replay.run.kept import Run

NOW = datetime.fromisoformat("2026-11-01T12:00:00")


def run(kind: str = "gate", cases: int = 100) -> Run:
    return Run("0190", NOW.replace(tzinfo=UTC), kind=kind, cases=cases, k=2)


def row(arm: str, answers: int, **more: Any) -> dict[str, Any]:
    at = {"first_at": NOW - timedelta(seconds=600), "last_at": NOW}
    counts = {"served": answers, "passed": 0, "failed": 0, "tokens": None, "median_ms": None}
    return {"arm": arm, "answers": answers, "lately": 0, **at, **counts, **more}


def test_the_rate_is_that_of_the_last_minute_and_says_what_is_left() -> None:
    rows = [row("baseline", 60, lately=30), row("candidate", 40, lately=30)]
    found = of_rows(rows, run(), NOW)
    assert found.share == Share(100, 400)
    assert found.rate == pytest.approx(1.0)
    assert found.left_s == pytest.approx(300.0)


def test_a_run_that_began_just_now_has_a_rate_of_its_own_time() -> None:
    rows = [row("baseline", 10, lately=10, first_at=NOW - timedelta(seconds=5))]
    assert of_rows(rows, run(), NOW).rate == pytest.approx(2.0)


def test_without_answers_nothing_is_known_of_the_end() -> None:
    found = of_rows([], run(), NOW)
    assert (found.share.done, found.rate, found.left_s, found.last_at) == (0, 0.0, None, None)
    assert [arm.share for arm in found.arms] == [Share(0, 200), Share(0, 200)]


def test_contracts_kept_are_a_share_of_what_was_judged() -> None:
    arm = of_rows([row("baseline", 9, passed=3, failed=1)], run(), NOW).arms[0]
    assert (arm.passed, arm.judged) == (0.75, 4)
    assert of_rows([row("baseline", 9)], run(), NOW).arms[0].passed is None


@pytest.mark.parametrize(
    ("kind", "arms"),
    [("gate", 2), ("trajectories", 2), ("watch", 1), ("reference", 1), ("shadow", 0)],
)
def test_a_kind_of_run_asks_its_own_arms(kind: str, arms: int) -> None:
    assert of_rows([], run(kind), NOW).share.total == 200 * arms


def test_a_hundred_percent_is_all_of_it() -> None:
    assert [Share(*each).percent for each in ((199, 200), (200, 200), (0, 0), (7, 2))] == [
        99,
        100,
        0,
        100,
    ]
