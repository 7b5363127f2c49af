"""Criteria as SQL and as words."""

from datetime import UTC, datetime

import pytest

from driftgate.proxy.errors import UsageError
from driftgate.replay.select.criteria import ANSWERED, Criteria, of_dialect

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_without_criteria_a_model_must_have_answered() -> None:
    assert Criteria().condition(NOW) == (f"({ANSWERED})", [])
    assert "answer_complete" not in Criteria(status="error").condition(NOW)[0]


def test_all_that_is_given_must_hold_and_values_are_parameters() -> None:
    sql, parameters = Criteria(
        since="1h", model="g*", contract="c'", session="s", upstream="u", status="200"
    ).condition(NOW)
    assert sql.count(" AND ") == 5
    assert "c'" not in sql
    assert parameters[1:] == ["g*", "s", "s", 200, "c'", "u"]


def test_sql_of_people_stands_on_lines_of_its_own() -> None:
    sql, _ = Criteria(where="model = 'a' -- b", sql="SELECT call_id FROM calls;").condition(NOW)
    assert "(\nmodel = 'a' -- b\n)" in sql
    assert "(\nSELECT call_id FROM calls\n)" in sql


def test_people_read_the_options_as_they_were_given() -> None:
    criteria = Criteria(since="7d", model="gemma4*", where="a = 1\n AND b = 2")
    assert criteria.described() == '--since 7d --model gemma4* --where "a = 1 AND b = 2"'
    assert Criteria().described() == ""


@pytest.mark.parametrize("name", ["since", "model", "tag", "where", "sql"])
def test_what_is_empty_or_no_unicode_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"--{name} is empty"):
        Criteria(**{name: " "}).condition(NOW)
    with pytest.raises(UsageError, match=f"--{name} is not valid UTF-8"):
        Criteria(**{name: "\udc80"}).condition(NOW)


def test_only_dialects_in_which_a_model_answers_are_taken() -> None:
    assert of_dialect("Chat") == ("dialect = ?", ["chat"])
    with pytest.raises(UsageError, match="responses, chat"):
        of_dialect("embeddings")
