"""Leases in lock files: the process that may request the token, and how others watch it."""

import contextlib
import json
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .._clock import SYSTEM_CLOCK
from ._file_lock import locked
from ._holder import current_holder, holder_died
from ._private_file import open_private, overwrite

LEASE_CHECK = 0.05
"""Seconds between two checks of a waiter whether another process still has the lease, and lives."""
RENEW_WAIT = 0.2
"""Seconds that a renewal waits for the lock; it is soon tried again."""
LEASE_BYTES = 1000
boot_time = SYSTEM_CLOCK.monotonic
"""The clock of leases: all processes of a host share it, and it cannot be set."""


@dataclass(frozen=True)
class FileLease:
    """The content of a lock file: which process may request the token.

    `expires_at` is on the boot clock, and `duration` is how long the lease lasts without a renewal. The
    fence grows by one with each lease and stays when the lease ends.
    """

    fence: int = 0
    nonce: str = ""
    holder: str = ""
    expires_at: float = 0.0
    duration: float = 0.0

    @classmethod
    def new(cls, fence: int, duration: float) -> "FileLease":
        """A lease of this process from now on."""
        return cls(fence, uuid.uuid4().hex, current_holder(), boot_time() + duration, duration)

    @property
    def is_held(self) -> bool:
        """Whether it has not ended; one that lasts longer than its duration is from before a reboot."""
        return bool(self.nonce) and 0 < self.expires_at - boot_time() <= self.duration

    @property
    def is_blocking(self) -> bool:
        """Whether it is held by a process that may still be alive."""
        return self.is_held and not holder_died(self.holder)

    def dump(self) -> bytes:
        """The lease as JSON; of one that has ended, only the fence."""
        return json.dumps(asdict(self) if self.nonce else {"fence": self.fence}).encode()

    @classmethod
    def load(cls, data: bytes | None) -> "FileLease":
        """Read a lease; one that is damaged or missing is held by no process."""
        try:
            document = json.loads(data or b"")
            lease = cls(**document)
            expires_at, duration = float(lease.expires_at), float(lease.duration)
            return cls(int(lease.fence), str(lease.nonce), str(lease.holder), expires_at, duration)
        except (ValueError, TypeError, RecursionError, ArithmeticError):
            return cls()

    @classmethod
    def read(cls, file: int) -> "FileLease":
        """Read the lease from an open file."""
        return cls.load(os.pread(file, LEASE_BYTES, 0))

    def write(self, file: int) -> None:
        """Write the lease. It is not flushed: after a power cut no process is left that had a lease."""
        overwrite(file, self.dump())


def renew_lease(path: Path, nonce: str, duration: float) -> bool:
    """Extend a lease to `duration` seconds from now, if its file is free; False if another process has it."""
    try:
        with locked(path, time.monotonic() + RENEW_WAIT) as file:
            current = FileLease.read(file)
            if current.nonce != nonce:
                return False
            replace(current, expires_at=boot_time() + duration, duration=duration).write(file)
    except TimeoutError:  # other processes use the file
        pass
    return True


@contextlib.contextmanager
def ending_lease(path: Path, nonce: str) -> Iterator[bool]:
    """Lock the file, yield whether the lease is still held, and end it afterwards."""
    with locked(path) as file:
        current = FileLease.read(file)
        held = current.nonce == nonce
        try:
            yield held
        finally:
            if held:
                FileLease(current.fence).write(file)


class LeaseWatch:
    """What a waiter sees of a record and its lease without a lock; unchanged files are not read again."""

    def __init__(self, record: Path, lock: Path) -> None:
        self._record = os.fspath(record)
        self._lock = lock
        self._stamp: tuple[int, ...] | None = None
        self._check_lease_at = 0.0
        self._data = b""
        self._lease = FileLease()

    def has_new_record(self) -> bool:
        """Whether the record has been written since the last call."""
        previous, self._stamp = self._stamp, _stamp(self._record)
        return self._stamp not in (None, previous)

    def is_leased(self) -> bool:
        """Whether another process seems to have the lease; only the lock tells for certain.

        The lease is read less often than the record: only a holder that fails or dies writes no record.
        """
        now = time.monotonic()
        if now < self._check_lease_at:
            return True
        self._check_lease_at = now + LEASE_CHECK
        try:
            file = open_private(self._lock, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            data = os.pread(file, LEASE_BYTES, 0)
        finally:
            os.close(file)
        if data != self._data:
            self._data, self._lease = data, FileLease.load(data)
        return self._lease.is_blocking


def _stamp(path: str) -> tuple[int, ...] | None:
    """Changes whenever the file is replaced; None if there is no file."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
