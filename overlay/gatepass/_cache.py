"""The token cache of one credential: lookup, refresh ahead of expiry, single-flight."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, cast

from ._backoff import UNAVAILABLE_BACKOFF, Failure, RejectionBackoff, next_failure
from ._cached_token import CachedToken
from ._clock import Clock
from ._errors import TokenError, Unavailable
from ._flight import Flight, Steps
from ._fork import register_fork_reset
from ._refresh import Refresh
from ._settings import Settings
from ._token import Token

if TYPE_CHECKING:
    from ._exchange import TokenExchange
    from .stores._safe_store import SafeStore

log = logging.getLogger("gatepass")


@dataclass(slots=True, weakref_slot=True, repr=False, eq=False)  # slots: there may be thousands
class TokenCache:
    """Keeps one token valid, for callers of every kind.

    A fresh token is served from memory. A stale one is served while one refresh runs in the background.
    Without a usable one the callers wait for that refresh. After a failure no request is sent until its
    back-off is over or the secret has changed.
    """

    settings: Settings
    exchange: TokenExchange
    clock: Clock
    timeout: float
    cached: CachedToken | None = None
    failure: Failure | None = None
    invalidated: Token | None = None
    """After `invalidate`: what a store must not return."""
    ignores_failure: bool = False
    """After `invalidate`: whether a failure that a store remembers does not count."""
    store: SafeStore | None = field(init=False)
    _rejections: RejectionBackoff | None = None
    _lock: RLock = field(init=False)
    _flight: Flight[Token] | None = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.settings.safe_store()
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """Forget the lock and the flight: the child does not have the threads that hold them."""
        self._lock = RLock()  # a signal handler or a __del__ may come here while it is held
        self._flight = None

    def invalidate(self, token: Token | None) -> None:
        """Drop the cached token, if it is this one or none is given, and every remembered failure."""
        with self._lock:
            if self.cached is not None and (token is None or self.cached.token.value == token.value):
                self.invalidated, self.cached = self.cached.token, None
            self.ignores_failure = True
            self.failure = self._rejections = None

    def get(self, rejected: Token | None = None) -> Steps[Token]:
        """A token other than the `rejected` one: at once, or after the flight that this yields."""
        outcome = self._lookup(rejected)
        if isinstance(outcome, Token):
            return outcome
        flight, started_at = outcome, self.clock.monotonic()
        yield flight
        self.settings.emit("waited", self.clock.monotonic() - started_at)
        late = self.late_error()
        if flight.finish(late):
            self.record_failure(late, None)
            self.settings.emit("failed", self.clock.monotonic() - started_at)
        return flight.result()

    def late_error(self) -> Unavailable:
        error = self.settings.error(Unavailable, f"no token within {self.timeout:g} s")
        return error.copied(retry_at=self.clock.time() + UNAVAILABLE_BACKOFF[0])

    def _lookup(self, rejected: Token | None) -> Token | Flight[Token]:
        """A token that may be served, or else a flight to wait for; starts a refresh if one is due."""
        started: Flight[Token] | None = None
        with self._lock:
            now, cached, flight = self.clock.monotonic(), self.cached, self._flight
            valid = cached.token if cached is not None and now < cached.usable_until else None
            if valid is not None and rejected is not None and valid.value == rejected.value:
                valid = None
            if cached is not None and valid is not None and now < cached.refresh_at:
                return valid
            if flight is None or flight.done or flight.overdue:
                failure = self.failure
                if failure is None or not failure.blocks(now, rejected, valid):
                    flight = started = self._flight = Flight(self.clock.monotonic, self.timeout)
                    started.done_callbacks.append(functools.partial(self._clear_flight, started))
                elif valid is None:
                    raise failure.error.copied()
        if started is not None:
            refresh = Refresh(self, started, rejected)
            started.start(refresh.run, self.settings.label, self.settings.max_concurrent_refreshes)
        if valid is None:
            # A string, because to subscript a class imports modules, which fails at shutdown.
            return cast("Flight[Token]", flight)
        self.settings.emit("served_stale")
        return valid

    def _clear_flight(self, flight: Flight[Token]) -> None:
        """Drop the finished flight to free its memory."""
        with self._lock:
            if self._flight is flight:
                self._flight = None

    def put(self, cached: CachedToken, *, replaces_rejected: bool) -> Token:
        """Serve this token from now on."""
        with self._lock:
            self.cached, self.failure = cached, None
            self.invalidated, self.ignores_failure = None, False
            if replaces_rejected:
                self._rejections = self._rejections or RejectionBackoff()
                self._rejections.replaced(cached.token, self.clock.monotonic())
        return cached.token

    def record_failure(
        self, error: TokenError, secrets_key: str | None, *, is_shared: bool = False
    ) -> TokenError:
        """Remember a failure for a while; returns the error with the end of that time."""
        with self._lock:
            may_change = self.settings.has_dynamic_secrets
            self.failure = next_failure(self.failure, error, secrets_key, self.clock, is_shared, may_change)
        return self.failure.error

    def cached_failure(self, secrets_key: str, rejected: Token | None) -> TokenError | None:
        """The remembered failure of these very secrets, if they may not be tried again yet."""
        with self._lock:
            failure = self.failure
            if failure is None or not failure.is_of(secrets_key, self.clock.monotonic(), rejected):
                return None
            return failure.error

    def replace_rejected(self, rejected: Token) -> Steps[Token | None]:
        """Another token than one that an API rejected; None where another one would not help."""
        with self._lock:
            now, cached = self.clock.monotonic(), self.cached
            if cached is not None and cached.token.value != rejected.value and now < cached.usable_until:
                return cached.token
            if self._rejections is not None and self._rejections.record(rejected, now, rejected=True):
                return None
        try:
            return (yield from self.get(rejected))
        except TokenError as error:
            log.warning("an API rejected the token, and there is no other: %s", error)
            return None

    def record_api_response(self, token: Token, *, rejected: bool) -> None:
        """Record whether an API accepts a token that was fetched in place of a rejected one."""
        with self._lock:
            if self._rejections is not None:
                self._rejections.record(token, self.clock.monotonic(), rejected=rejected)
