"""The emulator for stores: processes and hosts share the real clock, so the emulator uses it as well."""

from __future__ import annotations

import time

import pytest

from gatepass.testing import reset_quotas
from gatepass_emulator import Emulator


@pytest.fixture
def emulator(
    session_emulator: Emulator, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Emulator:
    """The emulator as if just started, and the variables that point every credential at it."""
    reset_quotas()
    session_emulator.clock = time.time
    session_emulator.clear()
    for name, value in session_emulator.variables().items():
        monkeypatch.setenv(name, value)
    return session_emulator
