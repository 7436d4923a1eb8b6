"""Services in front of the emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatepass_emulator import Emulator

from ..helpers import FakeClock
from .process import Service, TestClock

Serve = Callable[..., Service]


@pytest.fixture
def test_clock(tmp_path: Path, clock: FakeClock) -> TestClock:
    return TestClock(tmp_path / "clock", clock)


@pytest.fixture
def serve(emulator: Emulator, test_clock: TestClock, tmp_path: Path) -> Iterator[Serve]:
    """Starts services in the folder of the test, and ends them after it."""
    services: list[Service] = []

    def start(*arguments: str, **variables: str) -> Service:
        service = Service(tmp_path, test_clock.path, *arguments, **variables)
        services.append(service)
        assert service.process.poll() is None, service.lines
        return service

    yield start
    for service in services:
        service.stop()


@pytest.fixture
def service(serve: Serve) -> Service:
    return serve()


@pytest.fixture(scope="module")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service for tests that change nothing in it."""
    folder = tmp_path_factory.mktemp("service")
    clock = TestClock(folder / "clock", FakeClock())
    with Emulator() as emulator:
        service = Service(folder, clock.path, **emulator.variables())
        yield service
        service.stop()
