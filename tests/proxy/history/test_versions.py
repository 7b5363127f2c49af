"""A history written with one DuckDB is read, and written on, with another."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT

_WRITE = """
import sys
from pathlib import Path
from driftgate.proxy.history.store import Store
from tests.proxy.history.calls import batch, call
number = int(sys.argv[2])
store = Store(Path(sys.argv[1]))
assert store.apply([batch(call(number), call(number + 1))]) == 2
if number % 4:
    store.tidy()
"""
_READ = """
import sys
from pathlib import Path
from driftgate.proxy.history.reader import open_history
from tests.proxy.history.calls import call
with open_history(Path(sys.argv[1]), drain=False) as reader:
    count = int(sys.argv[2])
    rows = reader.ask("SELECT call_id::VARCHAR FROM calls ORDER BY started_at").rows
    assert len(rows) == count, rows
    for number, (call_id,) in enumerate(rows, 1):
        assert reader.request_bytes(call_id) == call(number).request_body
    for view in (
        *("messages", "call_messages", "turns", "sessions", "models"),
        *("attempts", "pass_rates"),
    ):
        reader.ask(f"SELECT * FROM {view}")
    assert reader.ask("SELECT header(request_headers, 'x-a') FROM calls LIMIT 1").rows == [("1, 2",)]
"""


def _run(python: str, script: str, path: Path, number: int) -> None:
    command = [python, "-c", script, str(path), str(number)]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_histories_pass_between_duckdb_versions(tmp_path: Path) -> None:
    other = os.environ.get("DRIFTGATE_OTHER_PYTHON")
    if not other:
        pytest.skip("DRIFTGATE_OTHER_PYTHON names no Python with another DuckDB")
    for name, pythons in {"a": (sys.executable, other), "b": (other, sys.executable)}.items():
        path = tmp_path / f"{name}.duckdb"
        for turn in range(4):
            _run(pythons[turn % 2], _WRITE, path, 2 * turn + 1)
            _run(pythons[(turn + 1) % 2], _READ, path, 2 * turn + 2)
