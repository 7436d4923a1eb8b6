"""How long a test waits for what should come soon, and nothing else that depends on the machine's speed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import httpx

from gatepass import Credential

PATIENCE = 300.0
"""Seconds after which something hangs. No test measures time: the slowest machine has to stay below this."""


def be_patient() -> None:
    """Let clients of this process wait as long as the tests do, where they are given no time of their own."""
    default = httpx._config.DEFAULT_TIMEOUT_CONFIG  # the object that every client has as its default
    default.connect = default.read = default.write = default.pool = PATIENCE
    made = Credential.__init__

    def patient(self: Credential, *args: Any, **options: Any) -> None:
        made(self, *args, **{"timeout": PATIENCE} | options)

    Credential.__init__ = patient  # type: ignore[method-assign]


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so, which other threads or processes bring about."""
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, "it does not happen"
        sleep(0.001)


def wait_for_event(event: threading.Event) -> None:
    assert event.wait(PATIENCE), "it does not happen"
