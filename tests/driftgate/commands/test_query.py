"""`driftgate query` over a real history."""

import io
import json
import signal
import subprocess
from pathlib import Path

import pytest

from driftgate import cli
from driftgate.proxy.history.reader import open_history
from tests.support.processes import DRIFTGATE, ROOT
from tests.support.recorded_calls import Recording
from tests.support.waiting import wait_until

SQL = "SELECT status, model FROM calls ORDER BY started_at"


def test_a_table_is_the_default(recording: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["query", SQL]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "status  model",
        "------  ------",
        "   200  gemma4",
        "   502  other",
        "   200",
    ]


def test_json_and_the_other_formats_hold_every_row(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("json", "ndjson", "csv", "markdown"):
        assert cli.main(["query", SQL, "--format", form]) == 0
        assert "gemma4" in capsys.readouterr().out
    assert cli.main(["query", SQL, "--json"]) == 0
    assert [row["status"] for row in json.loads(capsys.readouterr().out)] == [200, 502, 200]


def test_sql_comes_from_stdin_or_a_file_too(
    recording: Recording,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 1 AS one"))
    assert cli.main(["query", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"one": 1}]
    (tmp_path / "q.sql").write_text("SELECT 2 AS two;\n")
    assert cli.main(["query", "--file", str(tmp_path / "q.sql"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"two": 2}]


def test_a_cut_result_says_so_and_is_no_error(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["query", SQL, "--limit", "2", "--json"]) == 0
    told = capsys.readouterr()
    assert len(json.loads(told.out)) == 2
    assert told.err == "driftgate: cut after 2 rows; there are more (--limit 0 gives all)\n"
    assert cli.main(["query", SQL, "--limit", "3", "--json"]) == 0
    assert capsys.readouterr().err == ""


def test_a_table_is_cut_after_a_thousand_rows_and_json_is_not(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["query", "SELECT * FROM range(1500)"]) == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 1002
    assert "cut after 1000 rows" in told.err
    assert cli.main(["query", "SELECT * FROM range(1500)", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1500


def test_what_models_wrote_cannot_steer_the_terminal(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["query", "SELECT chr(27) || '[2J' || chr(10) || chr(7) AS evil"]) == 0
    assert "\\x1b[2J\\n\\x07" in capsys.readouterr().out


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM calls",
        "SELECT 1; DROP TABLE calls",
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY calls TO '/tmp/x.csv'",
        "SELEC 1",
        "SELECT '\udcff'",
        "",
    ],
)
def test_what_is_no_question_is_refused(
    recording: Recording, sql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["query", sql]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("driftgate: ")
    assert told.err.count("\n") == 1
    with open_history(recording.path) as reader:
        assert reader.ask("SELECT count(*) FROM calls").rows == [(3,)]


def test_a_long_question_is_stopped(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    endless = "SELECT sum(hash(a.range, b.range)) FROM range(10000000) a, range(10000000) b"
    assert cli.main(["query", endless, "--timeout", "0.3"]) == 2
    assert "stopped after 0.3 s" in capsys.readouterr().err


def test_parquet_goes_to_a_file(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.parquet"
    assert cli.main(["query", "FROM calls; ", "--format", "parquet", "-o", str(target)]) == 0
    assert target.read_bytes()[:4] == b"PAR1"
    assert capsys.readouterr().err == f"driftgate: 3 rows written to {target}\n"
    limited = ["query", "FROM calls", "--format", "parquet", "-o", str(target), "--limit", "2"]
    assert cli.main(limited) == 0
    assert "2 rows written" in capsys.readouterr().err
    assert cli.main(["query", SQL, "--format", "parquet"]) == 2
    assert "--output FILE" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_a_usage_error(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "absent" / "out")
    for form in ("json", "parquet"):
        assert cli.main(["query", SQL, "--format", form, "--output", target]) == 2
        assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["SELECT 1", "--file", "x"], ["--file", "/absent"]])
def test_the_sql_must_be_given_once(
    recording: Recording, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["query", *arguments]) == 2
    assert capsys.readouterr().err.startswith("driftgate: ")


def test_json_and_another_format_contradict(recording: Recording) -> None:
    assert cli.main(["query", SQL, "--json", "--format", "csv"]) == 2
    assert cli.main(["query", SQL, "--json", "--format", "json"]) == 0


def test_a_missing_history_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["query", SQL, "--history", str(tmp_path / "no.duckdb")]) == 2
    assert "driftgate serve" in capsys.readouterr().err


def test_it_works_as_a_program(recording: Recording) -> None:
    done = subprocess.run(
        [*DRIFTGATE, "query", "SELECT count(*) AS n FROM calls", "--format", "csv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("n\n3\n", "")


def test_ctrl_c_ends_a_question_that_would_take_hours(recording: Recording) -> None:
    heavy = (
        "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range % 7 = b.range % 11"
    )
    history = recording.path
    with subprocess.Popen(
        [*DRIFTGATE, "query", heavy, "--timeout", "0", "--history", str(history)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
    ) as asking:
        wait_until(lambda: _cpu_ticks(asking.pid) > 100, 60, what="a second of DuckDB's work")
        asking.send_signal(signal.SIGINT)
        assert asking.wait(10) == 130


def _cpu_ticks(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        pytest.skip("platform: needs /proc")
    return int(stat.read_text().rpartition(")")[2].split()[11])
