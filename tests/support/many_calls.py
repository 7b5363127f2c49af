"""A history of many calls, made in seconds: for what must stay quick when a history is large.

    python -m tests.support.many_calls PATH [--calls N] [--seed N]

The file is the one that driftgate would have written: its schema, its settings of the file, rows in the
order of time, bodies as slices that later requests of a session share. What the calls are stands in
many_calls.sql. The last few are recorded ones.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import duckdb

from driftgate.proxy.history import migrations
from driftgate.proxy.history.connect import Writer
from driftgate.proxy.history.reader import Reader, open_history
from driftgate.proxy.history.replay_rows import Given
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.assemble import Position
from driftgate.proxy.journal.reader import Batch, JournalEvent
from driftgate.replay.decide.decision import Decision, GateVerdict
from driftgate.replay.run.rows import decided_rows, run_row
from driftgate.replay.select.keep import selection_id, selection_rows
from driftgate.replay.select.selected import Selected, Selection
from tests.replay.report.made import decision, run, worst
from tests.support.recorded_calls import record

CALLS, DAYS = 1_000_000, 90
RUNS, RECORDED = 12, 20
_SQL = Path(__file__).with_suffix(".sql")
_SPACE = UUID(int=6)  # of ids of runs
_CASES = "SELECT DISTINCT replay_of FROM replays WHERE run_id = '{}' ORDER BY ALL"
_PAIRS = """
SELECT run_id, replay_of, any_value(input_text), list(call_id) FILTER (arm = 'baseline'),
    list(call_id) FILTER (arm = 'candidate'), any_value(output_text)
FROM (FROM all_calls WHERE run_id IS NOT NULL ORDER BY call_id)
GROUP BY run_id, replay_of
QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY replay_of) <= 10
ORDER BY run_id, replay_of
"""
_SELECTIONS = ("selections", "selection_calls")
_VERDICTS = {
    GateVerdict.PASS: "contract pass rate unchanged, within its margin of 2 points.",
    GateVerdict.DRIFT: "contract pass rate fell by 5.6 points, beyond its margin of 2 points.",
    GateVerdict.INCONCLUSIVE: "about 400 more cases would decide it.",
}


def make_many(
    path: Path, calls: int = CALLS, *, seed: int = 1, until: datetime | None = None
) -> None:
    """Makes a history of so many calls over the 90 days before `until`.

    The same arguments give the same history, with the same DuckDB.

    Args:
        path: of a file that is not there yet.
        calls: live ones, all but the last 20 of them made.
        seed: another one gives other calls.
        until: when the last one was, UTC; None: now.
    """
    end = (until or datetime.now(UTC)).replace(tzinfo=None, microsecond=0)
    writer = Writer(path)
    try:
        connection = writer.open()
        migrations.migrate(connection, path)
        values = {"calls": calls - RECORDED, "seed": seed, "until": end}
        _fill(connection, {**values, "since": end - timedelta(days=DAYS)})
        writer.close()
    finally:
        writer.drop()
    store = Store(path)
    with open_history(path, drain=False) as reader:
        rows = list(_runs(reader, end))
    store.apply([_recorded(end, rows)])
    store.tidy()


def _fill(connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> None:
    connection.execute("SET threads = 2")
    values["runs"] = [str(_run_id(number)) for number in (RUNS - 2, RUNS - 1)]
    for name, value in values.items():
        connection.execute(f"SET VARIABLE {name} = $1", [value])
    for statement in connection.extract_statements(_SQL.read_text(encoding="utf-8")):
        connection.execute(statement)
    connection.execute("CHECKPOINT")
    connection.execute("SET threads = 1")


def _recorded(end: datetime, rows: Iterable[Given]) -> Batch:
    """Calls of the last minute with all that belongs to them, and these rows."""
    last_ns = int(end.replace(tzinfo=UTC).timestamp()) * 10**9
    calls = []
    for number in range(RECORDED):
        at_ns = last_ns - (RECORDED - number) * 10**9
        calls.append(replace(record(number), started_ns=at_ns, call_id=_id(at_ns, number)))
    events = [
        JournalEvent(last_ns, "rows", json.dumps({"table": table, "rows": [row]}, default=str))
        for table, row in rows
    ]
    return Batch("recorded", calls, events, Position(0, 1))


def _id(at_ns: int, number: int) -> bytes:
    """A UUIDv7 that chance has no part in."""
    return UUID(int=(at_ns // 10**6 << 80) | (0x7 << 76) | (0x8 << 60) | number).bytes


def _run_id(number: int) -> UUID:
    return uuid5(_SPACE, str(number))


def _runs(reader: Reader, end: datetime) -> Iterator[Given]:
    """One a week; what the last ones asked is there, the others have only their results."""
    pairs = reader.ask(_PAIRS).rows
    cases = reader.ask(_CASES.format(_run_id(RUNS - 1))).rows
    selection = Selection([_selected(str(case)) for (case,) in cases], "the last good orders")
    for table, made_rows in zip(_SELECTIONS, selection_rows(selection, end), strict=True):
        yield from ((table, row) for row in made_rows)
    for number in range(RUNS):
        at = (end - timedelta(days=7 * (RUNS - 1 - number), hours=1)).replace(tzinfo=UTC)
        run_id = str(_run_id(number))
        made = run(run_id=run_id, started_at=at, selection_id=selection_id(selection))
        yield "runs", run_row(made)
        decided = _decided(number, [row[1:] for row in pairs if str(row[0]) == run_id])
        for table, rows in decided_rows(run_id, decided, at + timedelta(minutes=20)):
            yield from ((table, row) for row in rows)


def _selected(call_id: str) -> Selected:
    return Selected(call_id, call_id, {"contract": ("orders",), "dialect": ("chat",)})


def _decided(number: int, pairs: Sequence[tuple[Any, ...]]) -> Decision:
    verdict, sentence = list(_VERDICTS.items())[number % len(_VERDICTS)]
    shown = [
        worst(
            call_id=str(case),
            prompt=prompt,
            answers={"baseline": [*map(str, old)], "candidate": [*map(str, new)]},
            shown={"baseline": text, "candidate": text.replace("total", "sum")},
        )
        for case, prompt, old, new, text in pairs
    ]
    return decision(verdict=verdict, sentence=sentence, pairs=shown)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests.support.many_calls", description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    began = time.perf_counter()
    make_many(given.path, given.calls, seed=given.seed)
    size, seconds = given.path.stat().st_size / 1e6, time.perf_counter() - began
    sys.stdout.write(f"{given.path}: {given.calls:,} calls, {size:.0f} MB, {seconds:.0f} s\n")


if __name__ == "__main__":
    main()
