"""A store whose failures never fail a token request."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from .._cached_token import CachedToken, fingerprint
from .._errors import TokenError
from .._quota import Quota, ordinary
from .._token import Token
from ._cache_key import slow_hash
from ._heartbeat import heartbeat
from ._store import Lease, Lookup, Store

log = logging.getLogger("gatepass")

Result = TypeVar("Result")
OFFER_TIMEOUT = 5.0
"""Seconds to wait for the name of a token that is offered, while other names are computed."""


class SafeStore:
    """Calls a store for one credential; a failure is one warning, and then as if the store were empty.

    `identity` is a string that includes a plain hash of the secrets: only the name that is derived from
    it goes into the store.
    """

    def __init__(self, store: Store, label: tuple[str, str], account: str, quota: Quota | None) -> None:
        self._store = store
        self._label = label
        self._account = account
        self._quota = quota
        self._works = True

    def acquire(
        self,
        identity: str,
        exclude: Token | None,
        timeout: float,
        *,
        use_reserve: bool,
        ignore_failure: bool,
        deadline_in: float,
    ) -> CachedToken | Lease | TokenError | None:
        """Like `Store.acquire`, but for a token other than `exclude`; None if the store fails.

        A lease is renewed until `publish` or `fail`, and for `deadline_in` seconds at most.
        """

        def acquire() -> CachedToken | Lease | TokenError | None:
            started_at = time.monotonic()
            key = self._key(identity, timeout)
            quota = self._quota if use_reserve or self._quota is None else ordinary(self._quota)
            spent = time.monotonic() - started_at
            lookup = Lookup(
                key,
                self._account,
                fingerprint(exclude) if exclude else None,
                quota,
                self._label,
                ignore_failure,
                max(deadline_in - spent, 0.0),
            )
            result = self._store.acquire(lookup, max(timeout - spent, 0.0))
            if isinstance(result, Lease):
                heartbeat.keep(self._store, result, started_at + deadline_in)
            return result

        return self._guarded(acquire)

    def quota_left(self) -> int | None:
        """How many tokens all processes that share the store may request; None if the store cannot say."""
        count = getattr(self._store, "quota_left", None)
        if count is None or self._quota is None:
            return None
        try:
            left: int = count(self._account, self._quota)
        except Exception:
            return None  # the next token request logs a warning
        return left

    def publish(self, lease: Lease, cached: CachedToken) -> None:
        """Share the token and end the lease."""
        heartbeat.drop(lease)

        def publish() -> None:
            self._store.publish(lease, cached)
            self._works = True  # a token was acquired and published: warn about the next failure again

        self._guarded(publish)

    def offer(self, identity: str, exclude: Token | None, cached: CachedToken) -> None:
        """Share a token that was fetched without a lease, if the store has a method for it."""
        offer = getattr(self._store, "offer", None)
        if offer is None:
            return

        def offer_token() -> None:
            key = self._key(identity, OFFER_TIMEOUT)
            rejected = fingerprint(exclude) if exclude else None
            offer(Lookup(key, self._account, rejected, label=self._label), cached)

        self._guarded(offer_token)

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool = True) -> None:
        """Share the failure and end the lease. An error knows itself whether a request was sent."""
        heartbeat.drop(lease)
        if error is not None:
            sent = not error.unsent
        self._guarded(lambda: self._store.fail(lease, error, sent=sent))

    def _key(self, identity: str, timeout: float) -> str:
        key: str = getattr(self._store, "cache_key", slow_hash)(identity, timeout)
        return key

    def _guarded(self, call: Callable[[], Result]) -> Result | None:
        """The result of the call; None and one warning if it raises."""
        try:
            return call()
        except Exception as error:
            if self._works:
                log.warning("%s %s: going on without %r: %s", *self._label, self._store, _describe(error))
            self._works = False
            return None


def _describe(error: Exception) -> str:
    """The type of the error, and the system's message: any other message might contain a secret."""
    message = isinstance(error, OSError) and error.strerror
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
