"""Shares tokens between the processes of a host: a file and a lock for each credential."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .._cached_token import CachedToken
from .._errors import ConfigError, TokenError
from .._quota import Quota
from ._cache_key import keyed_hash
from ._cipher import Cipher
from ._file_lease import FileLease, LeaseWatch, ending_lease, renew_lease
from ._file_lock import locked, poll
from ._file_quota import FileQuota
from ._private_file import open_private
from ._store import Lease, Lookup, NotPicklable
from ._sweep import sweep
from ._token_folder import TokenFolder


@dataclass(frozen=True)
class LeaseHandle:
    """Identifies a lease, and says when its token request was counted in the quota."""

    nonce: str
    fence: int
    counted_at: float | None


class FileStore(NotPicklable):
    """Shares tokens between the processes of a host that run as the same user.

    Files have the mode 0600 in a folder of mode 0700 that belongs to the user; otherwise the store is not
    used. With `key=` or GATEPASS_KEY they are encrypted as well (extra `[crypto]`). The names of the files
    are hashes with that key, or else with a random key in the folder.
    """

    def __init__(self, folder: Path | str | None = None, *, key: str | list[str] | None = None) -> None:
        try:
            import fcntl  # noqa: F401
        except ImportError:  # Windows
            raise ConfigError(
                "FileStore needs file locks (the module fcntl), which this system does not have: "
                "use memory:, or Redis with RedisStore(url, host=False)"
            ) from None
        if isinstance(folder, str) and "//" in folder and "@" in folder:  # its password would be shown
            raise ConfigError("FileStore: give a folder, not a URL")
        try:
            self.folder = Path(folder).expanduser() if folder is not None else default_folder()
        except RuntimeError:
            raise ConfigError(f"the folder {folder} is that of a user who does not exist") from None
        self._cipher = Cipher.from_env(key)
        self._files = TokenFolder(self.folder, self._cipher)

    def __repr__(self) -> str:
        return f"FileStore({str(self.folder)!r})"

    def cache_key(self, identity: str, timeout: float) -> str:
        """The name of a credential's files; see `Store`."""
        return keyed_hash(self._cipher.name_key or self._files.name_key(timeout), identity)

    def acquire(self, lookup: Lookup, timeout: float) -> CachedToken | Lease | TokenError | None:
        """Return a token, a lease to request one, or a failure that has not expired; see `Store`."""
        self._files.prepare()
        until = time.monotonic() + timeout
        lock = self._files.lock_file(lookup.key)
        os.close(open_private(lock, os.O_RDWR | os.O_CREAT))  # fails where the store cannot be written
        watch = LeaseWatch(self._files.token_file(lookup.key), lock)
        for _ in poll(until):
            if watch.has_new_record():
                usable = self._files.read(lookup.key).usable(lookup, time.time())
                if usable is not None:
                    return usable
            if not watch.is_leased():
                acquired = self._try_acquire(lookup, until)
                if acquired is not None:
                    return acquired
        return None

    def _try_acquire(self, lookup: Lookup, until: float) -> CachedToken | Lease | TokenError | None:
        """Take the lease unless another process has it; or return what that process has stored."""
        with locked(self._files.lock_file(lookup.key), until) as file:
            record, current = self._files.read(lookup.key), FileLease.read(file)
            usable = record.usable(lookup, time.time())
            if usable is not None:
                return usable
            if current.is_blocking:
                return None
            new = FileLease.new(max(current.fence, record.fence) + 1, lookup.lease_seconds)
            new.write(file)
        # The quota has its own lock, and no process waits for one lock while it holds the other.
        lease = Lease(lookup, LeaseHandle(new.nonce, new.fence, None))
        if lookup.quota is None:
            return lease
        try:
            counted, at = FileQuota(self.folder, lookup.account, lookup.quota).acquire(until)
        except BaseException:
            self.fail(lease, None, sent=True)
            raise
        if not counted:
            self.fail(lease, None, sent=True)
            return lookup.rate_limited(at)
        return Lease(lookup, LeaseHandle(new.nonce, new.fence, at))

    def renew(self, lease: Lease) -> bool:
        """Extend the lease; False if another process has it."""
        lookup = lease.lookup
        return renew_lease(self._files.lock_file(lookup.key), lease.handle.nonce, lookup.lease_seconds)

    def publish(self, lease: Lease, cached: CachedToken) -> None:
        """Share the token, unless there is a newer one, and end the lease."""
        handle: LeaseHandle = lease.handle
        with self._ending(lease):
            self._save(lease.lookup, cached, handle.fence)
        with contextlib.suppress(OSError):
            sweep(self.folder, self._files.expires_at)

    def offer(self, lookup: Lookup, cached: CachedToken) -> None:
        """Share a token that was fetched without a lease, unless there is one that was issued later."""
        self._files.prepare()
        with locked(self._files.lock_file(lookup.key)) as file:
            self._save(lookup, cached, None, FileLease.read(file).fence)

    def _save(self, lookup: Lookup, cached: CachedToken, fence: int | None, last_fence: int = 0) -> None:
        """Write the token unless it has expired or there is a newer one. The caller holds the lock."""
        record, now = self._files.read(lookup.key), time.time()
        if now < cached.usable_until and not record.has_newer(cached, fence, lookup, now):
            fence = max(last_fence, record.fence) if fence is None else fence
            self._files.write(lookup, record.with_cached_token(cached, fence))

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        """Share the failure and end the lease; a request that was not sent does not count."""
        lookup, counted_at = lease.lookup, lease.handle.counted_at
        try:
            if not sent and counted_at is not None and lookup.quota is not None:
                FileQuota(self.folder, lookup.account, lookup.quota).release(counted_at)
        finally:
            with self._ending(lease) as held:
                if error is not None and held:
                    self._files.write(lookup, self._files.read(lookup.key).with_failure(error))

    def _ending(self, lease: Lease) -> contextlib.AbstractContextManager[bool]:
        return ending_lease(self._files.lock_file(lease.lookup.key), lease.handle.nonce)

    def quota_left(self, account: str, quota: Quota) -> int:
        """How many tokens the processes of this host may still request; see `Store`."""
        try:
            self._files.check()
        except FileNotFoundError:
            return quota[0]
        return FileQuota(self.folder, account, quota).remaining()

    def token_files(self) -> Iterator[Path]:
        """The files with records, one for each credential; ConfigError if others may use the folder."""
        return self._files.token_files()

    def describe(self) -> Iterator[str]:
        """A line for people about each credential, without its secrets and its token."""
        return self._files.describe()

    def clear(self) -> int:
        """Remove every token and stored failure and return how many; locks and quotas stay."""
        removed = list(self._files.token_files())
        for path in removed:
            path.unlink(missing_ok=True)
        return len(removed)


def default_folder() -> Path:
    """The folder `gatepass` in the user's cache folder, as XDG defines it."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "gatepass"
    except RuntimeError:
        raise ConfigError("this user has no home folder: set GATEPASS_STORE=file:/FOLDER") from None
