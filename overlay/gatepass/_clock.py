"""Two clocks: one for how long something is still good, one for what to tell others."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _boot_clock() -> Callable[[], float]:
    """Seconds since boot, suspend included: time.monotonic stops while a laptop sleeps, tokens do not."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    if boottime is None:  # other systems than Linux; there it runs on through suspend, or nearly
        return time.monotonic
    return functools.partial(time.clock_gettime, boottime)


_BOOT = _boot_clock()


@dataclass(frozen=True)
class Clock:
    """Where gatepass reads time; tests put their own in."""

    boot: Callable[[], float] = _BOOT
    """Seconds that only go forward."""
    wall: Callable[[], float] = time.time
    """UTC epoch seconds, which may jump."""
    pause: Callable[[float], object] = time.sleep
    """Between a failed call and its one repetition."""


SYSTEM_CLOCK = Clock()


def show_time(at: float, now: float) -> str:
    """A time for people, such as `2026-11-24T16:10:00Z (in 1800 s)`; both in UTC epoch seconds."""
    at = min(max(at, 0.0), 253_402_300_799.0)  # the years that a date can have
    seconds = round(at - now)
    relative = f"in {seconds} s" if seconds >= 0 else f"{-seconds} s ago"
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ} ({relative})"
