"""`driftgate export` over a real history."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from driftgate import cli
from driftgate.commands import export
from tests.support.recorded_calls import Recording, call_id


def test_a_batch_holds_what_a_batch_can_repeat(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "batch.jsonl"
    assert cli.main(["export", "--format", "openai-batch", "--output", str(target)]) == 0
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert [line["custom_id"] for line in lines] == [str(call_id(0)), str(call_id(1))]
    assert set(lines[0]) == {"custom_id", "method", "url", "body"}
    assert "stream" not in lines[0]["body"]
    assert "2 calls written, 1 left out" in capsys.readouterr().err


def test_har_is_one_log_oldest_first(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", "--format", "har"]) == 0
    log = json.loads(capsys.readouterr().out)["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "driftgate")
    assert [entry["_id"] for entry in log["entries"]] == [str(call_id(n)) for n in range(3)]
    assert [entry["response"]["status"] for entry in log["entries"]] == [200, 502, 200]
    assert log["entries"][2]["response"]["content"]["encoding"] == "base64"


def test_har_of_no_calls_is_still_har(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", "--format", "har", "--model", "absent"]) == 0
    assert json.loads(capsys.readouterr().out)["log"]["entries"] == []


def test_json_lines_hold_each_call_whole(
    recording: Recording, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", "--json", "--limit", "2"]) == 0
    calls = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [call["id"] for call in calls] == [str(call_id(0)), str(call_id(1))]
    assert "Be brief." in calls[0]["request"]["text"]


def test_parquet_takes_the_filters(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "calls.parquet"
    options = ["--since", "2026-11-24T12:00:01Z", "--text", "it's?", "--status", "5xx"]
    base = ["export", "--format", "parquet", "--output", str(target)]
    assert cli.main([*base, *options]) == 0
    assert "0 calls written" in capsys.readouterr().err
    assert cli.main([*base, "--status", "502"]) == 0
    assert "1 call written" in capsys.readouterr().err
    assert target.read_bytes()[:4] == b"PAR1"


def test_many_calls_are_read_in_parts(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(export, "_AT_ONCE", 2)
    assert cli.main(["export", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_literals_cannot_break_out() -> None:
    values = ["it's'; DROP TABLE calls; --?", 5, datetime(2026, 1, 2, 3, 4, 5)]  # noqa: DTZ001 - the history's own form
    assert export.inlined("a = ? AND b = ? AND c >= ?", values) == (
        "a = 'it''s''; DROP TABLE calls; --?' AND b = 5 AND c >= TIMESTAMP '2026-01-02 03:04:05'"
    )


@pytest.mark.parametrize(
    "arguments", [[], ["--format", "parquet"], ["--json", "--format", "har"], ["--format", "x"]]
)
def test_wrong_usage_is_told(
    recording: Recording, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", *arguments]) == 2
    assert capsys.readouterr().err.startswith("driftgate: ")
