"""Events, the status of a credential, and telemetry."""

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gatepass import Event, RateLimited, Rejected, Setu, Su, Unavailable
from gatepass.otel import Telemetry
from gatepass_emulator import Emulator

from ..helpers import FakeClock, Runner, wait_for_background_refreshes


class EventLog(list[Event]):
    """Records every event."""

    def kinds(self) -> list[str]:
        return [event.kind for event in self]


@pytest.fixture
def events() -> EventLog:
    return EventLog()


def test_a_fetched_token_emits_requested_issued_and_waited(
    emulator: Emulator, clock: FakeClock, runner: Runner, events: EventLog
) -> None:
    credential = Setu("sandbox", clock=clock.clock, on_event=events.append)

    for _ in range(3):
        runner.token(credential)

    wait_for_background_refreshes()
    assert sorted(events.kinds()) == ["issued", "requested", "waited"]
    assert {(event.provider, event.environment) for event in events} == {("setu", "sandbox")}
    assert {event.kind: event.status for event in events} == {
        "requested": None,
        "issued": 200,
        "waited": None,
    }


def test_a_stale_token_emits_served_stale_and_not_waited(
    emulator: Emulator, clock: FakeClock, runner: Runner, events: EventLog
) -> None:
    credential = Setu("sandbox", clock=clock.clock, on_event=events.append)
    runner.token(credential)
    wait_for_background_refreshes()
    events.clear()
    clock.advance(0.85 * 1800)

    runner.token(credential)
    wait_for_background_refreshes()

    assert sorted(events.kinds()) == ["issued", "requested", "served_stale"]


@pytest.mark.parametrize(
    ("fault", "kind", "error"),
    [
        ({"status": 400}, "rejected", Rejected),
        ({"status": 429}, "rate_limited", RateLimited),
        ({"status": 405}, "rejected", Rejected),
        ({"body": "<html>"}, "failed", Unavailable),
    ],
)
def test_a_failure_emits_its_kind_and_status(
    emulator: Emulator,
    clock: FakeClock,
    runner: Runner,
    events: EventLog,
    fault: dict[str, Any],
    kind: Any,
    error: type[Exception],
) -> None:
    emulator.fault("setu", "sandbox", **fault)
    credential = Setu("sandbox", clock=clock.clock, on_event=events.append)

    with pytest.raises(error):
        runner.token(credential)

    wait_for_background_refreshes()
    assert sorted(events.kinds()) == sorted(["requested", kind, "waited"])
    assert {event.kind: event.status for event in events}[kind] == fault.get("status", 200)


def test_a_listener_that_raises_only_logs_a_warning(
    emulator: Emulator, clock: FakeClock, runner: Runner, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_event: Event) -> None:
        raise ValueError("fake-secret-of-the-listener")

    assert runner.token(Setu("sandbox", clock=clock.clock, on_event=broken)).value
    wait_for_background_refreshes()
    assert caplog.text.count("on_event failed with ValueError") == 1
    assert "fake-secret-of-the-listener" not in caplog.text


def test_a_listener_may_request_a_token(emulator: Emulator, clock: FakeClock, runner: Runner) -> None:
    emulator.fault("setu", "sandbox", times=1, status=400)
    errors: list[Exception] = []

    def request_token(event: Event) -> None:
        if event.kind == "rejected":
            with pytest.raises(Rejected) as caught:
                credential.token()
            errors.append(caught.value)

    credential = Setu("sandbox", clock=clock.clock, on_event=request_token)
    with pytest.raises(Rejected):
        runner.token(credential)

    wait_for_background_refreshes()
    assert len(errors) == 1
    assert emulator.count("setu") == 1


def test_no_event_shows_a_secret_or_a_token(
    emulator: Emulator, clock: FakeClock, runner: Runner, events: EventLog
) -> None:
    credential = Su("production", clock=clock.clock, on_event=events.append)
    token = runner.token(credential)
    wait_for_background_refreshes()

    for hidden in (token.value, emulator.variables()["SU_PRODUCTION_CLIENT_SECRET"]):
        assert hidden not in repr(events)


def test_status_returns_the_state_without_a_request(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    statuses = [credential.status()]
    runner.token(credential)
    statuses.append(credential.status())
    clock.advance(0.85 * 1800)
    statuses.append(credential.status())
    clock.advance(0.2 * 1800)
    statuses.append(credential.status())

    assert [status.state for status in statuses] == ["empty", "fresh", "stale", "expired"]
    assert [round(status.seconds_left) for status in statuses] == [0, 1740, 210, 0]
    assert all(status.error is None and status.quota_left is None for status in statuses)
    assert emulator.count("setu") == 1


def test_status_returns_the_last_failure_and_the_remaining_quota(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Su("sandbox", client_secret="fake-wrong", clock=clock.clock)
    with pytest.raises(Rejected) as caught:
        runner.token(credential)

    status = credential.status()

    assert status.state == "rejected"
    assert str(status.error) == str(caught.value)
    assert status.error is not None
    assert status.error.retry_at == pytest.approx(clock.now + 60)
    assert status.quota_left == 29
    assert "fake-wrong" not in repr(status)


def test_telemetry_has_documented_metrics_and_spans(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    telemetry = Telemetry(MeterProvider([reader]), tracers)
    emulator.fault("setu", "sandbox", times=1, status=400)
    credential = Setu("sandbox", clock=clock.clock, on_event=telemetry)
    with pytest.raises(Rejected):
        runner.token(credential)
    credential.invalidate()
    runner.token(credential)
    wait_for_background_refreshes()

    data: Any = reader.get_metrics_data()
    metrics = data.resource_metrics[0].scope_metrics[0].metrics
    points = {metric.name: metric.data.data_points[0] for metric in metrics}
    assert points["gatepass.token.requested"].value == 2
    assert points["gatepass.token.issued"].value == 1
    assert points["gatepass.token.rejected"].value == 1
    assert points["gatepass.token.waited"].value == 2
    assert points["gatepass.token.wait"].count == 2
    attributes = {"gatepass.provider": "setu", "gatepass.environment": "sandbox"}
    assert dict(points["gatepass.token.issued"].attributes) == attributes
    rejected, issued = spans.get_finished_spans()
    assert {rejected.name, issued.name} == {"gatepass.token"}
    assert dict(rejected.attributes or {}) == {**attributes, "http.response.status_code": 400}
    assert (rejected.status.is_ok, issued.status.is_ok) == (False, True)
