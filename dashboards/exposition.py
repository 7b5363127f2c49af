"""What `/metrics` says: the historian's text, and what each worker says of itself. Pure.

The historian counts calls (`driftgate.proxy.metrics`); here is what never comes into a history.
Workers are told apart by their number, so that one that starts anew is seen to count from zero; those
of several proxies that share a history by their address, too.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from driftgate import __version__
from driftgate.proxy.metrics.exposition import END, as_text
from driftgate.proxy.metrics.family import Family
from driftgate.proxy.metrics.values import plain

_PLACE = ("worker", "upstream")
STATES = ("closed", "open", "half_open")

UP = Family("driftgate_up", "1: a process of this kind answers: historian or worker.", ("process",))
WORKERS = Family("driftgate_workers", "Workers that answer.")
BUILD = Family("driftgate_build_info", "The version of driftgate.", ("version",))

# of each worker: the key of its status
OF_WORKER = (
    (
        Family("driftgate_worker_start_time_seconds", "When it started.", ("worker",)),
        "started_at",
    ),
    (
        Family(
            "driftgate_calls_started_total", "Calls that it took, recorded or not.", ("worker",)
        ),
        "calls_total",
    ),
    (Family("driftgate_open_calls", "Calls under way.", ("worker",)), "calls_open"),
    (
        Family(
            "driftgate_unrecorded_calls_total",
            "Calls that passed while the journal could not be written (journal.disk_full = pass).",
            ("worker",),
        ),
        "unrecorded",
    ),
    (
        Family("driftgate_disk_full", "1: the journal cannot be written.", ("worker",)),
        "disk_full",
    ),
)
# of each worker and upstream: the key of its health
OF_UPSTREAM = (
    (Family("driftgate_upstream_calls_total", "Calls that were sent to it.", _PLACE), "calls"),
    (
        Family(
            "driftgate_upstream_errors_total",
            "Calls that it did not serve: no connection, a reset, a timeout, no HTTP.",
            _PLACE,
        ),
        "errors",
    ),
    (
        Family(
            "driftgate_upstream_last_success_timestamp_seconds",
            "When it last served a call; 0: not yet.",
            _PLACE,
        ),
        "last_ok_at",
    ),
    (
        Family(
            "driftgate_upstream_last_error_timestamp_seconds",
            "When it last failed; 0: not yet.",
            _PLACE,
        ),
        "last_error_at",
    ),
)
BREAKER = Family(
    "driftgate_breaker_state",
    "1 for the state of the breaker of managed calls: closed, open (no call goes through) or "
    "half_open (one goes, to try).",
    (*_PLACE, "state"),
)
# of each worker with shadow traffic: the key of what it says of it
OF_SHADOW = (
    (Family("driftgate_shadow_sent_total", "Copies that were sent.", _PLACE), "sent"),
    (Family("driftgate_shadow_failed_total", "Those of them without an answer.", _PLACE), "failed"),
    (Family("driftgate_shadow_waiting", "Copies that wait for their turn.", _PLACE), "waiting"),
    (Family("driftgate_shadow_running", "Copies under way.", _PLACE), "running"),
)
DROPPED = Family(
    "driftgate_shadow_dropped_total",
    "Copies that were not sent; reason is queue, late and so on.",
    (*_PLACE, "reason"),
)
SHOWN = (
    *(UP, WORKERS, BUILD, BREAKER, DROPPED),
    *(family for family, _ in (*OF_WORKER, *OF_UPSTREAM, *OF_SHADOW)),
)

Status = Mapping[str, Any]
Line = tuple[tuple[str, ...], float]


def exposition(
    historian: Status | None, workers: Mapping[str, Status], *, openmetrics: bool = False
) -> bytes:
    """All metrics of one history.

    Args:
        historian: its answer to `metrics`, in the same format; None: it does not answer, and what
            it would have counted is missing.
        workers: their statuses, by name.
        openmetrics: as OpenMetrics, not in Prometheus' own format.
    """
    told = str((historian or {}).get("text") or "").removesuffix(END)
    ours = _Workers(bool(told), [workers[name] for name in sorted(workers)])
    return (told + as_text(ours, openmetrics)).encode()


class _Workers(Collector):
    def __init__(self, historian: bool, workers: list[Status]) -> None:
        self._historian, self._workers = historian, workers
        self._shared = len({each.get("listen") for each in workers}) > 1

    def collect(self) -> Iterator[Metric]:
        up = {"historian": self._historian, "worker": bool(self._workers)}
        yield _metric(UP, (((name,), float(there)) for name, there in up.items()))
        yield _metric(WORKERS, [((), float(len(self._workers)))])
        yield BUILD.info(__version__)
        for family, key in OF_WORKER:
            yield _metric(
                family, (((self._name(each),), _number(each.get(key))) for each in self._workers)
            )
        for family, key in OF_UPSTREAM:
            lines = [(place, _number(said.get(key))) for place, said in self._upstreams()]
            yield _metric(family, lines)
        yield _metric(BREAKER, self._breakers())
        yield from self._shadow()

    def _name(self, worker: Status) -> str:
        number = str(worker.get("number", 0))
        where = plain(worker.get("listen")).removeprefix("http://")
        return f"{number}@{where}" if self._shared else number

    def _upstreams(self) -> Iterator[tuple[tuple[str, str], Status]]:
        for worker in self._workers:
            for name, said in (worker.get("upstreams") or {}).items():
                yield (self._name(worker), plain(name)), said

    def _shadows(self) -> Iterator[tuple[tuple[str, str], Status]]:
        for worker in self._workers:
            if said := worker.get("shadow"):
                yield (self._name(worker), plain(said.get("upstream"))), said

    def _breakers(self) -> Iterator[Line]:
        for place, said in (*self._upstreams(), *self._shadows()):
            for state in STATES if said.get("breaker") in STATES else ():
                yield (*place, state), float(said["breaker"] == state)

    def _shadow(self) -> Iterator[Metric]:
        shadows = list(self._shadows())
        for family, key in OF_SHADOW:
            yield _metric(family, ((place, _number(said.get(key))) for place, said in shadows))
        yield _metric(
            DROPPED,
            (
                ((*place, plain(reason)), _number(count))
                for place, said in shadows
                for reason, count in (said.get("dropped_by") or {}).items()
            ),
        )


def _metric(family: Family, lines: Iterable[Line]) -> Metric:
    """A metric of these samples; two workers of one number would be one series twice: the last counts."""
    metric = family.read()
    for values, value in dict(lines).items():
        metric.add_metric(values, value)
    return metric


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
