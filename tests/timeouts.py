"""Timeouts after which a test hangs: their only use of real time, as no test measures speed.

Apart from `tests.helpers`, because processes that tests start import it too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import httpx

import gatepass
from gatepass._options import DEFAULTS
from gatepass_providers import CREDENTIALS

HANG_TIMEOUT = 300.0
"""Seconds. The slowest machine has to stay below this."""


def extend_default_timeouts() -> None:
    """Make HANG_TIMEOUT the default timeout of every httpx client and credential in this process."""
    default = httpx._config.DEFAULT_TIMEOUT_CONFIG  # the object that every client has as its default
    default.connect = default.read = default.write = default.pool = HANG_TIMEOUT
    DEFAULTS["timeout"] = HANG_TIMEOUT
    for name in CREDENTIALS:  # their constructors spell the default out
        generated: Any = getattr(gatepass, name).__init__
        generated.__wrapped__.__kwdefaults__["timeout"] = HANG_TIMEOUT


def wait_for(condition: Callable[[], object], failure: str = "the condition never became true") -> None:
    """Wait until a condition holds that other threads or processes bring about."""
    deadline = monotonic() + HANG_TIMEOUT
    while not condition():
        assert monotonic() < deadline, failure
        sleep(0.001)


def wait_for_event(event: threading.Event) -> None:
    assert event.wait(HANG_TIMEOUT), "the event was never set"
