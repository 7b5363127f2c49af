"""Spans and metrics reach a real receiver; one that is gone, slow or refuses costs nobody anything."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from driftgate import __version__
from driftgate.proxy.settings.otel import Otel
from driftgate.proxy.telemetry import sender as sender_module
from driftgate.proxy.telemetry.measures import DURATION, VERDICTS, Measure
from driftgate.proxy.telemetry.sender import Sender
from driftgate.proxy.telemetry.span import Event, Kind, Span
from tests.support.collector import Collector
from tests.support.processes import free_port

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = Span(
    name="chat \ud800m",
    kind=Kind.CLIENT,
    trace_id=TRACE,
    span_id="b7ad6b7169203331",
    parent_id="00f067aa0ba902b7",
    start_ns=1_800_000_000_000_000_001,
    end_ns=1_800_000_000_000_000_002,
    attributes={
        "text": "a\x00b\ud800",
        "big": 1 << 70,
        "list": ["é", "\udfff"],
        "yes": True,
        "n": 0.5,
    },
    events=(Event("gen_ai.evaluation.result", 5, {"label": "pass"}),),
    remote=True,
    error="why",
)


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sender_module, "SPANS_S", 0.01)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.3")
    quiet = logging.getLogger("opentelemetry")
    handlers, propagate = quiet.handlers[:], quiet.propagate
    yield
    quiet.handlers[:], quiet.propagate = handlers, propagate


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with Collector().running() as running:
        yield running


def named(name: str) -> Span:
    return Span(name, Kind.SERVER, TRACE, "b7ad6b7169203331", None, 1, 2, {})


async def closed(sender: Sender, limit_s: float = 2.0) -> float:
    began = time.monotonic()
    await asyncio.to_thread(sender.close, limit_s)
    return time.monotonic() - began


async def test_a_span_arrives_whole_whatever_strangers_wrote_into_it(collector: Collector) -> None:
    sender = Sender(Otel(endpoint=collector.url, service_name="mine"))
    sender.spans([SPAN])
    await collector.until(lambda: collector.spans)
    await closed(sender)
    (got,) = collector.spans
    assert (got.name, got.kind, got.service) == ("chat ?m", "client", "mine")
    assert (got.trace_id, got.span_id, got.parent_id) == (TRACE, SPAN.span_id, SPAN.parent_id)
    assert (got.start_ns, got.end_ns, got.error) == (SPAN.start_ns, SPAN.end_ns, "why")
    expected: dict[str, Any] = {"text": "a\x00b?", "big": float(1 << 70), "list": ["é", "?"]}
    assert got.attributes == {**expected, "yes": True, "n": 0.5}
    assert got.events == [("gen_ai.evaluation.result", {"label": "pass"})]
    assert collector.headers[0]["User-Agent"].startswith("OTel")
    assert __version__.encode() in collector.raw[0]


async def test_standard_variables_give_headers_and_compression(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20a2V5")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    sender = Sender(Otel(endpoint=f"{collector.url}/"))
    sender.spans([SPAN])
    await collector.until(lambda: collector.spans)
    await closed(sender)
    headers = {name.lower(): value for name, value in collector.headers[0].items()}
    assert headers["authorization"] == "Basic a2V5"
    assert headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("settings", "named"), [("driftgate", "workshop"), ("mine", "mine")], ids=["default", "given"]
)
async def test_a_standard_variable_names_the_service_where_the_settings_do_not(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, settings: str, named: str
) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=less,host.name=h")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "workshop")
    sender = Sender(Otel(endpoint=collector.url, service_name=settings))
    sender.spans([SPAN])
    await collector.until(lambda: collector.spans)
    await closed(sender)
    assert collector.spans[0].service == named


async def test_a_standard_variable_turns_everything_off(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "TRUE")
    sender = Sender(Otel(endpoint=collector.url))
    assert not sender.takes_spans
    sender.measures([Measure(DURATION, 1, {})])
    await closed(sender)
    assert collector.raw == []


async def test_metrics_are_sent_at_each_interval_and_at_the_end(collector: Collector) -> None:
    sender = Sender(Otel(endpoint=collector.url, interval_s=0.05))
    sender.measures([Measure(DURATION, 0.03, {"gen_ai.operation.name": "chat"})])
    await collector.until(lambda: DURATION in collector.metrics)
    ((attributes, point),) = collector.points(DURATION)
    assert (attributes, point.count, point.sum) == ({"gen_ai.operation.name": "chat"}, 1, 0.03)
    assert list(point.explicit_bounds)[:3] == [0.01, 0.02, 0.04]
    assert collector.metrics[DURATION].unit == "s"
    sender.measures([Measure(VERDICTS, 1, {"driftgate.verdict": "pass"})] * 2)
    await closed(sender)
    assert collector.metrics[VERDICTS].sum.data_points[0].as_int == 2


async def test_what_waits_at_the_end_is_sent(collector: Collector) -> None:
    sender = Sender(Otel(endpoint=collector.url))
    for number in range(1500):
        sender.spans([named(f"{number}")])
    await closed(sender, 20)
    assert sorted(int(span.name) for span in collector.spans) == list(range(1500))
    assert sender.status()["spans_sent"] == 1500


async def test_a_signal_may_be_left_out(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    sender = Sender(Otel(endpoint=collector.url))
    sender.measures([Measure(DURATION, 1, {})])
    sender.spans([SPAN])
    await closed(sender)
    assert (len(collector.spans), collector.metrics) == (1, {})
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "None")
    sender = Sender(Otel(endpoint=collector.url))
    assert not sender.takes_spans
    await closed(sender)


async def test_a_collector_that_is_gone_is_said_once_and_waited_for_in_vain_by_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    sender = Sender(Otel(endpoint=f"http://127.0.0.1:{port}", interval_s=3600))
    collector = Collector()
    for _ in range(3):
        sender.spans([SPAN])
        await _until(lambda: len(sender.queue) == 0)
    await _until(lambda: sender.status()["failing"] == ["traces"])
    async with collector.running(port):
        while not collector.spans:
            sender.spans([named("late")])
            await asyncio.sleep(0.01)
        await _until(lambda: not sender.status()["failing"])
        await closed(sender)
    told = [each for each in caplog.messages if "traces" in each]
    assert len(told) == 2
    assert "do not reach" in told[0]
    assert "no connection" in told[0]
    assert "again" in told[1]
    assert caplog.messages == told


async def test_the_end_does_not_wait_for_a_collector_that_never_answers() -> None:
    held: list[Any] = []  # Python 3.13 closes a connection whose ends nobody holds

    async def hold(*ends: Any) -> None:
        held.append(ends)

    hangs = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = hangs.sockets[0].getsockname()[1]
    sender = Sender(Otel(endpoint=f"http://127.0.0.1:{port}"))
    for number in range(20_000):
        sender.spans([named(f"{number}")])
    assert sender.queue.dropped > 0
    assert await closed(sender, 0.2) < 5
    assert sender.status()["spans_waiting"] > 0
    for _, writer in held:
        writer.close()
    hangs.close()


async def test_an_answer_that_refuses_loses_what_was_sent(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.status = 400
    sender = Sender(Otel(endpoint=collector.url))
    sender.spans([SPAN])
    await _until(lambda: sender.status()["spans_lost"] == 1)
    collector.status = 200
    sender.spans([SPAN])
    await collector.until(lambda: collector.spans)
    await closed(sender)
    assert "code: 400" in caplog.messages[0]
    assert sender.status()["spans_sent"] == 1


async def test_a_fault_of_ours_ends_no_thread(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = threading.Event()

    def breaks(*_: Any) -> None:
        broken.set()
        raise RuntimeError

    sender = Sender(Otel(endpoint=collector.url))
    with monkeypatch.context() as patched:
        patched.setattr(sender_module, "as_otel", breaks)
        sender.spans([SPAN])
        await _until(broken.is_set)
    sender.spans([SPAN])
    await collector.until(lambda: collector.spans)
    await closed(sender)


async def _until(seen: Any, timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not seen():
            await asyncio.sleep(0.01)
