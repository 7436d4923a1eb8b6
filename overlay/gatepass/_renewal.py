"""Keeps one token fresh: who may have it, when it is renewed, and by whom (never by a waiter)."""

import functools
import logging
import os
import random
import threading
import weakref
from collections.abc import Callable, Mapping

from attrs import evolve, frozen

from ._clock import Clock
from ._errors import Rejected, TokenError, Unavailable
from ._flight import Flight, Steps
from ._settings import Settings
from ._token import Secret, Token

log = logging.getLogger("gatepass")

RENEW_FROM, JITTER = 0.8, 0.1
"""Renewal begins at this part of the life, less up to so much, drawn once for a token."""
MARGIN, MARGIN_PART = 60.0, 0.1
"""A token is not served in its last seconds: these, or this part of the life if that is less."""
LOOK_AGAIN = 1.0
"""Seconds between two questions for a secret that was refused and may have changed."""
HOLD, UNAVAILABLE_HOLD = (60.0, 900.0), (1.0, 60.0)
"""First and longest seconds for which a failure is remembered; each repetition doubles."""


@frozen
class Held:
    """The token in use, and when on the boot clock it is renewed and when dropped."""

    token: Token
    stale_at: float
    dead_at: float
    refresh: Secret | None

    @classmethod
    def since(cls, asked_at: float, seconds: float, token: Token, refresh: Secret | None) -> "Held":
        """A token whose `seconds` to live count from before it was asked for."""
        renew_after = seconds * (RENEW_FROM - JITTER * random.random())
        dead_after = seconds - min(MARGIN, MARGIN_PART * seconds)
        return cls(token, asked_at + renew_after, asked_at + dead_after, refresh)


@frozen
class Failure:
    """A failed renewal that everybody shares: the provider is not asked before `until`."""

    error: TokenError
    key: str | None
    hold: float
    until: float
    quiet_until: float
    """Sooner than `until` where a secret is asked for and may have changed: a flight finds out."""


Ask = Callable[[Mapping[str, Secret], Secret | None, float], Held]
"""Asks the provider with the secrets, or by the refresh token, before the boot clock's deadline."""

_ALL: "weakref.WeakSet[Renewal]" = weakref.WeakSet()


