"""A provider's quota as the processes of a host share it: a file with the times of the token requests."""

import contextlib
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

from .._quota import Quota, free_at, in_window
from ._file_lock import locked
from ._private_file import read_private, replace_file


class FileQuota:
    """The token requests of one account, which a rotated secret does not renew."""

    def __init__(self, folder: Path, account: str, quota: Quota) -> None:
        self._path = folder / f"{account}.quota"
        self._lock = folder / f"{account}.quota.lock"
        self._quota = quota

    def acquire(self, until: float) -> tuple[bool, float]:
        """Count a request before it is sent: True and its time, or False and when there is room again.

        Both are UTC epoch seconds; `until` is when to give up waiting, of `time.monotonic`.
        """
        with self._locked_times(until) as times:
            retry_at = free_at(times, self._quota)
            if retry_at is not None:
                return False, retry_at
            now = time.time()
            times.append(now)
        return True, now

    def release(self, counted_at: float) -> None:
        """Subtract the request of that time, which was never sent, unless it has left the window."""
        with self._locked_times() as times, contextlib.suppress(ValueError):
            times.remove(counted_at)

    def remaining(self) -> int:
        """How many tokens may still be requested."""
        return max(self._quota[0] - len(in_window(self._read(), self._quota, time.time())), 0)

    @contextlib.contextmanager
    def _locked_times(self, until: float = math.inf) -> Iterator[list[float]]:
        """Lock the file, yield the requests within the window, and save what was changed."""
        with locked(self._lock, until):
            saved = self._read()
            times = in_window(saved, self._quota, time.time())
            yield times
            if times != saved:
                replace_file(self._path, json.dumps(times).encode())

    def _read(self) -> list[float]:
        """The saved times; none if the file is missing or damaged."""
        try:
            return [float(item) for item in json.loads(read_private(self._path) or b"[]")]
        except (ValueError, TypeError, RecursionError, ArithmeticError):
            return []
