"""Removes expired files from the folder of a file store, a limited number of them at a time."""

import contextlib
import os
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from ._file_lease import FileLease
from ._file_lock import locked
from ._private_file import SAFE_FLAGS, is_private, open_private

SWEEP_INTERVAL = 3600.0
"""Seconds between two sweeps of a folder, by whichever of its processes."""
SWEEP_LIMIT = 500
"""Credentials and accounts that one sweep looks at, so that no token waits for a large folder."""
MIN_AGE = 86_400.0
"""Seconds for which a record must have been expired and all files of its credential unchanged."""
KEEP_AGE = 32 * 86_400.0
"""Seconds that quotas stay, longer than the window of any, and records that cannot be read here."""
_OUR_NAMES = re.compile(r"([0-9a-f]{64})\.(token|token\.tmp|lock|quota|quota\.tmp|quota\.lock)")
_STARTS = {"lock": b'{"fence":', "quota": b"["}
"""The starts of files that are judged by their age alone; they may also be empty."""
ExpiresAt = Callable[[Path], float | None]
"""When the record in a file is of no use any more, in UTC epoch seconds; None if it cannot be read."""


def sweep(folder: Path, expires_at: ExpiresAt) -> int:
    """Remove expired files, unless that was done within the last hour, and return how many."""
    if not _is_due(folder / "cache.swept"):
        return 0
    groups: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _OUR_NAMES.fullmatch(entry.name)
            if match:
                groups[match[1], match[2].startswith("quota")].append(entry.name)
    # At random, so that each is reached at some time.
    chosen = random.sample(list(groups), min(len(groups), SWEEP_LIMIT))
    return sum(_remove(folder, *group, groups[group], expires_at) for group in chosen)


def _is_due(marker: Path) -> bool:
    """Whether the last sweep began long ago; if so, this one begins now, even if it fails."""
    now = time.time()
    with contextlib.suppress(FileNotFoundError):
        if 0 <= now - marker.lstat().st_mtime < SWEEP_INTERVAL:
            return False
    file = open_private(marker, os.O_WRONLY | os.O_CREAT)
    try:
        os.utime(file, (now, now))
    finally:
        os.close(file)
    return True


def _remove(folder: Path, name: str, is_quota: bool, files: list[str], expires_at: ExpiresAt) -> int:
    """Remove the files of a credential or an account under their lock, the lock file last.

    A process that waits for the lock meanwhile notices that the file has lost its name and creates a new one.
    """
    lock = f"{name}.quota.lock" if is_quota else f"{name}.lock"
    min_age = KEEP_AGE if is_quota else MIN_AGE
    record = folder / f"{name}.token"

    def is_removable() -> bool:
        if not all(_is_old(folder / file, min_age) for file in files):
            return False
        if record.name not in files or not record.exists():
            return True
        expired_at = expires_at(record)
        return _is_old(record, KEEP_AGE) if expired_at is None else expired_at < time.time() - MIN_AGE

    try:
        if not is_removable():
            return 0
        with locked(folder / lock, 0.0) as file:
            if FileLease.read(file).is_held or not is_removable():  # used since the first check
                return 0
            for path in sorted({*files, lock}, key=lock.__eq__):  # the lock last
                (folder / path).unlink(missing_ok=True)
    except OSError:  # in use, or not ours
        return 0
    return len(files)


def _is_old(path: Path, seconds: float) -> bool:
    """Whether gatepass wrote the file, and not within the last `seconds`; also if it is gone."""
    try:
        file = os.open(path, os.O_RDONLY | SAFE_FLAGS)
    except FileNotFoundError:
        return True
    try:
        old = os.fstat(file).st_mtime < time.time() - seconds
        content = os.read(file, 16) if old else b""
        # A record is examined further elsewhere, and a temporary file may contain anything.
        start = _STARTS.get(path.name.partition(".")[2], b"")
        return old and is_private(file) and (not content or content.startswith(start))
    finally:
        os.close(file)
