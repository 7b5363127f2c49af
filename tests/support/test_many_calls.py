"""The generator of large histories, at a small number of calls."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from driftgate import cli
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.replay import results
from tests.support.many_calls import RECORDED, RUNS, main, make_many

CALLS = 3_000
UNTIL = datetime(2026, 11, 28, 20)  # noqa: DTZ001 - the history's own form


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("many") / "history.duckdb"
    make_many(path, CALLS, until=UNTIL)
    return path


@pytest.fixture
def reader(many: Path) -> Iterator[Reader]:
    with open_history(many, drain=False) as opened:
        yield opened


def test_the_calls_lie_within_ninety_days_and_most_of_them_at_noon(reader: Reader) -> None:
    told = "SELECT count(*), max(started_at) <= '{0}', min(started_at) > '{0}'::TIMESTAMP - INTERVAL 91 DAY FROM calls"
    assert reader.ask(told.format(UNTIL)).rows == [(CALLS, True, True)]
    hours = dict(reader.ask("SELECT hour(started_at), count(*) FROM calls GROUP BY ALL").rows)
    assert max(hours, key=lambda hour: hours[hour]) in {10, 11, 12, 13, 14}


def test_ids_are_those_of_their_times(reader: Reader) -> None:
    told = (
        "SELECT count(*) FROM calls WHERE "
        "epoch_ms(uuid_extract_timestamp(call_id)) <> epoch_ms(started_at)"
    )
    assert reader.ask(told).rows == [(0,)]
    assert reader.ask("SELECT count(DISTINCT call_id) FROM calls").rows == [(CALLS,)]


def test_bodies_are_whole(reader: Reader) -> None:
    told = (
        "SELECT call_id::VARCHAR, dialect FROM calls WHERE answer_complete "
        "QUALIFY row_number() OVER (PARTITION BY dialect ORDER BY hash(call_id)) <= 3"
    )
    rows = reader.ask(told).rows
    assert {dialect for _, dialect in rows} == {"responses", "chat", "ollama_chat"}
    for call_id, dialect in rows:
        body = json.loads(reader.recorded(call_id).request_body)
        assert "input" in body if dialect == "responses" else "messages" in body


@pytest.mark.parametrize(
    ("view", "least"),
    [
        ("sessions", 60),
        ("turns", 100),
        ("models", 9),
        ("pass_rates", 100),
        ("attempts WHERE attempt = 3", 1),
        ("violations", 100),
        ("tool_calls", 500),
        ("agent_turns WHERE status = 'completed'", 10),
        ("agent_items", 40),
        ("agent_calls", 40),
        ("replays WHERE arm = 'candidate'", 1_000),
        ("messages", CALLS - RECORDED),
        ("events WHERE kind = 'fingerprint_changed'", 12),
        ("events WHERE kind = 'started'", 8),
    ],
)
def test_every_view_has_rows(reader: Reader, view: str, least: int) -> None:
    assert reader.ask(f"SELECT count(*) FROM {view}").rows[0][0] >= least


def test_runs_are_read_as_others_are(reader: Reader) -> None:
    newest = results.run(reader, "last")
    decision = results.decision(reader, newest.run_id)
    assert decision is not None
    assert len(decision.pairs) == 10
    [case] = results.cases(reader, newest, call_ids=[decision.pairs[0].call_id])
    assert sorted(len(answers) for answers in case.answers.values()) == [1, 2, 2]  # and the record
    assert reader.ask("SELECT count(*) FROM runs").rows == [(RUNS,)]


def test_the_commands_read_it(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["calls", "--json", "--history", str(many)]) == 0
    calls = json.loads(capsys.readouterr().out)
    assert calls[0]["started_at"] > calls[-1]["started_at"]
    assert cli.main(["show", calls[-1]["id"], "--history", str(many)]) == 0
    assert "customer" in capsys.readouterr().out


def test_the_same_arguments_give_the_same_calls(many: Path, tmp_path: Path) -> None:
    again, other = tmp_path / "again.duckdb", tmp_path / "other.duckdb"
    make_many(again, CALLS, until=UNTIL)
    make_many(other, CALLS, until=UNTIL, seed=2)
    sums = [_sum(path) for path in (many, again, other)]
    assert sums[0] == sums[1] != sums[2]


def _sum(path: Path) -> list[tuple[Any, ...]]:
    made = "SELECT * EXCLUDE (judged_us) FROM calls"  # the recorded ones took as long as they took
    told = f"SELECT bit_xor(hash(made::VARCHAR)) FROM ({made}) AS made"
    with open_history(path, drain=False) as reader:
        return reader.ask(told).rows


def test_a_path_and_a_number_are_all_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(tmp_path / "h.duckdb"), "--calls", "500"])
    assert "500 calls" in capsys.readouterr().out
