"""Short locks of files, and the lease that stands in a locked file."""

import contextlib
import errno
import json
import os
import random
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .._clock import SYSTEM_CLOCK
from .._fork import reset_when_forked
from ._holder import holder_died

POLL_START, POLL_GROWTH, POLL_LONGEST = 0.002, 1.02, 0.025
"""Seconds of a waiter's first pause, the factor to the next one, and the longest: about 2 % of its wait."""
LOCK_WAIT = 3.0
"""Seconds to wait for a lock that is held for milliseconds: a process may have been stopped under it."""
LEASE_BYTES = 1000
SAFE_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"))
boot_time = SYSTEM_CLOCK.boot
"""The clock of leases: all processes of a host have the same, and it cannot be set."""


class _LockedFiles:
    """A child has copies of its parent's locked files, which would outlive the parent's release."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        reset_when_forked(self)

    def reset_after_fork(self) -> None:
        while self.open:
            os.close(self.open.pop())


_locked_files = _LockedFiles()


@contextlib.contextmanager
def locked(path: Path, until: float) -> Iterator[int]:
    """The file, made if it is not there, with a lock that the kernel releases if this process dies.

    For a few reads and writes only. TimeoutError at `until`, and after `LOCK_WAIT` at the latest.
    """
    for _ in polls(min(until, time.monotonic() + LOCK_WAIT)):
        file = open_private(path, os.O_RDWR | os.O_CREAT)
        _locked_files.open.add(file)
        try:
            if try_lock(file) and is_at(file, path):
                yield file
                return
        finally:
            if file in _locked_files.open:  # else a forked child has closed it
                _locked_files.open.discard(file)
                os.close(file)
    raise TimeoutError(errno.ETIMEDOUT, "a file stays locked")


def try_lock(file: int) -> bool:
    import fcntl  # here, so that the module can be imported on systems without it

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_at(file: int, path: Path) -> bool:
    """Whether the open file still has that name; a lock counts only then, because files are swept."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), path.lstat())
    return False


def polls(until: float) -> Iterator[None]:
    """One look at once, then more at intervals that grow, until the time is over."""
    yield
    pause = POLL_START
    while time.monotonic() < until:
        time.sleep(random.uniform(0.5 * pause, pause))
        pause = min(POLL_GROWTH * pause, POLL_LONGEST)
        yield


def replace_content(file: int, data: bytes) -> None:
    """Make this the content of the file; so little is written whole or not at all."""
    if os.pwrite(file, data, 0) != len(data):
        raise OSError(errno.ENOSPC, "no space left on the device")
    os.ftruncate(file, len(data))


@dataclass(frozen=True)
class FileLease:
    """Who may ask the provider now, as it stands in the lock file.

    `expires_at` is on the boot clock. The fence is one more for each lease, and stays when it ends.
    """

    fence: int = 0
    nonce: str = ""
    holder: str = ""
    expires_at: float = 0.0
    seconds: float = 0.0

    @property
    def is_held(self) -> bool:
        """Whether it has neither ended nor run out; a time beyond its own length is of an earlier boot."""
        return bool(self.nonce) and 0 < self.expires_at - boot_time() <= self.seconds

    @property
    def holder_died(self) -> bool:
        return holder_died(self.holder)

    def dump(self) -> bytes:
        return json.dumps(asdict(self) if self.nonce else {"fence": self.fence}).encode()

    @classmethod
    def load(cls, data: bytes | None) -> "FileLease":
        """From bytes; one that is damaged, or of a file that is new, is held by no process."""
        try:
            document = json.loads(data or b"")
            lease = cls(**document)
            expires_at, seconds = float(lease.expires_at), float(lease.seconds)
            return cls(int(lease.fence), str(lease.nonce), str(lease.holder), expires_at, seconds)
        except (ValueError, TypeError, RecursionError, ArithmeticError):
            return cls()

    @classmethod
    def read(cls, file: int) -> "FileLease":
        return cls.load(os.pread(file, LEASE_BYTES, 0))

    def write(self, file: int) -> None:
        """Not flushed: after a power cut no process is left that had a lease."""
        replace_content(file, self.dump())


def is_private(file: int) -> bool:
    """Whether it is a plain file of this user's with one name."""
    found = os.fstat(file)
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink <= 1


def open_private(path: Path, flags: int) -> int:
    """A descriptor of a plain file of this user's that no other user may read; links are not followed."""
    flags |= SAFE_FLAGS
    try:
        file = os.open(path, flags, 0o600)
    except PermissionError:
        # Another process has just made it, and the umask took from it what that one is about to give back.
        made = path.lstat()
        if made.st_uid != os.geteuid():
            raise
        if made.st_mode == stat.S_IFREG:
            path.chmod(0o600)
        file = os.open(path, flags, 0o600)
    try:
        if not is_private(file):
            raise PermissionError(f"{path} is no plain file of this user's")
        if stat.S_IMODE(os.fstat(file).st_mode) != 0o600:
            os.fchmod(file, 0o600)  # under any umask
    except BaseException:
        os.close(file)
        raise
    return file
