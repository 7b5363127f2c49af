"""What the filters of `calls` and `export` mean."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from driftgate.proxy.errors import QueryError, UsageError
from driftgate.proxy.history.reader import Reader
from driftgate.proxy.record import Outcome
from driftgate.replay.select.filters import Filters
from tests.replay.select.recorded import chat, history
from tests.support.recorded_calls import call_id

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
    assert filters.condition(NOW) == ("verdict = ? AND contract = ?", ["fail", "summarize"])


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


@pytest.mark.parametrize("name", ["model", "session", "upstream", "text", "contract", "where"])
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


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    calls = [
        chat(0, calls=["apply_patch", "look"], client="10.0.0.7:1"),
        chat(1, target="/api/chat", ended_ns=90_000_000, chunks=[]),
        chat(2, status=None, outcome=Outcome.UPSTREAM_REFUSED, chunks=[]),
        chat(3, request_headers=[("originator", "codex_exec"), ("content-type", "x")]),
    ]
    with history(tmp_path_factory.mktemp("filters"), *calls) as reader:
        yield reader


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(client="10.0.0.7"), [0]),
        (Filters(tool="apply*"), [0]),
        (Filters(tool="apply"), []),
        (Filters(path="/API/"), [1]),
        (Filters(dialect="ollama_chat"), [1]),
        (Filters(outcome=" Upstream_Refused"), [2]),
        (Filters(min_ms="1500"), [0, 2, 3]),
        (Filters(originator="codex"), [3]),
        (Filters(where="status IS NULL OR status > 1 -- all"), [0, 1, 2, 3]),
        (Filters(where="path = '/api/chat' OR client IS NULL -- ?", outcome="completed"), [1]),
        (Filters(text="SAY", tool="look", min_ms="1"), [0]),
    ],
)
def test_each_filter_is_kept_in_order_and_by_name(
    reader: Reader, filters: Filters, expected: list[int]
) -> None:
    filters.check(reader)
    for condition, values in (filters.condition(), filters.named()):
        sql = f"SELECT call_id::VARCHAR FROM calls WHERE {condition} ORDER BY started_at"
        found = reader.ask(sql, values).rows
        assert found == [(str(call_id(number)),) for number in expected]


@pytest.mark.parametrize(
    "where",
    ["true) OR (true", "modl = 'a'", "true ORDER BY 1", "", "status = ?", "true; SELECT 1", "))"],
)
def test_sql_that_is_no_condition_is_refused_by_its_name(reader: Reader, where: str) -> None:
    with pytest.raises(QueryError, match=r"^where: "):
        Filters(where=where, prefix="").check(reader)
    with pytest.raises(QueryError, match=r"^--where: "):
        Filters(where=where).check(reader)


@pytest.mark.parametrize("text", ["", "fast", "-1", "nan", "inf"])
def test_a_least_time_is_a_number_of_milliseconds(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--min-ms '.*' is no number of milliseconds"):
        Filters(min_ms=text).condition(NOW)


@pytest.mark.parametrize("name", ["status", "verdict", "outcome", "parent", "min_ms"])
def test_a_message_names_the_filter_as_the_asker_knows_it(name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name} 'wrong'"):
        Filters(**{name: "wrong"}, prefix="").condition(NOW)
    with pytest.raises(UsageError, match=r"^model is not valid UTF-8"):
        Filters(model="\udcff", prefix="").condition(NOW)


def test_the_filters_that_are_given_are_told_by_name() -> None:
    assert Filters(model="a", where="true", prefix="").given() == {"model": "a", "where": "true"}
