"""The history is locked, missing, newer or damaged, or the disk is full: the proxy serves on."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from driftgate.proxy.admin import ask, socket_path
from driftgate.proxy.journal.reader import backlog_bytes
from driftgate.proxy.settings.model import journal_root
from tests.support import disk
from tests.support.backends import Backend, Served, Start
from tests.support.processes import DRIFTGATE
from tests.support.waiting import wait_until

HOLD = """
import duckdb, sys, time
def opened():
    try:
        return duckdb.connect(sys.argv[1], read_only=True)
    except duckdb.IOException:  # driftgate writes just now
        time.sleep(0.05)
        return opened()
with opened() as history:
    print("held", history.execute("SELECT count(*) FROM calls").fetchone()[0], flush=True)
    sys.stdin.read()
"""


def _call(served: Served) -> int:
    request = urllib.request.Request(
        f"{served.url}/v1/chat/completions",
        b'{"model":"gemma4-sim:v1","messages":[{"role":"user","content":"echo: hi"}]}',
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _status(served: Served) -> dict[str, Any]:
    return ask(socket_path(served.history, "history"), {"op": "status"}) or {}


def _count(served: Served) -> int:
    return int(served.ask("SELECT count(*) FROM calls WHERE path LIKE '%chat%'")[0][0])


def test_a_reader_that_stays_only_delays_and_is_named(
    sim: Backend, serve: Callable[..., Served]
) -> None:
    served = serve(sim.url)
    assert _call(served) == 200
    assert _count(served) == 1
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(served.history)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline().startswith("held")
        assert [_call(served) for _ in range(5)] == [200] * 5
        waiting = wait_until(lambda: _status(served).get("waiting_for"), 20, what="the holder")
        assert str(reader.pid) in str(waiting)
        assert _status(served)["backlog_bytes"] > 0
        status = subprocess.run(
            [*DRIFTGATE, "status", "--history", str(served.history)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert str(reader.pid) in status.stdout + status.stderr
        reader.communicate("")
    wait_until(lambda: _count(served) == 6, 20, what="the delayed calls")


def test_a_plain_reader_gets_in_under_load(sim: Backend, serve: Callable[..., Served]) -> None:
    served = serve(sim.url)
    seen = [0]
    for _ in range(15):
        assert _call(served) == 200
        seen.append(wait_until(lambda: _plain_count(served.history), 20, what="a free moment"))
    assert seen == sorted(seen)
    wait_until(lambda: _plain_count(served.history) == 15, 20, what="all calls")


def _plain_count(history: Path) -> int:
    """What the duckdb package sees, without any help of ours; 0 while it cannot open the file."""
    script = (
        "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True)"
        ".execute(\"SELECT count(*) FROM calls WHERE path LIKE '%chat%'\").fetchone()[0])"
    )
    command = [sys.executable, "-c", script, str(history)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(found.stdout or 0)


def test_a_history_that_is_deleted_is_made_anew(sim: Backend, serve: Callable[..., Served]) -> None:
    served = serve(sim.url)
    assert _call(served) == 200
    assert _count(served) == 1
    served.history.unlink()
    assert _call(served) == 200
    wait_until(lambda: served.history.exists() and _count(served) >= 1, 20, what="a new history")


def _spoil_damaged(history: Path) -> None:
    history.write_bytes(b"this is no database" * 1000)


def _spoil_newer(history: Path) -> None:
    with duckdb.connect(str(history)) as made:
        made.execute(
            "CREATE TABLE schema_migrations AS SELECT 999 AS version, '999_later' AS name,"
            " now()::TIMESTAMP AS applied_at, '99.0' AS driftgate_version"
        )


@pytest.mark.parametrize(
    ("spoil", "word"), [(_spoil_damaged, "damaged"), (_spoil_newer, "upgrade driftgate")]
)
def test_a_history_that_cannot_be_written_stops_nobody(
    sim: Backend,
    proc: Start,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    word: str,
) -> None:
    history = tmp_path / "h.duckdb"
    spoil(history)
    before = history.read_bytes()
    where = ["--listen", "127.0.0.1:0", "--history", str(history), "--upstream", sim.url]
    process = proc([*DRIFTGATE, "serve", *where])
    served = Served(process.wait_for(r"listening on (http://[^\s,]+)", 30)[1], history, process)
    assert [_call(served) for _ in range(3)] == [200] * 3
    error = wait_until(lambda: _status(served).get("error"), 20, what="the reason")
    assert word in str(error)
    assert "\n" not in str(error)
    assert history.read_bytes() == before
    assert served.process.stop(timeout_s=60) == 0
    assert backlog_bytes(journal_root(history)) > 0
    # once the file is out of the way, nothing is lost
    history.unlink()
    again = proc([*DRIFTGATE, "serve", *where])
    served = Served(again.wait_for(r"listening on (http://[^\s,]+)", 30)[1], history, again)
    wait_until(lambda: history.exists() and _count(served) == 3, 20, what="the three calls")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 24 MB."""
    with disk.small_disk(tmp_path, "24m") as folder:
        yield folder


@pytest.mark.parametrize("policy", ["refuse", "pass"])
def test_a_full_disk(
    sim: Backend, serve: Callable[..., Served], small_disk: Path, policy: str
) -> None:
    env = {"DRIFTGATE_JOURNAL__MIN_FREE_MB": "4", "DRIFTGATE_JOURNAL__DISK_FULL": policy}
    served = serve(sim.url, env=env, history=small_disk / "h.duckdb")
    assert _call(served) == 200
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file:
        for _ in range(22):
            try:
                file.write(bytes(1 << 20))
                file.flush()
            except OSError:
                break
    expected = {"refuse": 503, "pass": 200}[policy]
    wait_until(lambda: served.process.text.count("cannot be written"), 20, what="the shout")
    assert _call(served) == expected
    status = json.loads(
        subprocess.run(
            [*DRIFTGATE, "status", "--json", "--history", str(served.history)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    )
    (worker,) = status["workers"].values()
    assert worker["disk_full"]
    assert worker["unrecorded"] == (1 if policy == "pass" else 0)
    ballast.unlink()
    wait_until(lambda: "can be written again" in served.process.text, 20, what="the all-clear")
    assert _call(served) == 200
    wait_until(lambda: _count(served) == 2, 30, what="both recorded calls")
