"""What runs, told to people and to programs."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from driftgate import cli
from driftgate.commands.status import page, report
from driftgate.proxy.running import Running

HISTORY = Path("h.duckdb")
KEPT = {"bytes": 1_500_000, "calls": 12, "failed": 0, "problem": None}


def worker(**more: Any) -> dict[str, Any]:
    upstream = {
        "url": "http://127.0.0.1:11434",
        "calls": 7,
        "errors": 1,
        "last_ok_at": time.time() - 5,
        "last_error": "refused",
        "last_error_at": time.time() - 60,
    }
    return {
        "pid": 10,
        "listen": "http://127.0.0.1:8787",
        "calls_total": 7,
        "calls_open": 1,
        "unrecorded": 0,
        "disk_full": False,
        "upstreams": {"local": upstream},
        "rates": {"calls_per_min": 3.0},
        **more,
    }


def historian(**more: Any) -> dict[str, Any]:
    return {
        "backlog_bytes": 2048,
        "lag_s": 0.4,
        "ingested_total": 7,
        "waiting_for": None,
        "error": None,
        "quarantined": [],
        "fingerprints": {"local": {"gemma4": {"id": "abc", "changed_at": time.time() - 7200}}},
        **more,
    }


def text(found: Running, kept: dict[str, Any] | None = None) -> str:
    return "\n".join(page(found, kept or KEPT, HISTORY, 20))


def test_all_is_well() -> None:
    told = text(Running(historian(), {"w1": worker(), "w2": worker(pid=11)}))
    assert "http://127.0.0.1:8787, 2 workers (PID 10, 11)" in told
    assert "2 open, 6.0 a minute, 14 since start" in told
    assert "upstream local http://127.0.0.1:11434, reachable, last answer 5.0s ago" in told
    assert "14 calls, 2 errors" in told
    assert "2.0 kB to read, 400ms behind, 7 calls read" in told
    assert "fingerprint  local gemma4, abc, since 2h00m ago" in told
    assert "1.5 MB, 12 calls" in told
    assert "!!" not in told


def test_agents_are_told_where_there_are_some() -> None:
    agent = {"model": "gemma4", "model_upstream": "local", "codex_version": "0.169.0", "turns": 1}
    told = text(Running(historian(), {"w1": worker()}, {"pid": 12, "agents": {"coder": agent}}))
    assert "agents       host (PID 12), 0 turns running" in told
    assert "agent coder  Codex 0.169.0, gemma4 at local, 1 turn, 0 failed" in told


def test_unrecorded_calls_are_shouted_first() -> None:
    lines = page(Running(historian(), {"w1": worker(unrecorded=3)}), KEPT, HISTORY, 20)
    assert lines[0] == "!! 3 CALLS PASSED UNRECORDED: the journal could not be written"


def test_a_full_disk_is_shouted() -> None:
    assert "!! THE DISK IS FULL" in text(Running(historian(), {"w1": worker(disk_full=True)}))


def test_who_holds_the_file_and_what_is_broken_is_told() -> None:
    told = text(
        Running(
            historian(waiting_for="python3 (PID 7)\x1b[2J", error="boom", quarantined=["/q/1.seg"]),
            {"w1": worker()},
        )
    )
    assert "the history file is held: python3 (PID 7)\\x1b[2J" in told
    assert "error        boom" in told
    assert "/q/1.seg: a damaged part of the journal" in told


def test_the_latest_news_of_an_upstream_counts_over_all_workers() -> None:
    broken = worker()
    broken["upstreams"]["local"].update(last_error="reset", last_error_at=time.time())
    told = text(Running(historian(), {"w1": worker(), "w2": broken, "w3": worker()}))
    assert "LAST CALL FAILED" in told
    assert ": reset" in told


def test_an_upstream_without_calls_says_so() -> None:
    fresh = worker(upstreams={"local": {"url": "http://x", "calls": 0, "errors": 0}})
    assert "no call yet" in text(Running(historian(), {"w1": fresh}))


def test_a_missing_historian_is_told() -> None:
    assert "historian    does not answer" in text(Running(None, {"w1": worker()}))


def test_the_json_has_the_same_facts() -> None:
    made = report(Running(historian(), {"w1": worker(unrecorded=2)}), KEPT, HISTORY)
    assert (made["running"], made["unrecorded"], made["calls_open"]) == (True, 2, 1)
    assert made["history"]["calls"] == 12
    assert made["workers"]["w1"]["pid"] == 10


def test_nothing_running_says_what_to_do_and_exits_with_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    history = str(tmp_path / "h.duckdb")
    assert cli.main(["status", "--history", history]) == 4
    assert "nothing runs on this history: start `driftgate serve`" in capsys.readouterr().out
    assert cli.main(["status", "--history", history, "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["running"] is False


def test_failed_verdicts_are_counted() -> None:
    assert "12 calls, 3 with a failed verdict" in text(Running(), {**KEPT, "failed": 3})
    assert "verdict" not in text(Running())


@pytest.mark.parametrize(
    ("names", "enforcing", "expected"),
    [
        (["a 1", "b 2", "c 1"], ["a 1"], "3 in force: a 1 (enforce), 2 others"),
        (["a 1", "b 2"], ["a 1"], "2 in force: a 1 (enforce), 1 other"),
        (["a 1", "b 2"], ["a 1", "b 2"], "2 in force: a 1 (enforce), b 2 (enforce)"),
        (["a 1", "b 2"], [], "2 in force: all observe"),
        (["a 1", "b 2"], None, "2 in force: a 1, b 2"),
        ([], [], "none in force"),
    ],
)
def test_the_contracts_in_force_are_told(
    names: list[str], enforcing: list[str] | None, expected: str
) -> None:
    one = worker(contracts=names, contracts_enforcing=enforcing)
    told = text(Running(historian(), {"w1": one, "w2": one})).splitlines()
    assert [line for line in told if line.startswith("contracts")] == [f"contracts    {expected}"]


def test_contracts_that_could_not_be_loaded_are_shouted() -> None:
    bad = worker(contracts=["a 1"], contracts_bad="contracts/a.toml:9: bad\x1b[2J")
    lines = page(Running(historian(), {"w1": bad, "w2": bad}), KEPT, HISTORY, 20)
    assert lines[0] == "!! THE CONTRACTS IN FORCE ARE OLD: contracts/a.toml:9: bad\\x1b[2J"
    assert sum(line.startswith("!!") for line in lines) == 1


def test_copies_to_a_candidate_are_added_up_over_the_workers() -> None:
    copies = {"url": "http://c", "sent": 2, "failed": 1, "dropped": 3, "last_error": None}
    both = {"w1": worker(shadow=copies), "w2": worker(shadow={**copies, "last_error": "refused"})}
    told = text(Running(historian(), both))
    assert (
        "shadow       http://c, 4 copies sent, 2 failed, 6 dropped, LAST FAILURE: refused" in told
    )
    assert "shadow" not in text(Running(historian(), {"w1": worker(shadow=None)}))
