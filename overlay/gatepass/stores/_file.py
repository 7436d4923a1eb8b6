"""One token for the processes of a host: a file and a lock for each credential."""

import contextlib
import json
import os
import re
import stat
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeGuard

from .._clock import show_time
from .._errors import ConfigError, Limited, TokenError
from .._quota import Quota, free_at, in_window
from ._cache_key import keyed_hash
from ._holder import current_holder
from ._lock_file import (
    LEASE_BYTES,
    LOCK_WAIT,
    SAFE_FLAGS,
    FileLease,
    boot_time,
    is_private,
    locked,
    open_private,
    polls,
    replace_content,
)
from ._protocol import RECORD_START, Entry, Lease, Record, Unpickled, Wanted, load_owner
from ._sealed import MAGIC, Seal
from ._sweep import MIN_AGE, sweep

LEASE_CHECK = 0.05
"""Seconds between two looks of a waiter whether another process still has the lease, and lives."""
RENEW_WAIT = 0.2
"""Seconds that a renewal waits for the lock; it is tried again soon."""
SIZE_LIMIT = 1_000_000
KEY_BYTES = 32
_RECORD_NAME = re.compile(r"[0-9a-f]{64}\.token")


@dataclass(frozen=True)
class LeaseHandle:
    """What a lease is known by, and when its token request was counted in the quota."""

    nonce: str
    fence: int
    counted_at: float | None


