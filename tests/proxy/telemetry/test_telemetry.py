"""What the historian tells of a batch: live calls, once, as far as they are sampled."""

from typing import TYPE_CHECKING, Any, cast

from driftgate.proxy.history.committed import Committed
from driftgate.proxy.record import Recorded
from driftgate.proxy.settings.model import Settings
from driftgate.proxy.telemetry.queue import Queue
from driftgate.proxy.telemetry.span import Span
from driftgate.proxy.telemetry.telemetry import Telemetry
from tests.support.kept_calls import CALL_ID, kept, recorded

if TYPE_CHECKING:
    from driftgate.proxy.telemetry.sender import Sender

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
UPSTREAMS = {
    "local": {"url": "http://127.0.0.1:8080"},
    "helper": {"kind": "codex", "codex": {"model": "m"}},
}


class Heard:
    """Takes what the sender would."""

    def __init__(self) -> None:
        self.takes_spans = True
        self.queue = Queue()
        self.made: list[Span] = []
        self.measured = 0

    def spans(self, spans: list[Span]) -> None:
        self.made += spans

    def measures(self, measures: Any) -> None:
        self.measured += len(list(measures))


def told(*batches: Committed, heard: Heard | None = None) -> Heard:
    heard = heard or Heard()
    settings = Settings.model_validate({"upstreams": UPSTREAMS})
    telemetry = Telemetry(settings, cast("Sender", heard))
    for batch in batches:
        telemetry.hear(batch, 0.0)
    return heard


def with_parent(value: str, **more: Any) -> Recorded:
    return recorded(request_headers=[("Host", "x"), ("traceparent", value)], **more)


def test_a_call_is_told_and_measured() -> None:
    heard = told(kept(recorded()))
    assert [span.name for span in heard.made] == ["POST /v1/chat/completions", "chat gemma4"]
    assert {span.trace_id for span in heard.made} == {CALL_ID.hex()}
    assert heard.made[0].parent_id is None
    assert heard.measured > 3


def test_what_a_run_or_a_shadow_asks_is_no_live_call() -> None:
    heard = told(kept(recorded(), arm="shadow"))
    assert (heard.made, heard.measured) == ([], 0)


def test_an_incoming_trace_goes_on_and_one_that_is_not_sampled_is_measured_alone() -> None:
    heard = told(kept(with_parent(f"00-{TRACE}-{PARENT}-01")))
    assert (heard.made[0].trace_id, heard.made[0].parent_id) == (TRACE, PARENT)
    heard = told(kept(with_parent(f"00-{TRACE}-{PARENT}-00")))
    assert heard.made == []
    assert heard.measured > 3


def test_spans_that_find_no_room_are_not_even_made() -> None:
    heard = Heard()
    heard.queue = Queue(limit=0)
    told(kept(recorded()), heard=heard)
    assert (heard.made, heard.queue.dropped) == ([], 2)
    assert heard.measured > 3


def test_without_traces_metrics_are_still_measured() -> None:
    heard = Heard()
    heard.takes_spans = False
    told(kept(recorded()), heard=heard)
    assert (heard.made, heard.queue.dropped) == ([], 0)
    assert heard.measured > 3


def test_what_an_agent_did_stands_below_its_call_in_either_order() -> None:
    row = {
        "call_id": CALL_ID.hex(),
        "attempt": 1,
        "position": 0,
        "happened_at": "2027-01-15T08:00:00+00:00",
        "kind": "command",
        "status": "completed",
    }
    items = Committed(given=[("agent_item_rows", row)])
    call = kept(with_parent(f"00-{TRACE}-{PARENT}-01", upstream="helper"))
    for batches in ((items, call), (call, items)):
        server, client, tool = told(*batches).made
        assert (client.name, tool.name) == ("invoke_agent helper", "execute_tool shell")
        assert (tool.trace_id, tool.parent_id) == (TRACE, client.span_id)
        assert client.parent_id == server.span_id
    assert (
        len(told(items, kept(recorded())).made) == 2
    )  # of no agent: its items are waited for in vain
