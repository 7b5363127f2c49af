"""A collector: takes OTLP over HTTP as protobuf, gzip or not, and keeps what it got."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

_KINDS = {1: "internal", 2: "server", 3: "client"}


def value_of(value: AnyValue) -> Any:
    """As Python's."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


def attributes_of(pairs: Any) -> dict[str, Any]:
    """Attributes by name."""
    found: dict[str, Any] = {}
    pair: KeyValue
    for pair in pairs:
        assert pair.key not in found
        found[pair.key] = value_of(pair.value)
    return found


@dataclass(frozen=True)
class Got:
    """A span as it came; ids as hex digits, "" where there is none."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    error: str | None
    service: str

    @classmethod
    def of(cls, span: WireSpan, service: str) -> "Got":
        """From the wire."""
        return cls(
            span.name,
            _KINDS[span.kind],
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.start_time_unix_nano,
            span.end_time_unix_nano,
            attributes_of(span.attributes),
            [(event.name, attributes_of(event.attributes)) for event in span.events],
            span.status.message if span.status.code == 2 else None,
            service,
        )


@dataclass
class Collector:
    """What came so far. raw: bodies, uncompressed. status: what is answered."""

    spans: list[Got] = field(default_factory=list)
    metrics: dict[str, Metric] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    port: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Its address, as `otel.endpoint` takes it."""
        return f"http://127.0.0.1:{self.port}"

    def named(self, start: str) -> list[Got]:
        """The spans whose name begins so."""
        return [span for span in self.spans if span.name.startswith(start)]

    def of_kind(self, kind: str) -> list[Got]:
        """The spans of a kind, in the order of their start."""
        found = [span for span in self.spans if span.kind == kind]
        return sorted(found, key=lambda span: span.start_ns)

    def points(self, metric: str) -> list[tuple[dict[str, Any], HistogramDataPoint]]:
        """The points of a histogram with their attributes."""
        points = self.metrics[metric].histogram.data_points
        return [(attributes_of(point.attributes), point) for point in points]

    async def until(self, seen: Callable[[], Any], timeout_s: float = 20.0) -> None:
        """Waits until something has come."""
        async with asyncio.timeout(timeout_s):
            while not seen():
                self._news.clear()
                await self._news.wait()

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator["Collector"]:
        """Listens while the block runs."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/traces", self._traces)
        app.router.add_post("/v1/metrics", self._metrics)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _body(self, request: web.Request) -> bytes:
        assert request.content_type == "application/x-protobuf"
        self.headers.append(dict(request.headers))
        body = await request.read()  # aiohttp takes the coding off
        if body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
        self.raw.append(body)
        return body

    async def _traces(self, request: web.Request) -> web.Response:
        came = ExportTraceServiceRequest.FromString(await self._body(request))
        if self.status < 300:
            for resource in came.resource_spans:
                service = attributes_of(resource.resource.attributes)["service.name"]
                for scope in resource.scope_spans:
                    self.spans += [Got.of(span, service) for span in scope.spans]
        return self._answer(ExportTraceServiceResponse())

    async def _metrics(self, request: web.Request) -> web.Response:
        came = ExportMetricsServiceRequest.FromString(await self._body(request))
        if self.status < 300:
            for resource in came.resource_metrics:
                for scope in resource.scope_metrics:
                    self.metrics |= {metric.name: metric for metric in scope.metrics}
        return self._answer(ExportMetricsServiceResponse())

    def _answer(self, message: Any) -> web.Response:
        self._news.set()
        body = message.SerializeToString()
        return web.Response(status=self.status, body=body, content_type="application/x-protobuf")
