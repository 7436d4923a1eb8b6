"""Locked files: a lock is held for a few reads and writes, and the kernel releases it if its holder dies."""

import contextlib
import errno
import math
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from .._fork import register_fork_reset
from ._private_file import open_private

POLL_START, POLL_GROWTH, POLL_LONGEST = 0.002, 1.01, 0.025
"""Seconds of a waiter's first pause, the factor to the next one, and the longest: about 1 % of its wait."""
LOCK_WAIT = 3.0
"""Seconds to wait for a lock that is held for milliseconds: its holder may have been stopped."""


class _LockedFiles:
    """The locked files of this process: copies in a forked child would outlive the release by the parent."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        while self.open:
            os.close(self.open.pop())


_locked_files = _LockedFiles()


@contextlib.contextmanager
def locked(path: Path, until: float = math.inf) -> Iterator[int]:
    """Lock a file, which is created if it is missing, and yield its descriptor.

    Hold the lock for a few reads and writes only. TimeoutError at `until` (of `time.monotonic`), and
    after `LOCK_WAIT` seconds at the latest.
    """
    for _ in poll(min(until, time.monotonic() + LOCK_WAIT)):
        file = open_private(path, os.O_RDWR | os.O_CREAT)
        _locked_files.open.add(file)
        try:
            if try_lock(file) and is_at(file, path):
                yield file
                return
        finally:
            if file in _locked_files.open:  # otherwise a forked child has closed it
                _locked_files.open.discard(file)
                os.close(file)
    raise TimeoutError(errno.ETIMEDOUT, "a file stays locked")


def try_lock(file: int) -> bool:
    """Lock an open file unless another process has the lock; False if it has."""
    import fcntl  # here, so that systems without it can import this module

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_at(file: int, path: Path) -> bool:
    """Whether an open file still has this name. A lock counts only then, because old files are removed."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), path.lstat())
    return False


def poll(until: float) -> Iterator[None]:
    """Yield at once, and then at growing intervals until that time of `time.monotonic`."""
    yield
    pause = POLL_START
    while time.monotonic() < until:
        time.sleep(random.uniform(0.5 * pause, pause))
        pause = min(POLL_GROWTH * pause, POLL_LONGEST)
        yield
