"""Events as OpenTelemetry signals: `Setu("sandbox", on_event=Telemetry())`; extra `[otel]`.

The names are stable. Counters, each with the attributes `gatepass.provider` and
`gatepass.environment`: `gatepass.token.requested`, `.issued`, `.rejected`, `.rate_limited`, `.failed`,
`.served_stale`, `.waited`. Histogram `gatepass.token.wait` in seconds. A span `gatepass.token` for
each renewal, with `http.response.status_code` where there was one, and status ERROR if it failed.
"""

import time
from typing import get_args

from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider, get_tracer

from ._event import Event, Kind


class Telemetry:
    """Turns the events of any number of credentials into counters, a histogram and spans."""

    def __init__(
        self, meter_provider: MeterProvider | None = None, tracer_provider: TracerProvider | None = None
    ) -> None:
        meter = get_meter("gatepass", meter_provider=meter_provider)
        self._tracer = get_tracer("gatepass", tracer_provider=tracer_provider)
        self._counters = {kind: meter.create_counter(f"gatepass.token.{kind}") for kind in get_args(Kind)}
        self._wait = meter.create_histogram("gatepass.token.wait", unit="s")

    def __call__(self, event: Event) -> None:
        about = {"gatepass.provider": event.provider, "gatepass.environment": event.environment}
        self._counters[event.kind].add(1, about)
        if event.kind == "waited":
            self._wait.record(event.seconds, about)
        elif event.kind in ("issued", "rejected", "rate_limited", "failed"):
            self._record_span(event, about)

    def _record_span(self, event: Event, about: dict[str, str]) -> None:
        """The renewal is over when its event comes, so the span is written with its times."""
        end = time.time_ns()
        begin = end - int(event.seconds * 1e9)
        span = self._tracer.start_span(
            "gatepass.token", kind=SpanKind.CLIENT, attributes=about, start_time=begin
        )
        if event.status is not None:
            span.set_attribute("http.response.status_code", event.status)
        if event.kind != "issued":
            span.set_status(Status(StatusCode.ERROR, event.kind))
        span.end(end)
