"""The store of a host in front of Redis: one process of a host at a time talks to Redis."""

import time
from dataclasses import replace

from .._cached_token import CachedToken
from .._errors import ConfigError, TokenError
from .._quota import reduced
from ._failure_guard import FailureGuard
from ._file_store import FileStore, default_folder
from ._heartbeat import heartbeat
from ._store import Lease, Lookup, Store


class HostStore:
    """Leases and tokens that the processes of a host share; without a store nothing is shared."""

    def __init__(self, store: Store | None, guard: FailureGuard) -> None:
        self._store = store
        self._guard = guard

    def acquire(
        self, lookup: Lookup, timeout: float, deadline: float
    ) -> tuple[bool, CachedToken | Lease | TokenError | None]:
        """Return whether the host store decides the outcome, and its token or failure; otherwise its lease.

        The host's lease is renewed until `deadline` of `time.monotonic`. If the host store fails, the
        process asks Redis without a lease of the host.
        """
        store = self._store
        if store is None:
            return False, None
        works, result = self._guard.attempt(lambda: store.acquire(replace(lookup, quota=None), timeout))
        if isinstance(result, Lease):
            heartbeat.keep(store, result, deadline)
            return False, result
        return works, result

    def acquire_alone(
        self, host_lease: Lease, lookup: Lookup, until: float, deadline: float
    ) -> CachedToken | Lease | TokenError | None:
        """Exchange the lease for one that counts in the host's own quota, which is a part of the whole."""
        store = self._store
        assert store is not None  # noqa: S101 - it gave the lease
        heartbeat.drop(host_lease)
        store.fail(host_lease, None, sent=False)
        quota = reduced(lookup.quota) if lookup.quota else None
        result = store.acquire(replace(lookup, quota=quota), until - time.monotonic())
        if isinstance(result, Lease):
            heartbeat.keep(store, result, deadline)
        return result

    def offer(self, lookup: Lookup, cached: CachedToken) -> None:
        """Share a token that was fetched without a lease, if the store has a method for it."""
        offer = getattr(self._store, "offer", None)
        if offer is not None:
            self._guard.attempt(lambda: offer(lookup, cached))

    def release(
        self, host_lease: Lease | None, outcome: CachedToken | TokenError | None, *, sent: bool = True
    ) -> None:
        """Share the outcome with the host and end its lease."""
        store = self._store
        if store is None or host_lease is None:
            return
        heartbeat.drop(host_lease)
        if isinstance(outcome, CachedToken):
            self._guard.attempt(lambda: store.publish(host_lease, outcome))
        else:
            self._guard.attempt(lambda: store.fail(host_lease, outcome, sent=sent))


def default_store(key: str | list[str] | None) -> FileStore:
    """A FileStore in the default folder; ConfigError if the user has no home folder."""
    try:
        folder = default_folder()
    except ConfigError:
        raise ConfigError(
            "RedisStore: this user has no home folder for what the processes of a host share: "
            "set XDG_CACHE_HOME to a folder, or RedisStore(url, host=FileStore(FOLDER)), or host=False"
        ) from None
    return FileStore(folder, key=key)
