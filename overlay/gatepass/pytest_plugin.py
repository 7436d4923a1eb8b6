"""Fixtures for the tests of programs that use gatepass, loaded by pytest wherever gatepass is installed.

Nothing else is imported until a test uses a fixture.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gatepass_emulator import Emulator

    from .testing import FakeCredential


@pytest.fixture(scope="session")
def _gatepass_emulator() -> Iterator[Emulator]:
    try:
        from gatepass_emulator import Emulator
    except ImportError as error:
        hint = "pip install 'gatepass[emulator]'"
        pytest.fail(f"the emulator needs {error.name}: {hint}", pytrace=False)
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def gatepass_emulator(_gatepass_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """A `gatepass_emulator.Emulator` in its initial state, which all variables point at during the test.

    `gatepass_emulator.fault("setu", "sandbox", status=503, times=1)` makes the next request fail, and
    `.count("setu")` is the number of token requests. Requests to it bypass a proxy, quotas are unused, and
    GATEPASS_STORE shares no token with other tests. A credential that was made before the test keeps its
    settings and its token: make it in the test, or make it `lazy()`.
    """
    from gatepass_emulator._command import no_proxy

    from .testing import reset_quotas

    emulator = _gatepass_emulator
    emulator.clock = time.time
    emulator.listen(lambda _call: None)
    emulator.clear()
    reset_quotas()
    variables = {**emulator.variables(), **no_proxy(os.environ), "GATEPASS_STORE": "memory:"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return emulator


@pytest.fixture
def fake_credential() -> FakeCredential:
    """A `gatepass.testing.FakeCredential`: always the same token, and no network."""
    from .testing import FakeCredential

    return FakeCredential()
