"""One token for the processes of a host: a file and a lock for each credential."""

import contextlib
import errno
import json
import os
import random
import re
import stat
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from .._clock import show_time
from .._errors import ConfigError, Limited, TokenError
from .._fork import reset_when_forked
from .._quota import Quota, free_at, in_window
from ._cache_key import keyed_hash
from ._protocol import RECORD_START, Entry, Lease, Record, Unpickled, Wanted, load_owner
from ._sealed import MAGIC, Seal

POLL = (0.002, 0.010)
"""Seconds between two looks of a waiter, drawn anew each time."""
SIZE_LIMIT = 1_000_000
KEY_BYTES = 32
SAFE_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"))
_RECORD_NAME = re.compile(r"[0-9a-f]{64}\.token")


class Lock:
    """An exclusive `flock`, which the kernel takes back when its holder dies, however it dies.

    The file is never removed: who removes a lock file makes two locks of one.
    """

    def __init__(self, path: Path) -> None:
        self._file: int | None = _opened(path, os.O_RDWR | os.O_CREAT)
        _HELD.add(self)

    def tried(self) -> bool:
        """Whether the lock is ours now."""
        import fcntl  # here, so that the module can be imported on systems without it

        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @property
    def _descriptor(self) -> int:
        if self._file is None:
            raise OSError("this lock belongs to the parent process")
        return self._file

    def replace(self, data: bytes) -> None:
        """Make this the content of the file; so little is written whole or not at all."""
        if os.pwrite(self._descriptor, data, 0) != len(data):
            raise OSError(errno.ENOSPC, "no space left on the device")
        os.ftruncate(self._descriptor, len(data))
        os.fsync(self._descriptor)

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


_HELD: "weakref.WeakSet[Lock]" = weakref.WeakSet()


class _Locks:
    """A child has copies of its parent's locks, which would outlive the parent's release."""

    def reset_after_fork(self) -> None:
        for lock in list(_HELD):
            lock.close()


_locks = _Locks()
reset_when_forked(_locks)


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
        lock = Lock(self._path(wanted.key, "lock"))
        try:
            for _ in _looks(until):
                ours = lock.tried()
                answer = self._read(wanted.key).answer(wanted, time.time())
                if answer is not None:
                    lock.close()
                    return answer
                if ours:
                    limited = self._spend(wanted, until)
                    if limited is not None:
                        lock.close()
                    return limited or Lease(wanted, (lock, time.time()))
        except BaseException:
            lock.close()
            raise
        lock.close()
        return None

    def publish(self, lease: Lease, entry: Entry) -> None:
        lock, _ = lease.handle
        try:
            self._write(lease.wanted, self._read(lease.wanted.key).with_entry(entry))
        finally:
            lock.close()

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        lock, _ = lease.handle
        try:
            if not sent:
                self._give_back(lease)
            if error is not None:
                self._write(lease.wanted, self._read(lease.wanted.key).with_failure(error))
        finally:
            lock.close()

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
        until = time.monotonic() + seconds
        with contextlib.closing(Lock(path)) as lock:
            for _ in _looks(until):
                ours = lock.tried()
                key = self._bytes(path)  # of another process that had the lock until now
                if _is_key(key):
                    return key
                if ours:
                    key = os.urandom(KEY_BYTES)
                    lock.replace(key)
                    return key
        raise TimeoutError("the key of the folder is locked")

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

    def _bytes(self, path: Path) -> bytes | None:
        try:
            file = _opened(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(file, "rb") as handle:
            return handle.read(SIZE_LIMIT)

    def _replace(self, path: Path, data: bytes) -> None:
        """All of it or nothing, also where the power goes: a draft, flushed, takes the name."""
        draft = path.with_name(f"{path.name}.draft")  # one name: we have the lock, and need not look around
        draft.unlink(missing_ok=True)  # of a writer who died
        try:
            file = _opened(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
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
        lock = Lock(self._path(wanted.account, "quota.lock"))
        try:
            if not any(lock.tried() for _ in _looks(until)):
                raise TimeoutError("the ledger is locked")
            saved = _times(self._bytes(path))
            times = in_window(saved, wanted.quota, time.time())
            yield times
            if times != saved:
                self._replace(path, json.dumps(times).encode())
        finally:
            lock.close()

    def _spend(self, wanted: Wanted, until: float) -> Limited | None:
        """Write an entry before the call; if the quota is spent, when there is room again."""
        if wanted.quota is None:
            return None
        with self._ledger(wanted, until) as times:
            when = free_at(times, wanted.quota)
            if when is not None:
                return wanted.limited(when)
            times.append(time.time())
        return None

    def _give_back(self, lease: Lease) -> None:
        if lease.wanted.quota is not None:
            with self._ledger(lease.wanted, time.monotonic() + 1.0) as times:
                if times:
                    times.pop()


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
        return _is_private(file) and (start.startswith(MAGIC) or RECORD_START.match(start) is not None)
    finally:
        os.close(file)


def _is_private(file: int) -> bool:
    """Whether it is a plain file of this user's with one name."""
    found = os.fstat(file)
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink <= 1


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


def _looks(until: float) -> Iterator[None]:
    """One look at once, then one every few milliseconds until the time is over."""
    yield
    while time.monotonic() < until:
        time.sleep(random.uniform(*POLL))
        yield


def _opened(path: Path, flags: int) -> int:
    """A descriptor of a plain file of this user's that nobody else may read; links are not followed."""
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
        if not _is_private(file):
            raise PermissionError(f"{path} is no plain file of this user's")
        if stat.S_IMODE(os.fstat(file).st_mode) != 0o600:
            os.fchmod(file, 0o600)  # under any umask
    except BaseException:
        os.close(file)
        raise
    return file
