"""What the historian does with calls behind their commit, where a collector is named."""

from typing import Any

from driftgate.proxy.history.committed import Committed
from driftgate.proxy.history.prepare import PreparedCall
from driftgate.proxy.history.table import Row
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.telemetry.attempts import attempts_of
from driftgate.proxy.telemetry.calls import spans_of
from driftgate.proxy.telemetry.context import context_of
from driftgate.proxy.telemetry.measures import Measuring
from driftgate.proxy.telemetry.places import Places
from driftgate.proxy.telemetry.sender import Sender
from driftgate.proxy.telemetry.turns import Turns


class Telemetry:
    """Live calls alone: what a run or a shadow asks is in the history, and in no trace.

    sender: None: one is made, and its thread begins.
    """

    def __init__(self, settings: Settings, sender: Sender | None = None) -> None:
        self._content = settings.otel.content
        self._places = Places(settings.upstreams)
        self._measuring = Measuring()
        self._turns = Turns(content=self._content)
        self.sender = sender or Sender(settings.otel)

    def hear(self, committed: Committed, _seconds: float) -> None:
        """Takes what was written."""
        if self.sender.takes_spans:
            self._turns.rows(committed.given)
        for call in committed.calls:
            if "arm" not in call.kept:
                self._call(call, call.kept)
        if self.sender.takes_spans and (done := self._turns.spans()):
            self.sender.spans(done)

    def status(self) -> dict[str, Any]:
        """See Sender.status()."""
        return self.sender.status()

    def close(self) -> None:
        """Sends what is left, within bounds."""
        self.sender.close()

    def _call(self, call: PreparedCall, row: Row) -> None:
        made = attempts_of(call, row, self._places)
        self.sender.measures(self._measuring.of(call, row, made))
        if not self.sender.takes_spans:
            return
        context = context_of(row.get("request_headers") or "", row["call_id"])
        if any(each.place.agent for each in made):
            self._turns.call(row["call_id"], context)
        if context.sampled and self.sender.queue.full:
            self.sender.queue.dropped += 1 + len(made)  # what nobody will see is not made
        elif context.sampled:
            self.sender.spans(spans_of(call, row, made, context, content=self._content))
