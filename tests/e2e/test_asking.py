"""Asking while calls pass: nothing gets out of SQL, many ask at once, and exports hold what was sent."""

import json
import os
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
import pytest

from driftgate.proxy.admin import ask, socket_path
from driftgate.proxy.errors import QueryError
from driftgate.proxy.history.reader import open_history
from tests.support.backends import Backend, Served, Start
from tests.support.processes import DRIFTGATE

pytestmark = pytest.mark.timeout(180)

Serve = Callable[..., Served]
ASKERS = 10


def _call(url: str, text: str, **more: object) -> bytes:
    messages = [{"role": "user", "content": text}]
    body = json.dumps({"model": "gemma4-sim:v1", "messages": messages, **more}).encode()
    request = urllib.request.Request(
        f"{url}/v1/chat/completions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def _run(served: Served, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*DRIFTGATE, *words, "--history", str(served.history)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)


@pytest.fixture
def served(serve: Serve, sim: Backend) -> Served:
    """A proxy with one recorded call."""
    running = serve(sim.url)
    _call(running.url, "echo: first")
    return running


# {0}: a folder that may be written; {1}: the history
ESCAPES = (
    "FROM json_execute_serialized_sql(json_serialize_sql('FROM duckdb_settings()'))",
    "/* a */ PRAGMA database_list",
    "COPY calls TO '{0}/out.csv'",
    "COPY (SELECT 1) TO '{0}/out.parquet' (FORMAT parquet)",
    "SELECT * FROM read_csv('/etc/hostname')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM '/etc/hostname'",
    "SELECT * FROM '{1}'",
    "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
    "SELECT * FROM read_json('https://127.0.0.1:1/x.json')",
    "ATTACH '{0}/other.duckdb' AS other",
    "ATTACH ':memory:' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "PRAGMA enable_profiling='json'",
    "SET enable_external_access = true",
    "SET GLOBAL lock_configuration = false",
    "RESET enable_external_access",
    "EXPORT DATABASE '{0}/dump'",
    "IMPORT DATABASE '{0}/dump'",
    "CREATE TABLE mine AS SELECT 1",
    "CREATE TEMP TABLE mine AS SELECT 1",
    "CREATE OR REPLACE VIEW calls AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "CREATE SECRET s (TYPE s3)",
    "INSERT INTO calls SELECT * FROM calls",
    "UPDATE calls SET model = 'x'",
    "DELETE FROM calls",
    "DROP TABLE calls",
    "TRUNCATE calls",
    "ALTER TABLE calls ADD COLUMN x INT",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN",
    "CALL pragma_database_list()",
    "SELECT 1; DROP TABLE calls",
    "SELECT 1; SELECT 2",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('calls')",
    "EXPLAIN ANALYZE DELETE FROM calls",
    "EXPLAIN ANALYZE COPY calls TO '{0}/out.csv'",
    "PREPARE p AS DELETE FROM calls",
    "EXECUTE p",
    "SELECT getenv('HOME')",
    "SELECT current_setting('secret_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "FROM duckdb_databases()",
    "WITH gone AS (DELETE FROM calls RETURNING *) SELECT * FROM gone",
    "USE memory",
    "DETACH h",
    "COMMENT ON TABLE calls IS 'x'",
    "",
    ";",
    "-- nothing",
)


def test_nothing_gets_out_of_sql(served: Served, tmp_path: Path) -> None:
    """All escapes through the reader that `query` uses; some again through the program itself."""
    folder = tmp_path / "open"
    folder.mkdir()
    texts = [sql.replace("{0}", str(folder)).replace("{1}", str(served.history)) for sql in ESCAPES]
    before = served.ask("SELECT count(*), max(model) FROM calls")
    with open_history(served.history) as reader:
        passed = [sql for sql in texts if _passes(partial(reader.ask, sql))]
        target = folder / "answer.parquet"
        passed += [sql for sql in texts if _passes(partial(reader.write_parquet, sql, target))]
    assert passed == []
    for sql in texts[:3] + texts[36:37]:
        refused = _run(served, "query", sql)
        assert refused.returncode == 2, sql
        assert refused.stdout == ""
        assert len(refused.stderr.strip().splitlines()) == 1
    assert list(folder.iterdir()) == []
    assert served.ask("SELECT count(*), max(model) FROM calls") == before


def _passes(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except QueryError:
        return False
    return True


def test_questions_that_only_read_are_answered(served: Served) -> None:
    questions = (
        "SELECT count(*) FROM calls;",
        "FROM calls SELECT model",
        "WITH c AS (SELECT * FROM calls) SELECT count(*) FROM c -- why not",
        "DESCRIBE calls",
        "SHOW TABLES",
        "SUMMARIZE calls",
        "EXPLAIN SELECT * FROM calls",
        "PIVOT calls ON outcome USING count(*)",
        "VALUES (1), (2)",
        "TABLE calls",
        "SELECT 'read_csv; DROP TABLE calls' AS text",
    )
    with open_history(served.history) as reader:
        assert [sql for sql in questions if not reader.ask(sql).rows] == []
    done = _run(served, "query", questions[2])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.fixture
def load(served: Served) -> Iterator[list[str]]:
    """Calls, one after another, while the test asks; the texts of those that have ended."""
    ended: list[str] = []
    stop = threading.Event()

    def run() -> None:
        for number in range(100_000):
            if stop.is_set():
                return
            text = f"load {number}"
            _call(served.url, f"echo: {text}")
            ended.append(text)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield ended
    stop.set()
    thread.join(30)


def test_ten_programs_ask_at_once_under_load_and_each_sees_what_has_ended(
    served: Served, load: list[str]
) -> None:
    def ask_one(number: int) -> tuple[int, int]:
        known = len(load)
        if number % 2:
            done = _run(served, "query", "SELECT count(*) AS n FROM calls", "--format", "json")
            assert done.returncode == 0, done.stderr
            return known, int(json.loads(done.stdout)[0]["n"]) - 1
        done = _run(served, "calls", "--json", "--limit", "5")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)
        return 0, 0

    with ThreadPoolExecutor(ASKERS) as pool:
        for known, seen in pool.map(ask_one, range(ASKERS)):
            assert seen >= known
    assert load, "no call ended meanwhile"


def test_a_question_sees_all_that_has_ended_however_much_it_is(served: Served) -> None:
    """More than the historian takes in one step lies in the journal when the question comes."""
    pid = int((ask(socket_path(served.history, "history"), {"op": "status"}) or {})["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        for number in range(20):
            _call(served.url, f"echo: {number}", padding="x" * 1_000_000)
    finally:
        os.kill(pid, signal.SIGCONT)
    done = _run(served, "query", "SELECT count(*) AS n FROM calls", "--format", "json")
    assert json.loads(done.stdout) == [{"n": 21}]


def test_an_export_can_be_sent_again_and_says_what_was_answered(
    served: Served, tmp_path: Path
) -> None:
    streamed = _call(served.url, "echo: second", stream=True, temperature=0.5)
    batch, har, parquet = (tmp_path / name for name in ("b.jsonl", "c.har", "c.parquet"))
    for form, path in (("openai-batch", batch), ("har", har), ("parquet", parquet)):
        done = _run(served, "export", "--format", form, "--output", str(path))
        assert done.returncode == 0, done.stderr

    lines = [json.loads(line) for line in batch.read_text().splitlines()]
    assert [(line["method"], line["url"]) for line in lines] == [
        ("POST", "/v1/chat/completions")
    ] * 2
    again = [_call(served.url, "", **line["body"]) for line in lines]
    assert b"first" in again[0]
    assert b"second" in again[1]

    entries = json.loads(har.read_text())["log"]["entries"]
    assert [entry["response"]["status"] for entry in entries] == [200, 200]
    assert entries[1]["response"]["content"]["text"].encode() == streamed
    assert json.loads(entries[1]["request"]["postData"]["text"])["temperature"] == 0.5

    asked = f"SELECT output_text FROM '{parquet}' ORDER BY started_at"
    told = duckdb.connect().execute(asked).fetchall()
    assert told == [("first",), ("second",)]


def test_every_reading_command_takes_history_json_and_limit(served: Served) -> None:
    for words in (("calls",), ("show", "last"), ("status",), ("query", "SELECT * FROM calls")):
        done = _run(served, *words, "--json", "--limit", "1")
        assert done.returncode == 0, (words, done.stderr)
        assert json.loads(done.stdout)


def test_tail_shows_a_call_as_it_ends(served: Served, proc: Start) -> None:
    served.ask_until("SELECT 1 FROM calls", 1)
    words = ["tail", "--json", "--limit", "1", "--history", str(served.history)]
    tail = proc([*DRIFTGATE, *words])
    tail.wait_for('"first"')  # it looks by now
    _call(served.url, "echo: shown")
    assert tail.popen.wait(20) == 0
    tail.end()
    shown = [json.loads(line) for line in tail.output]
    assert [call["output"] for call in shown] == ["first", "shown"]


def test_a_cut_answer_says_so(served: Served) -> None:
    _call(served.url, "echo: more")
    done = _run(served, "query", "SELECT * FROM calls", "--limit", "1")
    assert done.returncode == 0
    assert "1" in done.stderr
    assert "limit" in done.stderr.lower()
    slow = "SELECT count(*) FROM range(100000000) a, range(100000) b"
    done = _run(served, "query", slow, "--timeout", "0.3")
    assert done.returncode == 2
    assert "0.3" in done.stderr


def test_a_history_can_be_asked_when_nothing_runs(served: Served, proc: Start) -> None:
    assert served.process.stop() == 0
    done = _run(served, "query", "SELECT output_text FROM calls", "--format", "csv")
    assert done.stdout.split() == ["output_text", "first"]
    assert _run(served, "status").returncode == 4
