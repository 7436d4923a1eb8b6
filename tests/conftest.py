"""Fixtures that tests of several folders share."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn.server

from gatepass.testing import reset_quotas
from gatepass_emulator import Emulator

from .helpers import (
    CREDENTIALS,
    RUNNERS,
    FakeClock,
    MockProvider,
    PausedResponses,
    Runner,
    wait_for_background_refreshes,
)
from .timeouts import extend_default_timeouts

PREFIXES = ("SETU", "SAHAMATI", "DECENTRO_", "SU_", "SINGLEVIEW", "GATEPASS_")
# A shell without job control starts `command &` with Ctrl-C ignored, which children would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
# All servers of the tests are on this machine, where a proxy cannot reach them.
for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
    del os.environ[name]
# The header `Date` of the emulator is the time, even just after a test that changed `time.time`.
vars(uvicorn.server)["time"] = SimpleNamespace(time=time.time)
# Python buffers what the programs of the tests print, as it does for most users.
os.environ.pop("PYTHONUNBUFFERED", None)
extend_default_timeouts()


@pytest.fixture(autouse=True)
def previous_test_is_over() -> None:
    """What a refresh of the test before logs at its very end is not for this test."""
    wait_for_background_refreshes()


@pytest.fixture
def clock() -> FakeClock:
    reset_quotas()
    return FakeClock()


@pytest.fixture(params=list(RUNNERS))
def runner(request: pytest.FixtureRequest) -> Runner:
    return RUNNERS[request.param]


@pytest.fixture(params=list(CREDENTIALS), ids=lambda credential_class: credential_class.__name__)
def credential_class(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes the variables that gatepass reads from the environment of the person who runs the tests."""
    for name in list(os.environ):
        if name.upper().startswith(PREFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def session_emulator(_gatepass_emulator: Emulator) -> Emulator:
    return _gatepass_emulator


@pytest.fixture
def emulator(
    clean_environment: None,
    gatepass_emulator: Emulator,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Emulator:
    """The emulator in its initial state with a clock of the test, and stores in a folder of the test."""
    gatepass_emulator.clock = clock.clock.time
    gatepass_emulator.clear()
    for name in ("GATEPASS_STORE", "NO_PROXY", "no_proxy"):  # tests of stores and proxies set their own
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    return gatepass_emulator


@pytest.fixture
def paused_responses(monkeypatch: pytest.MonkeyPatch) -> Iterator[PausedResponses]:
    """Pauses all responses of the emulator until the test resumes them."""
    paused_responses = PausedResponses()
    paused_responses.pause()
    monkeypatch.setattr("gatepass_emulator._server.send_response", paused_responses.send)
    yield paused_responses
    paused_responses.resume()


@pytest.fixture
def mock_provider(clock: FakeClock, clean_environment: None) -> MockProvider:
    return MockProvider(clock)


@pytest.fixture
def make_jwt() -> Callable[..., str]:
    """Makes an unsigned JWT from a lifetime in seconds and from claims, which have precedence."""

    def make(seconds: float = 300, **claims: Any) -> str:
        payload = {"iat": 1_800_000_000, "exp": 1_800_000_000 + seconds} | claims
        parts = ({"alg": "none"}, payload)
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return ".".join([*encoded, "fake"])

    return make
