"""From driftgate's spans to OpenTelemetry's, for its exporter."""

from collections.abc import Sequence

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event as OtelEvent
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from driftgate.proxy.telemetry.span import Attributes, Kind, Span, Value

_KINDS = {
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.INTERNAL: SpanKind.INTERNAL,
}
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_UNSET = Status(StatusCode.UNSET)
_LARGEST = (1 << 63) - 1


def as_otel(span: Span, resource: Resource, scope: InstrumentationScope) -> ReadableSpan:
    """The span as the exporter takes it."""
    error = span.error
    return ReadableSpan(
        sound(span.name),
        context=_context(span.trace_id, span.span_id),
        parent=_context(span.trace_id, span.parent_id, remote=span.remote)
        if span.parent_id is not None
        else None,
        resource=resource,
        attributes=_sound(span.attributes),
        events=[
            OtelEvent(event.name, _sound(event.attributes), event.at_ns) for event in span.events
        ],
        kind=_KINDS[span.kind],
        status=_UNSET if error is None else Status(StatusCode.ERROR, sound(error) or None),
        start_time=span.start_ns,
        end_time=span.end_ns,
        instrumentation_scope=scope,
    )


def _context(trace_id: str, span_id: str, *, remote: bool = False) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), remote, _SAMPLED)


def _sound(attributes: Attributes) -> Attributes:
    """Values that protobuf can hold: strangers' texts may be no Unicode, their numbers of any size."""
    return {name: _value(value) for name, value in attributes.items()}


def _value(value: Value) -> Value:
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -_LARGEST <= value <= _LARGEST else float(value)
    return _texts(value)


def _texts(values: Sequence[str]) -> list[str]:
    return [sound(each) for each in values]


def sound(text: str) -> str:
    """The text, lone surrogates as question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
