"""What the historian does with calls once they are in the history: spans and metrics, lines in the log."""

import logging
from typing import Any

from driftgate.proxy.call_log import CallLog
from driftgate.proxy.history.drain import Drain
from driftgate.proxy.settings.model import Settings

log = logging.getLogger("driftgate")


class Behind:
    """Hears a drain."""

    def __init__(self, settings: Settings, drain: Drain) -> None:
        self._telemetry = _telemetry(settings) if settings.otel.endpoint is not None else None
        if self._telemetry is not None:
            drain.listeners.append(self._telemetry.hear)
        if settings.log_calls != "none":
            drain.listeners.append(CallLog(settings).hear)

    def status(self) -> dict[str, Any] | None:
        """What was exported; None: nothing is."""
        status: dict[str, Any] | None = self._telemetry.status() if self._telemetry else None
        return status

    def close(self) -> None:
        """Exports what is left, within bounds."""
        if self._telemetry is not None:
            self._telemetry.close()


def _telemetry(settings: Settings) -> Any:
    """The export; None, and a line in the log, where it cannot begin: the ingest goes on without."""
    try:
        from driftgate.proxy.telemetry.telemetry import Telemetry  # noqa: PLC0415 - brings the SDK

        return Telemetry(settings)
    except Exception as error:  # noqa: BLE001 - whatever an environment makes of the exporters
        log.error("spans and metrics are not exported: %s", error)  # noqa: TRY400 - likewise
        return None