class Renewal:
    """The states of one credential's token.

    FRESH: handed out. STALE: handed out, and one renewal runs. EXPIRED: callers wait for the renewal.
    REFUSED: after a failure nobody asks the provider until its time is over or the secret changed.
    """

    def __init__(self, settings: Settings, ask: Ask, clock: Clock, seconds: float) -> None:
        self.held: Held | None = None
        self._settings = settings
        self._ask = ask
        self._clock = clock
        self._seconds = seconds
        self._failure: Failure | None = None
        self._dead_until = self._dead_hold = 0.0
        self.reset_after_fork()
        _ALL.add(self)

    def reset_after_fork(self) -> None:
        """The child has neither the parent's threads nor whoever held the lock."""
        self._lock = threading.Lock()
        self._flight: Flight[Token] | None = None

    def forget(self, token: Token | None) -> None:
        """Drop what is held, if it is that token or none is named, and every remembered failure."""
        with self._lock:
            if token is None or (self.held is not None and self.held.token.value == token.value):
                self.held = None
            self._failure = None
            self._dead_until = self._dead_hold = 0.0

    def steps(self, dead: Token | None = None) -> Steps[Token]:
        """A token other than the `dead` one: at once, or after the flight that this yields."""
        found = self._look(dead)
        if isinstance(found, Token):
            return found
        yield found
        late = self._settings.error(Unavailable, f"no token within {self._seconds:g} s")
        if found.land(late):  # nobody waits any longer; a token that comes after all is still kept
            self._remember(late, None)
        return found.result()

    def _look(self, dead: Token | None) -> Token | Flight[Token]:
        """The token if there is a live one, else a flight to wait for; begins what is due."""
        with self._lock:
            now, held, flight, begins = self._clock.boot(), self.held, self._flight, False
            live = held.token if held is not None and now < held.dead_at else None
            if live is not None and dead is not None and live.value == dead.value:
                live = None
            if held is not None and live is not None and now < held.stale_at:
                return live
            if flight is None or flight.landed or flight.overdue:
                if self._failure is not None and now < self._failure.quiet_until:
                    if live is None:
                        raise self._failure.error.copied()
                    return live
                flight, begins = Flight(self._clock.boot, self._seconds), True
                self._flight = flight
        if begins:
            flight.start(functools.partial(self._renew, flight, dead), " ".join(self._settings.who))
        return flight if live is None else live

    def _renew(self, flight: Flight[Token], dead: Token | None) -> Token:
        """On the flight's own thread: ask, and remember what came of it."""
        with self._lock:
            # A refresh token is as suspect as the dead token it came with.
            refresh = self.held.refresh if self.held is not None and dead is None else None
        key = None
        try:
            secrets = self._settings.reveal()
            key = self._settings.key(secrets)
            unchanged = self._unchanged(key)
            if unchanged is None:
                try:
                    return self._hold(self._ask(secrets, refresh, flight.deadline))
                except Rejected as error:
                    # Once more by the credentials, which always serve, or by a secret changed meanwhile.
                    secrets, before = self._settings.reveal(), key
                    key = self._settings.key(secrets)
                    if refresh is None and key == before:
                        raise error from None
                return self._hold(self._ask(secrets, None, flight.deadline))
        except TokenError as error:
            raise error if flight.landed else self._remember(error, key) from None
        raise unchanged

    def _unchanged(self, key: str) -> TokenError | None:
        """The failure in force for this very secret, which is not tried again."""
        with self._lock:
            now, known = self._clock.boot(), self._failure
            if known is None or known.key != key or now >= known.until:
                return None
            self._failure = evolve(known, quiet_until=min(known.until, now + LOOK_AGAIN))
            return known.error

    def _hold(self, held: Held) -> Token:
        with self._lock:
            self.held, self._failure = held, None
        left = held.token.expires_at - self._clock.wall()
        log.info("%s %s: new token, good for %.0f s", *self._settings.who, left)
        return held.token

    def _remember(self, error: TokenError, key: str | None) -> TokenError:
        """Keep the failure for a while, longer each time, and date the error with its end."""
        first, longest = UNAVAILABLE_HOLD if isinstance(error, Unavailable) else HOLD
        with self._lock:
            now, wall, before = self._clock.boot(), self._clock.wall(), self._failure
            again = before is not None and before.key == key
            hold = min(2 * before.hold, longest) if before is not None and again else first
            wait = hold if error.retry_at is None else max(error.retry_at - wall, 0.0)
            dated = error.copied(retry_at=wall + wait)
            quiet = min(wait, LOOK_AGAIN) if self._settings.asks and key is not None else wait
            self._failure = Failure(dated, key, hold, now + wait, now + quiet)
            live = self.held is not None and now < self.held.dead_at
        if live:
            log.warning("the token in use is served on, for its renewal failed: %s", dated)
        return dated

    def replace(self, dead: Token) -> Steps[Token | None]:
        """Another token than one that an API called dead; None where asking again would not help."""
        with self._lock:
            held = self.held
            if held is not None and held.token.value != dead.value:
                return held.token
            if self._clock.boot() < self._dead_until:
                return None
        try:
            return (yield from self.steps(dead))
        except TokenError as error:
            log.warning("an API refused the token, and there is no other: %s", error)
            return None

    def answered(self, *, refused: bool) -> None:
        """What an API said to a token just renewed: if that is refused too, it is not the token."""
        with self._lock:
            now = self._clock.boot()
            if not refused:
                self._dead_hold = 0.0
            elif now >= self._dead_until:
                self._dead_hold = min(max(2 * self._dead_hold, HOLD[0]), HOLD[1])
                self._dead_until = now + self._dead_hold


def _reset_all() -> None:
    for renewal in list(_ALL):
        renewal.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
