"""Upstreams over all workers."""

from typing import Any

import pytest

from driftgate.proxy.reached import Reached, reached
from driftgate.proxy.running import Running


def workers(*told: dict[str, Any]) -> Running:
    each = {f"w{n}": {"upstreams": {"local": {"url": "http://u", **t}}} for n, t in enumerate(told)}
    return Running({}, {**each, "old": {}})


def test_counts_are_added_and_the_latest_news_kept() -> None:
    found = workers(
        {"calls": 2, "errors": 1, "last_ok_at": 50.0, "last_error_at": 40.0, "last_error": "new"},
        {"calls": 3, "errors": 1, "last_ok_at": 30.0, "last_error_at": 20.0, "last_error": "old"},
    )
    assert reached(found) == {"local": Reached("http://u", 5, 2, 50.0, 40.0, "new")}


def test_an_upstream_fails_when_its_last_news_is_a_failure() -> None:
    assert reached(workers({"last_error_at": 5.0}))["local"].failing
    assert reached(workers({"last_error_at": 5.0, "last_ok_at": 4.0}))["local"].failing
    assert not reached(workers({"last_error_at": 4.0, "last_ok_at": 5.0}))["local"].failing
    assert not reached(workers({}))["local"].failing


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (["closed", "open", "half_open"], "open"),
        (["half_open", "closed"], "half_open"),
        (["closed", None], "closed"),
        ([None, "ajar", 1], None),
    ],
)
def test_the_breaker_is_told_as_the_most_careful_worker_has_it(
    told: list[Any], state: str | None
) -> None:
    assert reached(workers(*({"breaker": each} for each in told)))["local"].breaker == state
