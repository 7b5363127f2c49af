"""What the filters of `calls` and `export` mean."""

from datetime import UTC, datetime

import pytest

from driftgate.commands.filters import Filters
from driftgate.proxy.errors import UsageError
from driftgate.proxy.record import Outcome

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_no_filter_takes_every_call() -> None:
    assert Filters().condition(NOW) == ("true", [])


def test_filters_add_up() -> None:
    sql, values = Filters(since="1h", model="gemma4", upstream="local").condition(NOW)
    assert sql == "started_at >= ? AND model = ? AND upstream = ?"
    assert values == [datetime(2026, 11, 24, 11), "gemma4", "local"]  # noqa: DTZ001 - the history's own form


def test_only_a_star_or_question_mark_makes_a_pattern() -> None:
    assert Filters(model="gemma4:12b").condition(NOW) == ("model = ?", ["gemma4:12b"])
    assert Filters(model="g[4]*").condition(NOW) == ("model GLOB ?", ["g[[]4]*"])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("404", ("status = ?", [404])),
        ("5xx", ("status // 100 = ?", [5])),
        ("Client_Gone", ("outcome = ?", ["client_gone"])),
    ],
)
def test_a_status_is_http_or_an_outcome(status: str, expected: tuple[str, list[object]]) -> None:
    assert Filters(status=status).condition(NOW) == expected


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_can_be_asked_for(outcome: Outcome) -> None:
    assert Filters(status=outcome).condition(NOW) == ("outcome = ?", [outcome.value])


def test_verdicts_and_contracts_can_be_asked_for() -> None:
    filters = Filters(verdict=" Fail", contract="summarize")
    assert filters.condition(NOW) == ("contract = ? AND verdict = ?", ["summarize", "fail"])


def test_a_verdict_that_is_none_is_refused_with_the_list() -> None:
    with pytest.raises(UsageError, match="one of: pass, fail, unjudged"):
        Filters(verdict="bad").condition(NOW)


def test_a_wrong_status_names_the_nearest_right_one() -> None:
    with pytest.raises(UsageError, match="did you mean interrupted"):
        Filters(status="interupted").condition(NOW)


@pytest.mark.parametrize("status", ["99", "600", "²00", "6xx", ""])
def test_what_is_no_status_is_refused_with_the_list(status: str) -> None:
    with pytest.raises(UsageError, match="one of: ok, error, 404"):
        Filters(status=status).condition(NOW)


@pytest.mark.parametrize("name", ["model", "session", "upstream", "text", "contract"])
def test_bytes_that_are_no_utf8_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=rf"--{name} is not valid UTF-8 at character 1"):
        Filters(**{name: "a\udcff"}).condition(NOW)


def test_a_parent_is_an_id_or_its_start() -> None:
    for start in ("019AB3F2-7c", "019ab3f27c"):
        sql, values = Filters(parent=start).condition(NOW)
        assert sql == "parent_call_id BETWEEN ?::UUID AND ?::UUID"
        assert values == ["019ab3f27c" + "0" * 22, "019ab3f27c" + "f" * 22]


@pytest.mark.parametrize("start", ["", "lost", "0" * 33, "019\x00", "\u0661"])
def test_a_parent_that_is_no_id_is_wrong_usage(start: str) -> None:
    with pytest.raises(UsageError, match="--parent"):
        Filters(parent=start).condition(NOW)
