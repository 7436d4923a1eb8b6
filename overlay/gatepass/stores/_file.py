"""One token for the processes of a host: a file and a lock for each credential."""

import contextlib
import fcntl
import json
import os
import random
import stat
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from .._errors import ConfigError, Limited, TokenError
from .._fork import reset_when_forked
from ._protocol import Entry, Lease, Record, Unpickled, Wanted
from ._sealed import Seal

POLL = (0.002, 0.010)
"""Seconds between two looks of a waiter, drawn anew each time."""
SIZE_LIMIT = 1_000_000


class Lock:
    """An exclusive `flock`, which the kernel takes back when its holder dies, however it dies.

    The file is never removed: who removes a lock file makes two locks of one.
    """

    def __init__(self, path: Path) -> None:
        self._file: int | None = _opened(path, os.O_RDWR | os.O_CREAT)
        _HELD.add(self)

    def tried(self) -> bool:
        """Whether the lock is ours now."""
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
    With `key=` or GATEPASS_KEY they are encrypted as well (extra `[crypto]`).
    """

    def __init__(self, folder: Path | str | None = None, *, key: str | list[str] | None = None) -> None:
        if isinstance(folder, str) and "//" in folder and "@" in folder:  # else its password would be shown
            raise ConfigError("FileStore: give a folder, not a URL")
        self.folder = Path(folder).expanduser() if folder is not None else default_folder()
        self._seal = Seal.of(key)

    def __repr__(self) -> str:
        return f"FileStore({str(self.folder)!r})"

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

    def keys(self) -> Iterator[Path]:
        """The files of the tokens, one for each credential."""
        return iter(sorted(self.folder.glob("*.token")))

    def contents(self) -> Iterator[str]:
        """A line for people about each credential; no value is shown."""
        for path in self.keys():
            data = self._bytes(path)
            plain = self._seal.opened(data, path.stem) if data else None
            record = Record.load(plain, path.stem, time.time())
            if record.entry is not None and record.entry.dead_at > time.time():
                state = f"good until {record.entry.token.expires_at:.0f}"
            elif record.failure is not None and (record.failure.retry_at or 0.0) > time.time():
                state = f"{type(record.failure).__name__} until {record.failure.retry_at:.0f}"
            else:
                state = "expired" if record.entry is not None else "not readable here"
            who = json.loads(plain or b"{}").get("who", ["?"]) if record != Record() else ["?"]
            yield f"{path.stem[:12]}  {' '.join(who):<24} {state}"

    def clear(self) -> int:
        """Remove every token and remembered failure, and say how many; locks and quotas stay."""
        removed = list(self.keys())
        for path in removed:
            path.unlink(missing_ok=True)
        return len(removed)

    def _path(self, name: str, kind: str) -> Path:
        return self.folder / f"{name}.{kind}"

    def _check_folder(self) -> None:
        with contextlib.suppress(FileExistsError):
            self.folder.mkdir(mode=0o700, parents=True)
            self.folder.chmod(0o700)  # whatever the umask took away
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
        data = self._seal.closed(record.dump(wanted.key, wanted.who), wanted.key)
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
            try:
                saved = [float(one) for one in json.loads(self._bytes(path) or b"[]")]
            except (ValueError, TypeError, RecursionError, ArithmeticError):
                saved = []
            now = time.time()
            times = sorted(one for one in saved if now - wanted.quota[1] < one <= now + 60)
            yield times
            if times != saved:
                self._replace(path, json.dumps(times).encode())
        finally:
            lock.close()

    def _spend(self, wanted: Wanted, until: float) -> Limited | None:
        """Write an entry before the call; if the quota is spent, when there is room again."""
        if wanted.quota is None:
            return None
        tokens, seconds = wanted.quota
        with self._ledger(wanted, until) as times:
            if len(times) >= tokens:
                return wanted.limited(times[len(times) - tokens] + seconds)
            times.append(time.time())
        return None

    def _give_back(self, lease: Lease) -> None:
        if lease.wanted.quota is not None:
            with self._ledger(lease.wanted, time.monotonic() + 1.0) as times:
                if times:
                    times.pop()


def default_folder() -> Path:
    """`gatepass` in the user's cache folder, as XDG says."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "gatepass"
    except RuntimeError:
        raise ConfigError(
            "this user has no home folder: name one, as in GATEPASS_STORE=file:/FOLDER"
        ) from None


def _looks(until: float) -> Iterator[None]:
    """One look at once, then one every few milliseconds until the time is over."""
    yield
    while time.monotonic() < until:
        time.sleep(random.uniform(*POLL))
        yield


def _opened(path: Path, flags: int) -> int:
    """A descriptor of a plain file of this user's that nobody else may read; links are not followed."""
    flags |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
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
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink > 1:
            raise PermissionError(f"{path} is no plain file of this user's")
        if stat.S_IMODE(found.st_mode) != 0o600:
            os.fchmod(file, 0o600)  # under any umask
    except BaseException:
        os.close(file)
        raise
    return file
