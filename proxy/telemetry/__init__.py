"""Spans and metrics of calls for OpenTelemetry: made by the historian, sent by OTLP over HTTP."""
