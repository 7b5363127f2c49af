"""What people write to choose calls by."""

from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.conditions import moment, of_model, of_status, of_tag

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2h", datetime(2026, 11, 24, 10, 0)),  # noqa: DTZ001 - the history's own form
        (" 1.5D ", datetime(2026, 11, 23, 0, 0)),  # noqa: DTZ001 - likewise
        ("2026-11-01T10:00+02:00", datetime(2026, 11, 1, 8, 0)),  # noqa: DTZ001 - likewise
    ],
)
def test_a_time_is_an_age_or_iso_8601(text: str, at: datetime) -> None:
    assert moment(text, NOW) == at


@given(st.text(max_size=20))
def test_any_text_gives_a_time_without_zone_or_is_refused(text: str) -> None:
    try:
        then = moment(text, NOW)
    except UsageError:
        return
    assert then.tzinfo is None


def test_what_is_no_time_is_refused_with_an_example() -> None:
    with pytest.raises(UsageError, match="'soon' is no time: write an age such as 30m"):
        moment("soon", NOW)


def test_a_model_may_have_wildcards_and_brackets_are_none() -> None:
    assert of_model("gemma4") == ("model = ?", ["gemma4"])
    condition, (pattern,) = of_model(r"C:\g*[q4]?")
    for model, matches in (
        (r"C:\gemma[q4]m", True),
        (r"C:\gemmaqm", False),
        ("C:gemma[q4]m", False),
    ):
        found = duckdb.execute(f"SELECT {condition} FROM (SELECT ? AS model)", [pattern, model])
        assert found.fetchone() == (matches,)


@pytest.mark.parametrize(
    ("text", "values"),
    [("OK", []), ("error", []), ("404", [404]), ("5xx", [5]), ("refused", ["refused"])],
)
def test_a_status_is_a_number_a_class_or_an_outcome(text: str, values: list[object]) -> None:
    assert of_status(text)[1] == values


def test_another_status_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean completed"):
        of_status("complete")
    with pytest.raises(UsageError, match="no HTTP status"):
        of_status("999")


def test_a_tag_with_an_equals_sign_may_be_a_value_all_the_same() -> None:
    assert of_tag("blue")[1] == ["blue", "blue"]
    assert of_tag("a=b=c")[1] == ["a=b=c", "a=b=c", "a", "b=c", "b=c"]
