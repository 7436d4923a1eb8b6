"""Prometheus metrics of requests and tokens; labels have names only, never a value."""

from collections.abc import Iterable, Iterator
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gatepass import Event
from gatepass._configured import Account
from gatepass._event import Kind, OnEvent

from ._issuer import Issuer

ACCOUNT = ["provider", "environment"]
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """What the service counts. The names are stable."""

    def __init__(self, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        info = Gauge("gatepass_service_info", "The version of gatepass.", ["version"], registry=registry)
        info.labels(version).set(1)
        self._requests = Counter(
            "gatepass_service_requests",
            "Requests, by path template, method, status and the client if it authenticated.",
            ["route", "method", "status", "client"],
            registry=registry,
        )
        self._seconds = Histogram(
            "gatepass_service_request_seconds",
            "Seconds until a response.",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._events = Counter(
            "gatepass_token_events",
            "What happened to tokens, as the kind of a gatepass.Event.",
            [*ACCOUNT, "kind"],
            registry=registry,
        )
        self._wait = Histogram(
            "gatepass_token_wait_seconds",
            "Seconds that requests waited for a new token.",
            ACCOUNT,
            buckets=BUCKETS,
            registry=registry,
        )

    def observe(self, route: str, method: str, status: int, client: str, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, str(status), client).inc()
        self._seconds.labels(route).observe(seconds)

    def counter_of(self, account: Account) -> OnEvent:
        """A function that counts the events of a credential, from 0: alerts compare with what was before."""
        for kind in get_args(Kind):
            self._events.labels(*account, kind)
        self._wait.labels(*account)

        def count(event: Event) -> None:
            self._events.labels(*account, event.kind).inc()
            if event.kind == "waited":
                self._wait.labels(*account).observe(event.seconds)

        return count

    def watch(self, issuers: Iterable[Issuer]) -> None:
        """Show the state of these issuers each time the metrics are read."""
        self.registry.register(_States(list(issuers)))


class _States(Collector):
    def __init__(self, issuers: list[Issuer]) -> None:
        self._issuers = issuers

    def collect(self) -> Iterator[GaugeMetricFamily]:
        left = GaugeMetricFamily(
            "gatepass_token_left_seconds", "Until the token is not served.", labels=ACCOUNT
        )
        quota = GaugeMetricFamily(
            "gatepass_token_quota_left", "Tokens that may be requested.", labels=ACCOUNT
        )
        for issuer in self._issuers:
            status, account = issuer.credential.status(), [issuer.provider, issuer.environment]
            left.add_metric(account, status.seconds_left)
            if status.quota_left is not None:
                quota.add_metric(account, status.quota_left)
        yield left
        yield quota
