"""Traces that cross HTTP, outbox, Kafka and consumer under one id (W3C trace context)."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Final

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_W3C: Final = TraceContextTextMapPropagator()
_tracer: Final = trace.get_tracer("mentorship")


def start_tracing(service: str) -> None:
    """Make spans real; they leave the process where OTEL_EXPORTER_OTLP_ENDPOINT says, if it does."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"mentorship-{service}"}))
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - 15 MiB

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def span(name: str, kind: SpanKind, carrier: Mapping[str, str]) -> AbstractContextManager[Span]:
    """Open a span that continues the trace of the carrier's `traceparent`, if it has a valid one."""
    came_with = _W3C.extract(dict(carrier), context=context.Context())
    return _tracer.start_as_current_span(name, context=came_with, kind=kind, record_exception=False)


def traceparent() -> dict[str, str]:
    """The header that continues the current trace elsewhere; empty outside any."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return {"traceparent": carrier["traceparent"]} if "traceparent" in carrier else {}


def trace_id() -> str | None:
    current = trace.get_current_span().get_span_context()
    return f"{current.trace_id:032x}" if current.is_valid else None
