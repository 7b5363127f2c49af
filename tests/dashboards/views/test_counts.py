"""Counts, added up from cells."""

from typing import Any

from driftgate.dashboards.views.counts import Counts, added, total

NOTHING = dict.fromkeys(Counts.__slots__, 0)


def cell(model: str, **counts: Any) -> dict[str, Any]:
    return {**NOTHING, "model": model, **counts}


CELLS = [
    cell("a", calls=2, passed=1, failed=1, broke=1),
    cell("b", calls=5, errors=2, client_errors=1, input_tokens=None),
    cell("a", calls=1, passed=1, overhead_ms=3.0, overhead_calls=1),
]


def test_cells_are_added_up_by_a_key_most_calls_first() -> None:
    by = added(CELLS, lambda row: row["model"])
    assert list(by) == ["b", "a"]
    assert (by["a"].calls, by["a"].passed, by["a"].failed) == (3, 2, 1)


def test_the_parts_of_all_calls_make_the_whole() -> None:
    whole = total(CELLS)
    assert whole.calls == whole.good + whole.broke + whole.errors == 8


def test_rates_are_shares_of_what_they_are_about() -> None:
    whole = total(CELLS)
    assert whole.pass_rate == 2 / 3
    assert whole.violation_rate == 1 / 3
    assert whole.error_rate == 2 / 8
    assert whole.overhead == 3.0


def test_there_are_no_rates_of_nothing() -> None:
    none = Counts()
    assert (none.pass_rate, none.violation_rate, none.error_rate, none.overhead) == (None,) * 4
