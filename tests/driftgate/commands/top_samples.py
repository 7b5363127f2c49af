"""Samples of `driftgate top`, made by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from driftgate.commands.top_figures import COLUMNS, Ended, ended
from driftgate.commands.top_sample import Sample
from driftgate.proxy.running import Running

NOW = datetime(2026, 11, 24, 12, 0, 0)  # noqa: DTZ001 - the history's own form
NOW_S = NOW.replace(tzinfo=UTC).timestamp()
HOSTILE = "evil\x1b[2J\u202e[bold]\n" + "x" * 500


def call(seconds_ago: float = 1, **columns: Any) -> Ended:
    """A completed call that ended so long before NOW."""
    row: dict[str, Any] = {
        **dict.fromkeys(COLUMNS),
        "call_id": "019ab3f2-7c41-7000-8000-000000000001",
        "ended_at": NOW - timedelta(seconds=seconds_ago),
        "model": "gemma4",
        "upstream": "local",
        "status": 200,
        "outcome": "completed",
        "verdict": "pass",
        "attempts": 1,
        "input_tokens": 12,
        "output_tokens": 30,
        "first_token_ms": 200.0,
        "total_ms": 1000.0,
        "tokens_per_second": 40.0,
    }
    return ended({**row, **columns})


def worker(**more: Any) -> dict[str, Any]:
    """The status of a worker that is well."""
    local = {"url": "http://127.0.0.1:11434", "calls": 7, "errors": 1, "last_ok_at": NOW_S - 5}
    return {
        "listen": "http://127.0.0.1:8787",
        "calls_open": 2,
        "unrecorded": 0,
        "upstreams": {"local": local},
        "rates": {"calls_per_min": 9},
        **more,
    }


def sample(*calls: Ended, found: Running | None = None, **more: Any) -> Sample:
    """What was seen at NOW, over five minutes."""
    historian = {"backlog_bytes": 2048, "lag_s": 0.4, "waiting_for": None, "error": None}
    values: dict[str, Any] = {"history_bytes": 1_500_000, **more}
    runs = Running(historian, {"w1": worker()}) if found is None else found
    return Sample(NOW, timedelta(minutes=5), runs, calls, Path("h.duckdb"), **values)
