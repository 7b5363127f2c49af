"""`driftgate tail` over a real history, as a real program."""

import json
import signal

import pytest

from driftgate import cli
from tests.support.backends import Start
from tests.support.processes import DRIFTGATE
from tests.support.recorded_calls import Recording, call_id, record


def test_calls_show_as_they_are_recorded_and_ctrl_c_is_no_error(
    recording: Recording, proc: Start
) -> None:
    tail = proc([*DRIFTGATE, "tail", "-n", "1"])
    tail.wait_for("GET /unknown")
    recording.add(record(7))
    tail.wait_for(r"Say hi \\x1b\[31mred")
    assert tail.stop(signal.SIGINT) == 0
    assert len(tail.output) == 3, tail.text
    assert tail.output[0].split()[:2] == ["time", "id"]


def test_json_gives_a_line_a_call_and_limit_ends_it(recording: Recording, proc: Start) -> None:
    tail = proc([*DRIFTGATE, "tail", "-n", "2", "--json", "--limit", "1"])
    tail.wait_for(str(call_id(2)))
    recording.add(record(7))
    assert tail.popen.wait(20) == 0
    tail.end()
    assert [json.loads(line)["id"] for line in tail.output] == [
        str(call_id(number)) for number in (1, 2, 7)
    ]


def test_only_failed_calls_show_where_asked(recording: Recording, proc: Start) -> None:
    wanted = ["--verdict", "fail", "--contract", "builtin", "--limit", "1"]
    tail = proc([*DRIFTGATE, "tail", "-n", "1", "--json", *wanted])
    tail.wait_for(str(call_id(0)))
    recording.add(record(7, status=502, chunks=[]), record(8))
    tail.wait_for(str(call_id(8)))
    assert tail.popen.wait(20) == 0
    assert str(call_id(7)) not in tail.text


def test_a_history_that_is_not_there_yet_is_waited_for(recording: Recording, proc: Start) -> None:
    later = recording.path.with_name("later.duckdb")
    tail = proc([*DRIFTGATE, "tail", "--history", later, "--limit", "1"])
    tail.wait_for("no history at .*; waiting for it")
    Recording(later).add(record(0))
    assert tail.popen.wait(20) == 0


def test_a_file_that_is_no_history_is_an_error(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    other = recording.path.with_name("other.duckdb")
    other.write_bytes(b"no database" * 1000)
    assert cli.main(["tail", "--history", str(other)]) == 4
    assert capsys.readouterr().err.startswith("driftgate: ")
