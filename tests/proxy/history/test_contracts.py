"""Verdicts, attempts and contracts in the file."""

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from driftgate.contracts.contract import Contract
from driftgate.contracts.load import ContractSet
from driftgate.proxy.errors import HistoryError
from driftgate.proxy.history import migrations
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import JournalEvent
from driftgate.proxy.record import Attempt, Chunk, Outcome, Recorded
from tests.proxy.history.calls import DONE, MS, T0_NS, batch, call

SHORT = Contract.of_content(
    {"name": "short", "version": "2", "applies": {"everything": True}, "output": {"max_chars": 3}}
)
SETS = [ContractSet.of([SHORT]).as_json(), ContractSet.of([]).as_json()]
FAILED = {
    "contract": "short",
    "contract_id": SHORT.id,
    "verdict": "fail",
    "violations": [
        {
            "source": "contract",
            "keyword": "max_chars",
            "path": "text",
            "reason": "too long",
            "severity": "error",
        },
        {
            "source": "wire",
            "keyword": "usage",
            "path": "usage",
            "reason": "odd",
            "severity": "warning",
        },
    ],
    "repairs": [],
    "judged_us": 12,
}
PASSED = {**FAILED, "verdict": "pass", "violations": [], "repairs": ["extract_json"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.duckdb"


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def noted(number: int, contracts: str) -> JournalEvent:
    return JournalEvent(T0_NS + number * 1000 * MS, "contracts", contracts)


def managed() -> Recorded:
    """Two attempts: the first one too long, the second, of another model, repaired."""
    chunks = call(1).chunks
    first = Attempt(
        *(1, "first", "default"),
        target="/v1/chat/completions",
        dialect="chat",
        model="gemma4",
        started_ns=1 * MS,
        ended_ns=3 * MS,
        connect_ns=0,
        status=200,
        chunks=[Chunk(2 * MS, chunks[0].data + chunks[1].data)],
        outcome=Outcome.COMPLETED,
        judged=FAILED,
    )
    second = Attempt(
        *(2, "fallback", "other"),
        target="/v1/responses",
        dialect="responses",
        model="small",
        started_ns=4 * MS,
        ended_ns=9 * MS,
        request_body=b'{"input": "again", "model": "small"}',
        status=200,
        chunks=[Chunk(8 * MS, b'{"object": "response"}')],
        outcome=Outcome.COMPLETED,
        judged=PASSED,
    )
    judged = {**PASSED, "fallback": "other/small"}
    return call(1, attempts=[first, second], judged=judged)


def test_a_call_that_passed_through_is_judged_as_it_comes_in(path: Path) -> None:
    Store(path).apply([batch(call(1), call(2, target="/v1/embeddings"))])
    rows = ask(path, "SELECT contract, verdict, violations, attempts, fallback FROM calls")
    assert rows == [("builtin", "pass", 0, 1, None), (None, None, None, 1, None)]
    assert ask(path, "SELECT count(*) FROM calls WHERE judged_us > 0") == [(1,)]


def test_each_call_is_judged_by_the_set_in_force_at_its_start(path: Path) -> None:
    events = [noted(0, SETS[0]), noted(2, SETS[1])]
    Store(path).apply([batch(call(1), call(3), events=events)])
    found = ask(path, "SELECT contract, verdict, violations FROM calls ORDER BY started_at")
    assert found == [("short", "fail", 1), ("builtin", "pass", 0)]
    rows = ask(
        path, "SELECT attempt, position, contract, source, keyword, path, severity FROM violations"
    )
    assert rows == [(1, 0, "short", "contract", "max_chars", "text", "error")]
    (kept,) = ask(
        path, "SELECT name, version, mode, content FROM contracts JOIN calls USING (contract_id)"
    )
    assert kept[:3] == ("short", "2", "observe")
    assert Contract.of_content(json.loads(kept[3])) == SHORT


def test_a_restart_goes_on_with_the_sets_that_were_in_force(path: Path) -> None:
    Store(path).apply([batch(events=[noted(0, SETS[0]), noted(5, SETS[1])])])
    later = Store(path)
    later.positions()
    later.apply([batch(call(3), call(6), done=Position(0, 200))])
    found = ask(path, "SELECT contract FROM calls ORDER BY started_at")
    assert found == [("short",), ("builtin",)]


def test_a_writer_that_is_gone_leaves_no_contracts_to_others(path: Path) -> None:
    store = Store(path)
    last = batch(events=[noted(0, SETS[0])])
    last.finished = True
    store.apply([last])
    store.apply([], gone=["w1"])
    store.apply([batch(call(3))])
    assert ask(path, "SELECT contract FROM calls") == [("builtin",)]
    assert Store(path).positions()


@pytest.mark.parametrize("text", ["", "[1]", "[" * 10_000, '[{"name": 1}]'])
def test_a_set_that_cannot_be_read_stops_nothing(path: Path, text: str) -> None:
    Store(path).apply([batch(call(1), events=[noted(0, text)])])
    assert ask(path, "SELECT contract FROM calls") == [("builtin",)]
    assert Store(path).positions() == {"w1": (Position(0, 50), DONE)}


def test_every_attempt_of_a_managed_call_is_a_row(path: Path) -> None:
    Store(path).apply([batch(managed(), call(2))])
    rows = ask(
        path,
        "SELECT attempt, reason, upstream, model, dialect, connect_ms, first_byte_ms, total_ms, status, "
        "verdict, violations, repairs, request_body IS NULL FROM attempts ORDER BY started_at",
    )
    first = (1, "first", "default", "gemma4", "chat", 0.0, 1.0, 2.0, 200, "fail", 1, None, True)
    second = (
        "other",
        "small",
        "responses",
        None,
        4.0,
        5.0,
        200,
        "pass",
        0,
        ["extract_json"],
        False,
    )
    passed = (1, "first", "default", "gemma4", "chat", 1.0, 5.0, 10.0, 200, "pass", 0, None, True)
    assert rows == [first, (2, "fallback", *second), passed]
    assert ask(path, "SELECT output_text, input_tokens FROM tries WHERE attempt = 1") == [
        ("answer 1", 7)
    ]


def test_the_call_row_says_what_the_client_got(path: Path) -> None:
    Store(path).apply([batch(managed())])
    rows = ask(
        path, "SELECT verdict, repairs, judged_us, attempts, fallback, contract_id FROM calls"
    )
    assert rows == [("pass", ["extract_json"], 12, 2, "other/small", uuid.UUID(SHORT.id))]
    found = ask(path, "SELECT attempt, keyword, severity FROM violations ORDER BY position")
    assert found == [(1, "max_chars", "error"), (1, "usage", "warning")]


def test_bodies_of_attempts_are_kept_as_all_bodies_are(path: Path) -> None:
    Store(path).apply([batch(managed())])
    sizes = ask(
        path,
        "SELECT size FROM tries JOIN bodies ON body_id IN (request_body, response_body) "
        "WHERE attempt = 2 ORDER BY size",
    )
    assert sizes == [(22,), (36,)]
    shared = ask(path, "SELECT count(*) FROM calls JOIN tries USING (response_body)")
    assert shared == [(1,)]


def test_only_what_was_delivered_is_a_fallback(path: Path) -> None:
    """The last attempt says nothing: it may be broken too, or behind the one that is delivered."""
    failed = managed()
    failed.judged = FAILED
    earlier = managed()
    earlier.call_id = call(2).call_id
    earlier.attempts.append(replace(earlier.attempts[1], number=3, model="tiny", status=404))
    odd = call(3, judged={**PASSED, "fallback": ["x"]})
    Store(path).apply([batch(failed, earlier, odd)])
    found = ask(path, "SELECT fallback FROM calls ORDER BY call_id")
    assert found == [(None,), ("other/small",), (None,)]


def test_a_request_that_its_contract_refused_has_no_attempt(path: Path) -> None:
    refused = call(1, judged=FAILED, outcome=Outcome.REFUSED, status=422, forwarded_ns=None)
    Store(path).apply([batch(refused)])
    assert ask(path, "SELECT attempts, verdict FROM calls") == [(0, "fail")]
    assert ask(path, "SELECT count(*) FROM attempts") == [(0,)]
    assert ask(path, "SELECT DISTINCT attempt FROM violations") == [(0,)]


def test_pass_rates_are_counted_by_contract_model_and_hour(path: Path) -> None:
    failed = [call(number, judged=FAILED) for number in (2, 3)]
    Store(path).apply(
        [batch(managed(), *failed, call(4, judged={**FAILED, "verdict": "unjudged"}))]
    )
    columns = "contract, model, calls, judged, passed, failed, repaired, fallbacks"
    rows = ask(
        path, f"SELECT {columns}, round(pass_rate, 3), most_frequent_violation FROM pass_rates"
    )
    assert rows == [("short", "gemma4", 4, 3, 1, 2, 1, 1, 0.333, "max_chars")]


@pytest.mark.parametrize(
    "judged",
    [
        {"verdict": 1, "contract": [], "contract_id": "no", "violations": 3, "judged_us": "x"},
        {"verdict": "fail", "contract": "a\udcff", "violations": [{"source": "wire"}, 1]},
        {"verdict": "fail", "contract": "c" * 10_000, "repairs": [1, {}], "contract_id": 7},
    ],
)
def test_an_odd_verdict_in_the_journal_costs_nothing(path: Path, judged: dict[str, Any]) -> None:
    assert Store(path).apply([batch(call(1, judged=judged))]) == 1
    assert ask(path, "SELECT output_text, violations FROM calls") == [("answer 1", 0)]


def _old_history(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an earlier driftgate wrote it: with a call, without the contracts' step."""
    steps = [step for step in migrations.known() if step.name < "005"]
    with monkeypatch.context() as earlier, duckdb.connect(str(path)) as connection:
        earlier.setattr(migrations, "known", lambda: steps)
        migrations.migrate(connection, path)
        connection.execute(
            "INSERT INTO calls (call_id, started_at, outcome, retry_number, attempts, upstream, "
            "method, path, request_bytes, request_truncated, response_bytes, response_truncated, "
            "worker) VALUES (uuid(), TIMESTAMP '2026-01-01', 'completed', 0, 1, 'u', 'POST', "
            "'/v1/chat/completions', 1, false, 1, false, 'w')"
        )


def test_an_older_history_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _old_history(path, monkeypatch)
    Store(path).apply([batch(call(1))])
    found = ask(path, "SELECT contract, verdict FROM calls ORDER BY started_at")
    assert found == [(None, None), ("builtin", "pass")]
    assert ask(path, "SELECT count(*) FROM attempts") == [(2,)]
    assert ask(path, "SELECT calls FROM pass_rates") == [(1,)]


def test_reading_an_older_history_says_what_brings_it_up_to_date(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old_history(path, monkeypatch)
    with (
        pytest.raises(HistoryError, match=r"no schema 005_contracts yet.*start driftgate serve"),
        open_history(path, drain=False),
    ):
        pass


def _seeded(number: int, text: str, reason: str = "first", contract_id: str = SHORT.id) -> Recorded:
    """A managed call of one attempt, with a seed."""
    request = {"model": "gemma4", "seed": 7, "messages": [{"role": "user", "content": "hi"}]}
    message = {"index": 0, "message": {"content": text}, "finish_reason": "stop"}
    chunks = [Chunk(2 * MS, json.dumps({"choices": [message]}).encode())]
    verdict = {**PASSED, "repairs": [], "contract_id": contract_id}
    attempt = Attempt(
        *(1, reason, "default"), dialect="chat", status=200, chunks=chunks, judged=verdict
    )
    body = json.dumps(request).encode()
    return call(number, request_body=body, chunks=chunks, attempts=[attempt], judged=verdict)


def test_a_seed_that_a_managed_call_did_not_keep_is_a_warning_of_its_last_attempt(
    path: Path,
) -> None:
    Store(path).apply([batch(_seeded(1, "a"), _seeded(2, "a"), _seeded(3, "b"))])
    found = ask(
        path,
        "SELECT extract('second' FROM started_at), attempt, keyword, v.path, severity, verdict"
        " FROM violations v JOIN calls USING (call_id)",
    )
    assert [row[1:] for row in found] == [
        (1, "constraint_dropped", "parameters/seed", "warning", "pass")
    ]


@pytest.mark.parametrize("change", [{"reason": "reask"}, {"contract_id": str(uuid.UUID(int=5))}])
def test_another_question_says_nothing_of_the_seed(path: Path, change: dict[str, str]) -> None:
    Store(path).apply([batch(_seeded(1, "a"), _seeded(2, "b", **change))])
    assert ask(path, "SELECT count(*) FROM violations") == [(0,)]
