"""Counts calls: what the clients got, and how it came to that."""

from prometheus_client import Counter
from prometheus_client.registry import CollectorRegistry

from driftgate.contracts.verdict import Verdict
from driftgate.proxy.errors import Fault
from driftgate.proxy.history.prepare import PreparedCall
from driftgate.proxy.history.table import Row
from driftgate.proxy.metrics import families
from driftgate.proxy.metrics.family import Family
from driftgate.proxy.metrics.faults import fault_of
from driftgate.proxy.metrics.place import Places
from driftgate.proxy.metrics.series import Series
from driftgate.proxy.metrics.values import Vocabulary

_NONE = ""
_CLASSES = {number: f"{number}xx" for number in range(1, 6)}


class CallCounter:
    """Counts committed calls; for one thread."""

    def __init__(self, registry: CollectorRegistry, vocabulary: Vocabulary) -> None:
        """Nothing is counted yet."""

        def series(family: Family) -> Series[Counter]:
            return Series(family.counter(registry), family, vocabulary)

        self._places = Places(registry, vocabulary)
        self._calls = series(families.CALLS)
        self._attempts = series(families.ATTEMPTS)
        self._repairs = series(families.REPAIRS)
        self._fallbacks = series(families.FALLBACKS)
        self._verdicts = series(families.VERDICTS)
        self._violations = series(families.VIOLATIONS)
        self._replays = series(families.REPLAYS)

    def count(self, call: PreparedCall) -> None:
        """One call. A replay is none that anybody waited for: it is counted by its arm alone."""
        row, fault = call.row, fault_of(call)
        if "arm" in row:
            self._replays.of(row["arm"], "ok" if fault is None else "error").inc()
            return
        self._count_ended(row, fault)
        if call.tries:
            for each in call.tries:
                self._attempts.of(each.row["upstream"], each.row["reason"]).inc()
        elif row["attempts"] and row["upstream"]:  # without one it went nowhere
            self._attempts.of(row["upstream"], "first").inc()
        if "verdict" in row:
            self._count_judged(row)
        for violation in call.violations:
            which = violation.get("contract"), violation["keyword"], violation["severity"]
            self._violations.of(*which).inc()

    def _count_ended(self, row: Row, fault: Fault | None) -> None:
        upstream, model = row["upstream"], row.get("model")
        self._places.of(upstream, model).count(row, fault)
        status = _CLASSES.get(row.get("status", 0) // 100, _NONE)
        self._calls.of(upstream, model, row.get("dialect"), row["outcome"], status).inc()

    def _count_judged(self, row: Row) -> None:
        contract = row.get("contract")
        which = (row["upstream"], row.get("model"), contract)
        self._verdicts.of(*which, row["verdict"]).inc()
        if row["verdict"] == Verdict.PASS:  # so that the first failure counts in rate() too
            self._verdicts.of(*which, Verdict.FAIL.value)
        for repair in row.get("repairs", ()):
            self._repairs.of(contract, repair).inc()
        if "fallback" in row:
            self._fallbacks.of(row["upstream"], row["fallback"]).inc()
