"""One refresh of a token cache: asks the store, then the provider, on a thread of its own."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ._backoff import FAILURE_BACKOFF
from ._cached_token import CachedToken
from ._errors import ConfigError, RateLimited, Rejected, TokenError
from ._event import Kind
from ._exchange import RequestPolicy
from ._token import Secret, Token

if TYPE_CHECKING:
    from ._cache import TokenCache
    from ._flight import Flight
    from ._transport import RetryPolicy
    from .stores import Lease

log = logging.getLogger("gatepass")

KINDS: dict[type[TokenError], Kind] = {Rejected: "rejected", RateLimited: "rate_limited"}
STORE_PART = 0.7
"""Of the time for one token, the part that may be spent waiting for another process to fetch it."""


class Refresh:
    """Fetches a token into the cache, other than the `rejected` one, and records what came of it."""

    def __init__(self, cache: TokenCache, flight: Flight[Token], rejected: Token | None) -> None:
        self._cache = cache
        self._flight = flight
        self._rejected = rejected

    def run(self) -> Token:
        """Return the new token, or raise a `TokenError`."""
        cache, settings = self._cache, self._cache.settings
        if cache.clock.monotonic() >= self._flight.deadline:  # it waited too long for a free thread
            self._emit_when_done("failed", self._flight.deadline - cache.timeout)
            raise self._record(cache.late_error(), None)
        try:
            secrets = settings.resolve_secrets()
        except TokenError as error:
            raise self._record(error, None) from None
        secrets_key = settings.cache_key(secrets)
        failure = cache.cached_failure(secrets_key, self._rejected)
        if failure is not None:
            raise failure
        try:
            return self._fetch(secrets, secrets_key)
        except Rejected as error:
            secrets = settings.resolve_secrets()
            if settings.cache_key(secrets) == secrets_key:
                raise error from None
        return self._fetch(secrets, settings.cache_key(secrets))

    def _fetch(self, secrets: Mapping[str, Secret], secrets_key: str) -> Token:
        """A token from the store, or from the provider and into the store."""
        cache, started_at = self._cache, self._cache.clock.monotonic()
        cached = cache.cached
        exclude = self._rejected or (cached.token if cached is not None else cache.invalidated)
        lease: Lease | None = None
        is_shared = False
        try:
            if cache.store is not None:
                seconds = self._flight.deadline - started_at
                stored = cache.store.acquire(
                    secrets_key,
                    exclude,
                    # A part is kept for a request of our own: the holder of the lease may be frozen.
                    STORE_PART * seconds,
                    use_reserve=self._rejected is not None,
                    ignore_failure=cache.ignores_failure,
                    deadline_in=seconds,
                )
                if isinstance(stored, TokenError):
                    is_shared = True
                    raise stored
                if isinstance(stored, CachedToken):
                    return self._put_stored(stored)
                lease = stored
            fresh = self._request(secrets, has_lease=lease is not None)
        except TokenError as error:
            self._emit_when_done(KINDS.get(type(error), "failed"), started_at, error.status)
            dated = error if self._flight.done else self._record(error, secrets_key, is_shared=is_shared)
            if cache.store is not None and lease is not None:
                cache.store.fail(lease, dated)
            raise dated from None
        except BaseException as error:
            if cache.store is not None and lease is not None:
                cache.store.fail(lease, None, sent=not isinstance(error, ConfigError))  # sent: it counts
            raise
        cache.put(fresh, replaces_rejected=self._rejected is not None)
        self._publish(fresh, lease, secrets_key, exclude)
        self._emit_when_done("issued", started_at, 200)
        seconds = fresh.token.expires_at - cache.clock.time()
        message = ("%s %s: new token, valid for %.0f s", *cache.settings.label, seconds)
        self._flight.done_callbacks.append(functools.partial(log.info, *message))
        return fresh.token

    def _request(self, secrets: Mapping[str, Secret], *, has_lease: bool) -> CachedToken:
        """A token from the provider."""
        cache, settings = self._cache, self._cache.settings
        cached = cache.cached
        # A refresh token is as suspect as the rejected token that it came with.
        refresh_token = cached.refresh_token if cached is not None and self._rejected is None else None
        has_valid = cached is not None and cache.clock.monotonic() < cached.usable_until
        # With a valid token a second try can wait, and with a quota it may cost a token.
        retry: RetryPolicy = "not sent" if has_valid or settings.spec.quota else "unavailable"
        window = None if has_lease else settings.window  # with a lease the store has counted it
        policy = RequestPolicy(self._flight.deadline, retry, window, self._rejected is not None)
        return cache.exchange.fetch(secrets, refresh_token, policy)

    def _put_stored(self, stored: CachedToken) -> Token:
        clock = self._cache.clock
        # Only a token that is new shows, if it is rejected as well, that it is not about the token.
        is_new = stored.issued_at > clock.time() - FAILURE_BACKOFF[0]
        cached = stored.shifted(clock.monotonic() - clock.time())
        return self._cache.put(cached, replaces_rejected=is_new and self._rejected is not None)

    def _publish(
        self, fresh: CachedToken, lease: Lease | None, secrets_key: str, exclude: Token | None
    ) -> None:
        store, clock = self._cache.store, self._cache.clock
        if store is None:
            return
        stored = fresh.shifted(clock.time() - clock.monotonic())
        if lease is not None:
            store.publish(lease, stored)
        else:
            self._flight.done_callbacks.append(functools.partial(store.offer, secrets_key, exclude, stored))

    def _emit_when_done(self, kind: Kind, started_at: float, status: int | None = None) -> None:
        """Emit the event when the flight is done, so that a slow listener keeps no caller waiting."""
        seconds = self._cache.clock.monotonic() - started_at
        emit = functools.partial(self._cache.settings.emit, kind, seconds, status)
        self._flight.done_callbacks.append(emit)

    def _record(self, error: TokenError, secrets_key: str | None, *, is_shared: bool = False) -> TokenError:
        cache = self._cache
        dated = cache.record_failure(error, secrets_key, is_shared=is_shared)
        cached = cache.cached
        if cached is not None and cache.clock.monotonic() < cached.usable_until:
            message = "the token in use is served on, because its refresh failed: %s"
            self._flight.done_callbacks.append(functools.partial(log.warning, message, dated))
        return dated
