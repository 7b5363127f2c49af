"""A real exposition: calls through a real history, counted, and what workers say of themselves."""

from pathlib import Path
from typing import Any
from uuid import UUID

from prometheus_client.parser import text_string_to_metric_families

from driftgate.dashboards.exposition import exposition
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.store import Store
from driftgate.proxy.metrics.metrics import Metrics
from driftgate.proxy.record import Attempt, Outcome, Recorded, Replayed
from tests.proxy.history.calls import batch, call

VIOLATION = {"source": "contract", "keyword": "type", "path": "text", "reason": "no object"}
BROKEN = {
    "contract": "order",
    "verdict": "fail",
    "violations": [{**VIOLATION, "severity": "error"}],
    "repairs": ["close_json"],
}
UPSTREAM = {"calls": 3, "errors": 1, "last_ok_at": 5.0, "last_error_at": 6.0, "breaker": "closed"}
SHADOW = {
    "upstream": "shadow",
    "sent": 4,
    "failed": 1,
    "waiting": 0,
    "running": 1,
    "dropped_by": {"queue": 2},
    "breaker": "open",
}


def worker(number: int = 0, **changes: Any) -> dict[str, Any]:
    """The status of a worker, as far as metrics are made of it."""
    status = {
        "worker": f"w{number}",
        "number": number,
        "started_at": 1.0,
        "calls_total": 5,
        "calls_open": 2,
        "unrecorded": 0,
        "disk_full": False,
        "replays": False,
        "upstreams": {"default": dict(UPSTREAM)},
        "shadow": dict(SHADOW),
    }
    return {**status, **changes}


def every_kind() -> list[Recorded]:
    """Calls that together touch every metric of calls."""
    attempts = [
        Attempt(1, "first", "default", judged=BROKEN),
        Attempt(2, "fallback", "big", judged=BROKEN),
    ]
    judged = {**BROKEN, "fallback": "big/other"}
    return [
        call(1),
        call(2, attempts=attempts, judged=judged),
        call(3, outcome=Outcome.UPSTREAM_RESET),
        call(4, replayed=Replayed(bytes(16), "shadow", bytes(16))),
    ]


def counted(folder: Path) -> Metrics:
    """These calls and a fingerprint, by way of a history in this folder."""
    metrics, store = Metrics(0.0), Store(folder / "exposed.duckdb")
    shown = [
        Seen(number * 1000, "default", "gemma4", str(UUID(int=number)), {}) for number in (1, 2)
    ]
    store.apply([batch(*every_kind())], seen=shown)
    metrics.committed(store.committed, 0.02)
    return metrics


def exposed(folder: Path) -> str:
    """The whole exposition, in Prometheus' own format."""
    status = {"lag_s": 0.5, "backlog_bytes": 7, "last_ingest_at": 3.0}
    historian = {"text": counted(folder).text(status, openmetrics=False)}
    return exposition(historian, {"w0": worker(0), "w1": worker(1)}).decode()


def labels_by_name(text: str) -> dict[str, set[str]]:
    """Each sample's name and the labels that it has."""
    found: dict[str, set[str]] = {}
    for metric in text_string_to_metric_families(text):
        for sample in metric.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found
