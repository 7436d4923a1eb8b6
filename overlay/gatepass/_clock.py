"""Two clocks: a monotonic one for how long something is valid, and UTC for what is shown and shared."""

import functools
import time as system
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple


def _monotonic() -> Callable[[], float]:
    """Seconds since boot, suspended time included: time.monotonic stands still while a laptop sleeps."""
    boottime = getattr(system, "CLOCK_BOOTTIME", None)
    if boottime is None:  # not Linux; elsewhere time.monotonic counts suspended time, or nearly
        return system.monotonic
    return functools.partial(system.clock_gettime, boottime)


class Clock(NamedTuple):
    """Where gatepass reads the time; tests pass their own."""

    monotonic: Callable[[], float] = _monotonic()
    """Seconds that only go forward, time for which the machine was suspended included."""
    time: Callable[[], float] = system.time
    """UTC epoch seconds, which may jump."""
    sleep: Callable[[float], object] = system.sleep
    """Waits between a failed request and its one repetition."""


SYSTEM_CLOCK = Clock()


def show_time(at: float, now: float) -> str:
    """A time for people, such as `2026-11-24T16:10:00Z (in 1800 s)`; both in UTC epoch seconds."""
    at = min(max(at, 0.0), 253_402_300_799.0)  # the years that a date can have
    seconds = round(at - now)
    relative = f"in {seconds} s" if seconds >= 0 else f"{-seconds} s ago"
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ} ({relative})"
