"""SQL of people, tried by itself."""

from collections.abc import Iterator

import pytest

from driftgate.proxy.errors import QueryError
from driftgate.proxy.history.reader import Reader
from driftgate.replay.select.written import (
    check_condition,
    check_question,
    in_parentheses,
    open_ended,
)
from tests.replay.select.recorded import history


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with history(tmp_path_factory.mktemp("written")) as reader:
        yield reader


def test_what_stands_behind_a_condition_is_not_swallowed_by_its_comment(reader: Reader) -> None:
    asked = f"SELECT 1 WHERE {in_parentheses('true -- all')} AND false"
    assert reader.ask(asked).rows == []


def test_a_closing_semicolon_is_left_out() -> None:
    assert open_ended(" SELECT 1 ;; ") == "SELECT 1"


def test_a_condition_is_one_by_itself(reader: Reader) -> None:
    check_condition(reader, "status = 200 AND model LIKE 'a%' -- ours", "w")
    for wrong in ("true) OR (true", "true LIMIT 1", "true UNION SELECT 2", "DROP TABLE calls"):
        with pytest.raises(QueryError, match=r"^w: "):
            check_condition(reader, wrong, "w")


def test_a_question_has_a_column_of_calls(reader: Reader) -> None:
    check_question(reader, "SELECT call_id FROM calls;", "q")
    for wrong in ("SELECT model FROM calls", "SELECT call_id FROM calls) -- (", "DROP TABLE calls"):
        with pytest.raises(QueryError, match=r"^q: "):
            check_question(reader, wrong, "q")


def test_what_is_wrong_is_said_without_what_is_ours_around_it(reader: Reader) -> None:
    with pytest.raises(QueryError) as raised:
        check_condition(reader, "status = 'ok' AND (", "where")
    assert str(raised.value) == 'where: Parser Error: syntax error at or near "("'
    with pytest.raises(QueryError, match=r'^where: Binder Error: .*"modl" not found') as raised:
        check_condition(reader, "modl = 'a'", "where")
    assert "EXPLAIN" not in str(raised.value)
    assert "LINE" not in str(raised.value)
