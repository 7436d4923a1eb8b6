"""Removes from a store's folder what is long expired, a bounded number of files at a time."""

import contextlib
import os
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from ._lock_file import SAFE_FLAGS, FileLease, is_private, locked, open_private

SWEEP_INTERVAL = 3600.0
"""Seconds between two sweeps of a folder, whichever of its processes makes them."""
SWEEP_LIMIT = 500
"""Credentials and accounts that one sweep looks at, so that no token waits for a large folder."""
MIN_AGE = 86_400.0
"""Seconds that a record must have been expired, and all files of its credential be unchanged."""
KEEP_AGE = 32 * 86_400.0
"""Seconds that quotas stay, longer than the period of any, and records that cannot be read here."""
_OURS = re.compile(r"([0-9a-f]{64})\.(token|token\.draft|lock|quota|quota\.draft|quota\.lock)")
_STARTS = {"lock": b'{"fence":', "quota": b"["}
"""How the files begin that may be removed by their age alone, where they are not empty."""


def sweep(folder: Path, is_expired: Callable[[Path], bool | None]) -> int:
    """Sweep the folder unless that was done within the last hour, and return how many files were removed.

    `is_expired` says of a record whether it is long of no use, or None if it cannot be read.
    """
    if not _is_due(folder / "cache.swept"):
        return 0
    groups: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    with os.scandir(folder) as entries:
        for entry in entries:
            ours = _OURS.fullmatch(entry.name)
            if ours:
                groups[ours[1], ours[2].startswith("quota")].append(entry.name)
    # Others each time, so that none is never reached.
    chosen = random.sample(list(groups), min(len(groups), SWEEP_LIMIT))
    return sum(_remove(folder, *group, groups[group], is_expired) for group in chosen)


def _is_due(marker: Path) -> bool:
    """Whether the last sweep is long ago; the next one is later, whatever becomes of this one."""
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


def _remove(
    folder: Path, name: str, is_quota: bool, files: list[str], is_expired: Callable[[Path], bool | None]
) -> int:
    """Remove the files of a credential or an account under their lock, the lock itself last.

    A process that waits for the lock meanwhile finds that its file has lost the name, and makes a new one.
    """
    lock = f"{name}.quota.lock" if is_quota else f"{name}.lock"
    min_age = KEEP_AGE if is_quota else MIN_AGE
    record = folder / f"{name}.token"

    def may_go() -> bool:
        if not all(_may_go(folder / file, min_age) for file in files):
            return False
        if record.name not in files or not record.exists():
            return True
        expired = is_expired(record)
        return _may_go(record, KEEP_AGE) if expired is None else expired

    try:
        if not may_go():
            return 0
        with locked(folder / lock, 0.0) as file:
            if FileLease.read(file).is_held or not may_go():  # used since we looked
                return 0
            for path in sorted({*files, lock}, key=lock.__eq__):  # the lock last
                (folder / path).unlink(missing_ok=True)
    except OSError:  # in use, or not ours
        return 0
    return len(files)


def _may_go(path: Path, seconds: float) -> bool:
    """Whether gatepass has made the file and not written it for so long; also if it is gone."""
    try:
        file = os.open(path, os.O_RDONLY | SAFE_FLAGS)
    except FileNotFoundError:
        return True
    try:
        old = os.fstat(file).st_mtime < time.time() - seconds
        content = os.read(file, 16) if old else b""
        return old and is_private(file) and (not content or content.startswith(_start(path.name)))
    finally:
        os.close(file)


def _start(name: str) -> bytes:
    """How such a file begins; of records more is looked at, and a draft may be anything."""
    return _STARTS.get(name.partition(".")[2], b"")