class FileStore(Unpickled):
    """Shares tokens between the processes of a host that run as one user.

    Files are 0600 in a folder of 0700 that belongs to the user, else the store is not used.
    With `key=` or GATEPASS_KEY they are encrypted as well (extra `[crypto]`). The names of the files
    are hashes with that key, else with a random key that stands in the folder.
    """

    def __init__(self, folder: Path | str | None = None, *, key: str | list[str] | None = None) -> None:
        try:
            import fcntl  # noqa: F401
        except ImportError:  # Windows
            raise ConfigError(
                "FileStore needs file locks (the module fcntl), which this system does not have: "
                "use memory:, or Redis with RedisStore(url, host=False)"
            ) from None
        if isinstance(folder, str) and "//" in folder and "@" in folder:  # else its password would be shown
            raise ConfigError("FileStore: give a folder, not a URL")
        try:
            self.folder = Path(folder).expanduser() if folder is not None else default_folder()
        except RuntimeError:
            raise ConfigError(f"the folder {folder} is that of a user who does not exist") from None
        self._seal = Seal.of(key)

    def __repr__(self) -> str:
        return f"FileStore({str(self.folder)!r})"

    def cache_key(self, identity: str, seconds: float) -> str:
        """The name of a credential's file; see `Store`."""
        return keyed_hash(self._seal.name_key or self._random_key(seconds), identity)

    def acquire(self, wanted: Wanted, seconds: float) -> Entry | Lease | TokenError | None:
        self._check_folder()
        until = time.monotonic() + seconds
        record, lock = self._path(wanted.key, "token"), self._path(wanted.key, "lock")
        os.close(open_private(lock, os.O_RDWR | os.O_CREAT))  # a store that cannot be written is not used
        watch = _Watch(record, lock)
        for _ in polls(until):
            if watch.has_new_record():
                answer = self._read(wanted.key).answer(wanted, time.time())
                if answer is not None:
                    return answer
            if not watch.is_leased():
                taken = self._take(wanted, until)
                if taken is not None:
                    return taken
        return None

    def renew(self, lease: Lease) -> bool:
        """Let the lease last longer; False if another process has it by now."""
        path = self._path(lease.wanted.key, "lock")
        try:
            with locked(path, time.monotonic() + RENEW_WAIT) as file:
                current = FileLease.read(file)
                if current.nonce != lease.handle.nonce:
                    return False
                seconds = lease.wanted.lease_seconds
                replace(current, expires_at=boot_time() + seconds, seconds=seconds).write(file)
        except TimeoutError:  # others are at the file
            pass
        return True

    def publish(self, lease: Lease, entry: Entry) -> None:
        handle: LeaseHandle = lease.handle
        with self._ending(lease):
            record, now = self._read(lease.wanted.key), time.time()
            if now < entry.dead_at and not record.has_newer(entry, handle.fence, lease.wanted, now):
                self._write(lease.wanted, record.with_entry(entry, handle.fence))
        with contextlib.suppress(OSError):
            sweep(self.folder, self._is_expired)

    def offer(self, wanted: Wanted, entry: Entry) -> None:
        """Share a token that was fetched without a lease, unless one is there that was issued later."""
        self._check_folder()
        with locked(self._path(wanted.key, "lock"), time.monotonic() + LOCK_WAIT) as file:
            record, fence, now = self._read(wanted.key), FileLease.read(file).fence, time.time()
            if now < entry.dead_at and not record.has_newer(entry, None, wanted, now):
                self._write(wanted, record.with_entry(entry, max(fence, record.fence)))

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        try:
            if not sent:
                self._give_back(lease)
        finally:
            with self._ending(lease) as held:
                if error is not None and held:
                    self._write(lease.wanted, self._read(lease.wanted.key).with_failure(error))

    def _take(self, wanted: Wanted, until: float) -> Entry | Lease | TokenError | None:
        """The lease, unless another process was quicker; or what that process has brought meanwhile."""
        with locked(self._path(wanted.key, "lock"), until) as file:
            record, current = self._read(wanted.key), FileLease.read(file)
            answer = record.answer(wanted, time.time())
            if answer is not None:
                return answer
            if current.is_held and not current.holder_died:
                return None
            seconds, fence = wanted.lease_seconds, max(current.fence, record.fence) + 1
            nonce = uuid.uuid4().hex
            FileLease(fence, nonce, current_holder(), boot_time() + seconds, seconds).write(file)
        # The quota has a lock of its own: no process waits for one lock while it has the other.
        lease = Lease(wanted, LeaseHandle(nonce, fence, None))
        if wanted.quota is None:
            return lease
        try:
            limited, counted_at = self._count(wanted, until)
        except BaseException:
            self.fail(lease, None, sent=True)
            raise
        if limited is not None:
            self.fail(lease, None, sent=True)
            return limited
        return Lease(wanted, LeaseHandle(nonce, fence, counted_at))

    @contextlib.contextmanager
    def _ending(self, lease: Lease) -> Iterator[bool]:
        """The lock, and whether the lease is still held, which it is not afterwards."""
        with locked(self._path(lease.wanted.key, "lock"), time.monotonic() + LOCK_WAIT) as file:
            current = FileLease.read(file)
            held = current.nonce == lease.handle.nonce
            try:
                yield held
            finally:
                if held:
                    FileLease(current.fence).write(file)

    def quota_left(self, account: str, quota: Quota) -> int:
        """How many tokens the processes of this host may still ask for; see `Store`."""
        try:
            self._inspect_folder()
        except FileNotFoundError:
            return quota[0]
        times = in_window(_times(self._bytes(self._path(account, "quota"))), quota, time.time())
        return max(quota[0] - len(times), 0)

    def keys(self) -> Iterator[Path]:
        """The files of the tokens, one for each credential; files that gatepass did not make are left out.

        ConfigError if the folder is not this user's alone.
        """
        try:
            self._inspect_folder()
        except FileNotFoundError:
            return iter(())
        except OSError as error:
            raise ConfigError(str(error)) from None
        return iter(sorted(filter(_is_record, self.folder.glob("*.token"))))

    def contents(self) -> Iterator[str]:
        """A line for people about each credential; no value is shown."""
        for path in self.keys():
            data = self._bytes(path)
            plain = self._seal.opened(data, path.stem) if data else None
            now = time.time()
            record = Record.load(plain, path.stem, now)
            retry_at = record.failure.retry_at or 0.0 if record.failure is not None else 0.0
            if record.entry is not None and record.entry.dead_at > now:
                state = f"valid until {show_time(record.entry.token.expires_at, now)}"
            elif retry_at > now:
                state = f"{type(record.failure).__name__} until {show_time(retry_at, now)}"
            else:
                state = "not readable here" if record == Record() else "expired"
            provider, environment, account = (record != Record() and load_owner(plain)) or ("?", "", "?")
            yield f"{account[:12]:<12}  {f'{provider} {environment}':<24} {state}"

    def clear(self) -> int:
        """Remove every token and remembered failure, and say how many; locks and quotas stay."""
        removed = list(self.keys())
        for path in removed:
            path.unlink(missing_ok=True)
        return len(removed)

    def _path(self, name: str, kind: str) -> Path:
        return self.folder / f"{name}.{kind}"

    def _random_key(self, seconds: float) -> bytes:
        """The key in the folder, which the first process makes.

        It is read each time: then all processes agree even if somebody has emptied the folder.
        """
        self._check_folder()
        path = self._path("cache", "key")
        key = self._bytes(path)
        if _is_key(key):
            return key
        with locked(path, time.monotonic() + seconds) as file:
            key = self._bytes(path)  # of another process that had the lock until now
            if not _is_key(key):
                key = os.urandom(KEY_BYTES)
                replace_content(file, key)
                os.fsync(file)
            return key

    def _check_folder(self) -> None:
        _make_folder(self.folder)
        self._inspect_folder()

    def _inspect_folder(self) -> None:
        found = self.folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(f"{self.folder} is no folder of this user's")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise PermissionError(f"{self.folder} is open to others: chmod 700 it")
        if stat.S_IMODE(found.st_mode) == 0:  # the umask took it away, perhaps from another process
            self.folder.chmod(0o700)

    def _read(self, key: str) -> Record:
        data = self._bytes(self._path(key, "token"))
        return Record.load(self._seal.opened(data, key) if data else None, key, time.time())

    def _write(self, wanted: Wanted, record: Record) -> None:
        data = self._seal.closed(record.dump(wanted.key, wanted.who, wanted.account), wanted.key)
        self._replace(self._path(wanted.key, "token"), data)

    def _is_expired(self, path: Path) -> bool | None:
        """Whether this is a record that has been of no use for long; None if it cannot be read."""
        if not _is_record(path):
            return False
        data, now = self._bytes(path), time.time()
        record = Record.load(self._seal.opened(data, path.stem) if data else None, path.stem, now)
        if record.entry is None and record.failure is None:
            return None
        ends = [record.entry.token.expires_at] if record.entry is not None else []
        ends += [record.failure.retry_at or 0.0] if record.failure is not None else []
        return max(ends) < now - MIN_AGE

    def _bytes(self, path: Path) -> bytes | None:
        try:
            file = open_private(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(file, "rb") as handle:
            return handle.read(SIZE_LIMIT)

    def _replace(self, path: Path, data: bytes) -> None:
        """All of it or nothing, also where the power goes: a draft, flushed, takes the name."""
        draft = path.with_name(f"{path.name}.draft")  # one name: we have the lock, and need not look around
        draft.unlink(missing_ok=True)  # of a writer who died
        try:
            file = open_private(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            with os.fdopen(file, "wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    # The ledger: one file for an account, so that a rotated secret does not renew its quota.

    @contextlib.contextmanager
    def _ledger(self, wanted: Wanted, until: float) -> Iterator[list[float]]:
        """The times of the token requests within the window; changes are written back."""
        assert wanted.quota is not None  # noqa: S101 - the callers looked
        path = self._path(wanted.account, "quota")
        with locked(self._path(wanted.account, "quota.lock"), until):
            saved = _times(self._bytes(path))
            times = in_window(saved, wanted.quota, time.time())
            yield times
            if times != saved:
                self._replace(path, json.dumps(times).encode())

    def _count(self, wanted: Wanted, until: float) -> tuple[Limited | None, float | None]:
        """Write an entry before the request and say when; if the quota is spent, when there is room again."""
        assert wanted.quota is not None  # noqa: S101 - the caller looked
        with self._ledger(wanted, until) as times:
            when = free_at(times, wanted.quota)
            if when is not None:
                return wanted.limited(when), None
            now = time.time()
            times.append(now)
        return None, now

    def _give_back(self, lease: Lease) -> None:
        """Take out the entry of this request, not of another one: each counts until its own time is over."""
        counted_at = lease.handle.counted_at
        if counted_at is not None:
            with self._ledger(lease.wanted, time.monotonic() + LOCK_WAIT) as times:
                if counted_at in times:
                    times.remove(counted_at)


class _Watch:
    """What a waiter sees without a lock; files that have not changed are not read again."""

    def __init__(self, record: Path, lock: Path) -> None:
        self._record = os.fspath(record)
        self._lock = lock
        self._stamp: object = None
        self._check_lease_at = 0.0
        self._data = b""
        self._lease = FileLease()

    def has_new_record(self) -> bool:
        """Whether there is a record that was not there at the last look."""
        before, self._stamp = self._stamp, _stamp(self._record)
        return self._stamp not in (None, before)

    def is_leased(self) -> bool:
        """Whether another process seems to have the lease; who wants it finds out under the lock.

        It is looked up less often than the record: only a holder that dies or fails leaves no record.
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
        return self._lease.is_held and not self._lease.holder_died


def _stamp(path: str) -> tuple[int, ...] | None:
    """Differs whenever the file was written anew; None if there is none."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _is_key(data: bytes | None) -> TypeGuard[bytes]:
    """Whether this is a whole key; zeros are what some file systems leave after a power cut."""
    return data is not None and len(data) == KEY_BYTES and any(data)


def _is_record(path: Path) -> bool:
    """Whether gatepass wrote this: by its name, its owner and how it begins."""
    if not _RECORD_NAME.fullmatch(path.name):
        return False
    try:
        file = os.open(path, os.O_RDONLY | SAFE_FLAGS)
    except OSError:
        return False
    try:
        start = os.read(file, 64)
        return is_private(file) and (start.startswith(MAGIC) or RECORD_START.match(start) is not None)
    finally:
        os.close(file)


def default_folder() -> Path:
    """`gatepass` in the user's cache folder, as XDG says."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "gatepass"
    except RuntimeError:
        raise ConfigError(
            "this user has no home folder: name one, as in GATEPASS_STORE=file:/FOLDER"
        ) from None


def _times(data: bytes | None) -> list[float]:
    """The times in a ledger; one that is damaged is empty."""
    try:
        return [float(item) for item in json.loads(data or b"[]")]
    except (ValueError, TypeError, RecursionError, ArithmeticError):
        return []


def _make_folder(path: Path) -> None:
    """Make it, and those above it that are missing, for this user alone; one that exists stays as it is."""
    with contextlib.suppress(FileExistsError):
        try:
            path.mkdir(0o700)
        except FileNotFoundError:
            _make_folder(path.parent)
            path.mkdir(0o700)
        path.chmod(0o700)  # whatever the umask took away
