"""Events, health checks and telemetry: what an operator sees."""

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gatepass import Event, Limited, Rejected, Setu, Su, Unavailable
from gatepass.otel import Telemetry
from gatepass_emulator import Emulator

from ..conftest import Time, Way
from .crowd import settle


class Ear(list[Event]):
    """Keeps every event."""

    def kinds(self) -> list[str]:
        return [event.kind for event in self]


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_a_token_asked_for_waited_for_and_kept(emulator: Emulator, time: Time, way: Way, ear: Ear) -> None:
    credential = Setu("sandbox", clock=time.clock, on_event=ear.append)

    for _ in range(3):
        way.token(credential)

    settle()
    assert sorted(ear.kinds()) == ["minted", "requested", "waited"]
    assert {(event.provider, event.environment) for event in ear} == {("setu", "sandbox")}
    assert {event.kind: event.status for event in ear} == {"requested": None, "minted": 200, "waited": None}


def test_an_aged_token_is_served_and_nobody_waits(emulator: Emulator, time: Time, way: Way, ear: Ear) -> None:
    credential = Setu("sandbox", clock=time.clock, on_event=ear.append)
    way.token(credential)
    settle()
    ear.clear()
    time.pass_(0.85 * 1800)

    way.token(credential)
    settle()

    assert sorted(ear.kinds()) == ["minted", "requested", "served_stale"]


@pytest.mark.parametrize(
    ("fault", "kind", "error"),
    [
        ({"status": 400}, "refused", Rejected),
        ({"status": 429}, "limited", Limited),
        ({"status": 405}, "refused", Rejected),
        ({"body": "<html>"}, "failed", Unavailable),
    ],
)
def test_trouble_has_a_name_and_a_status(
    emulator: Emulator,
    time: Time,
    way: Way,
    ear: Ear,
    fault: dict[str, Any],
    kind: Any,
    error: type[Exception],
) -> None:
    emulator.fault("setu", "sandbox", **fault)
    credential = Setu("sandbox", clock=time.clock, on_event=ear.append)

    with pytest.raises(error):
        way.token(credential)

    settle()
    assert sorted(ear.kinds()) == sorted(["requested", kind, "waited"])
    assert {event.kind: event.status for event in ear}[kind] == fault.get("status", 200)


def test_a_listener_that_breaks_breaks_nothing(
    emulator: Emulator, time: Time, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_event: Event) -> None:
        raise ValueError("fake-secret-of-the-listener")

    assert way.token(Setu("sandbox", clock=time.clock, on_event=broken)).value
    settle()
    assert caplog.text.count("on_event failed with ValueError") == 1
    assert "fake-secret-of-the-listener" not in caplog.text


def test_a_listener_may_ask_for_a_token_itself(emulator: Emulator, time: Time, way: Way) -> None:
    emulator.fault("setu", "sandbox", times=1, status=400)
    errors: list[Exception] = []

    def ask(event: Event) -> None:
        if event.kind == "refused":
            with pytest.raises(Rejected) as caught:
                credential.token()
            errors.append(caught.value)

    credential = Setu("sandbox", clock=time.clock, on_event=ask)
    with pytest.raises(Rejected):
        way.token(credential)

    settle()
    assert len(errors) == 1
    assert emulator.count("setu") == 1


def test_no_event_shows_a_secret_or_a_token(emulator: Emulator, time: Time, way: Way, ear: Ear) -> None:
    credential = Su("production", clock=time.clock, on_event=ear.append)
    token = way.token(credential)
    settle()

    for hidden in (token.value, emulator.variables()["SU_PRODUCTION_CLIENT_SECRET"]):
        assert hidden not in repr(ear)


def test_status_tells_the_state_without_asking_anybody(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    seen = [credential.status()]
    way.token(credential)
    seen.append(credential.status())
    time.pass_(0.85 * 1800)
    seen.append(credential.status())
    time.pass_(0.2 * 1800)
    seen.append(credential.status())

    assert [status.state for status in seen] == ["empty", "fresh", "stale", "expired"]
    assert [round(status.seconds_left) for status in seen] == [0, 1740, 210, 0]
    assert all(status.error is None and status.quota_left is None for status in seen)
    assert emulator.count("setu") == 1


def test_status_tells_the_last_failure_and_what_is_left_of_the_quota(
    emulator: Emulator, time: Time, way: Way
) -> None:
    credential = Su("sandbox", client_secret="fake-wrong", clock=time.clock)
    with pytest.raises(Rejected) as caught:
        way.token(credential)

    status = credential.status()

    assert status.state == "refused"
    assert str(status.error) == str(caught.value)
    assert status.error is not None
    assert status.error.retry_at == pytest.approx(time.now + 60)
    assert status.quota_left == 29
    assert "fake-wrong" not in repr(status)


def test_telemetry_counts_and_spans_under_stable_names(emulator: Emulator, time: Time, way: Way) -> None:
    reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    watched = Telemetry(MeterProvider([reader]), tracers)
    emulator.fault("setu", "sandbox", times=1, status=400)
    credential = Setu("sandbox", clock=time.clock, on_event=watched)
    with pytest.raises(Rejected):
        way.token(credential)
    credential.forget()
    way.token(credential)
    settle()

    data: Any = reader.get_metrics_data()
    metrics = data.resource_metrics[0].scope_metrics[0].metrics
    counted = {one.name: one.data.data_points[0] for one in metrics}
    assert counted["gatepass.token.requested"].value == 2
    assert counted["gatepass.token.minted"].value == 1
    assert counted["gatepass.token.refused"].value == 1
    assert counted["gatepass.token.waited"].value == 2
    assert counted["gatepass.token.wait"].count == 2
    about = {"gatepass.provider": "setu", "gatepass.environment": "sandbox"}
    assert dict(counted["gatepass.token.minted"].attributes) == about
    refused, minted = spans.get_finished_spans()
    assert {refused.name, minted.name} == {"gatepass.token"}
    assert dict(refused.attributes or {}) == {**about, "http.response.status_code": 400}
    assert (refused.status.is_ok, minted.status.is_ok) == (False, True)
