"""Keeps one token fresh: who may have it, when it is renewed, and by whom (never by a waiter)."""

from __future__ import annotations

import functools
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, cast

from ._clock import Clock
from ._errors import ConfigError, Limited, Rejected, TokenError, Unavailable
from ._event import Kind
from ._flight import Flight, Steps
from ._fork import reset_when_forked
from ._log import log
from ._settings import Settings
from ._token import Secret, Token

if TYPE_CHECKING:  # who shares no token does not load what shares it
    from .stores._protocol import Entry, Lease
    from .stores._tier import Tier

RENEW_FROM, JITTER = 0.8, 0.1
"""Renewal begins at this part of the life, less up to so much, drawn once for a token."""
MARGIN, MARGIN_PART = 60.0, 0.1
"""A token is not served in its last seconds: these, or this part of the life if that is less."""
KINDS: dict[type[TokenError], Kind] = {Rejected: "refused", Limited: "limited"}
STORE_PART = 0.7
"""Of the time for one token, what may be spent waiting for another process that is at it."""
LOOK_AGAIN = 1.0
"""Seconds between two lookups of a rejected secret while the old token is served; else each call looks."""
HOLD, UNAVAILABLE_HOLD = (60.0, 900.0), (1.0, 60.0)
"""First and longest seconds for which a failure is remembered; each repetition doubles."""


@dataclass(frozen=True, slots=True)
class Held:
    """The token in use, and when on the boot clock it is renewed and when dropped."""

    token: Token
    stale_at: float
    dead_at: float
    refresh: Secret | None

    @classmethod
    def since(cls, asked_at: float, seconds: float, token: Token, refresh: Secret | None) -> Held:
        """A token whose `seconds` to live count from before it was asked for."""
        renew_after = seconds * (RENEW_FROM - JITTER * random.random())
        dead_after = seconds - min(MARGIN, MARGIN_PART * seconds)
        return cls(token, asked_at + renew_after, asked_at + dead_after, refresh)

    @classmethod
    def of(cls, entry: Entry, now: float, wall: float) -> Held:
        """Of a store's entry, whose times are those of the wall."""
        return cls(entry.token, now + entry.stale_at - wall, now + entry.dead_at - wall, None)

    def entry(self, asked_at: float, now: float, wall: float) -> Entry:
        """For a store, without the refresh token; `asked_at` and `now` are on the boot clock."""
        from .stores._protocol import Entry

        return Entry(self.token, wall + asked_at - now, wall + self.stale_at - now, wall + self.dead_at - now)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed renewal that everybody shares: the provider is not asked before `until`."""

    error: TokenError
    key: str | None
    hold: float
    until: float
    recheck_at: float | None
    """When a flight may find out that the rejected secret has changed, though a token is served.

    None where a new secret would not help, or cannot come.
    """

    def holds(self, now: float, dead: Token | None, live: Token | None) -> bool:
        """Whether no flight is due: the failure stands, and its secret is not looked up again now."""
        if now >= self.until or _has_reserve(self, dead):
            return False
        return self.recheck_at is None or (live is not None and now < self.recheck_at)


class Ask(Protocol):
    """Asks the provider by the refresh token, or with the secrets, before the boot clock's deadline."""

    def __call__(
        self,
        secrets: Mapping[str, Secret],
        refresh: Secret | None,
        *,
        deadline: float,
        urgent: bool,
        leased: bool,
    ) -> Held: ...


State = Literal["empty", "fresh", "stale", "expired", "refused"]


@dataclass(frozen=True, slots=True)
class Status:
    """How a credential is, for a health check.

    `state`: "empty" before the first token, "fresh", "stale" (served while it is renewed), "expired",
    or "refused" where there is no token and nobody asks until `error.retry_at`. `error` is the last
    failure since the last token, `quota_left` how many tokens may be asked for
    (None: no quota known, or it is counted in Redis).
    """

    state: State
    seconds_left: float
    error: TokenError | None
    quota_left: int | None


class Renewal:
    """The states of one credential's token.

    FRESH: handed out. STALE: handed out, and one renewal runs. EXPIRED: callers wait for the renewal.
    REFUSED: after a failure nobody asks the provider until its time is over or the secret changed.
    """

    # Without a dict: where there are thousands, less memory to go round is what makes them fast.
    __slots__ = (
        "__weakref__",
        "_anew",
        "_ask",
        "_clock",
        "_dead_hold",
        "_dead_until",
        "_failure",
        "_flight",
        "_forgotten",
        "_lock",
        "_seconds",
        "_settings",
        "_tier",
        "_unproven",
        "held",
    )

    def __init__(self, settings: Settings, ask: Ask, clock: Clock, seconds: float) -> None:
        self.held: Held | None = None
        self._settings = settings
        self._ask = ask
        self._clock = clock
        self._seconds = seconds
        store, quota = settings.store, settings.facts.quota
        self._tier: Tier | None = None
        if store is not None:
            from .stores._tier import Tier

            self._tier = Tier(store, settings.who, settings.quota_key, quota)
        self._failure: Failure | None = None
        # What a store may still have, and must not give back.
        self._forgotten: Token | None = None
        self._anew = False
        self._dead_until = self._dead_hold = 0.0
        self._unproven: tuple[str, float] = ("", 0.0)  # in place of a dead one, and until when it is new
        reset_when_forked(self)

    def reset_after_fork(self) -> None:
        """The child has neither the parent's threads nor whoever held the lock."""
        self._lock = threading.RLock()  # a signal handler or a __del__ may ask while we hold it
        self._flight: Flight[Token] | None = None

    def status(self) -> Status:
        """How things stand, without asking anybody."""
        with self._lock:
            now, held, failure = self._clock.boot(), self.held, self._failure
        left = held.dead_at - now if held is not None else 0.0
        state: State = "empty" if held is None else "expired"
        if held is not None and left > 0:
            state = "fresh" if now < held.stale_at else "stale"
        elif failure is not None and now < failure.until:
            state = "refused"
        if self._tier is not None:
            quota_left = self._tier.quota_left()
        else:
            ledger = self._settings.ledger
            quota_left = None if ledger is None else ledger.left(now)
        error = None if failure is None else failure.error.copied()
        return Status(state, max(left, 0.0), error, quota_left)

    def forget(self, token: Token | None) -> None:
        """Drop what is held, if it is that token or none is named, and every remembered failure."""
        with self._lock:
            if self.held is not None and (token is None or self.held.token.value == token.value):
                self._forgotten, self.held = self.held.token, None
            self._anew = True
            self._failure = None
            self._dead_until = self._dead_hold = 0.0
            self._unproven = ("", 0.0)

    def steps(self, dead: Token | None = None) -> Steps[Token]:
        """A token other than the `dead` one: at once, or after the flight that this yields."""
        found = self._look(dead)
        if isinstance(found, Token):
            return found
        began = self._clock.boot()
        yield found
        self._settings.tell("waited", self._clock.boot() - began)
        late = self._late()
        if found.land(late):  # nobody waits any longer
            self._remember(late, None)
            self._settings.tell("failed", self._clock.boot() - began)
        return found.result()

    def _late(self) -> Unavailable:
        error = self._settings.error(Unavailable, f"no token within {self._seconds:g} s")
        return error.copied(retry_at=self._clock.wall() + UNAVAILABLE_HOLD[0])

    def _look(self, dead: Token | None) -> Token | Flight[Token]:
        """The token if there is a live one, else a flight to wait for; begins what is due."""
        with self._lock:
            now, held, flight, begins = self._clock.boot(), self.held, self._flight, None
            live = held.token if held is not None and now < held.dead_at else None
            if live is not None and dead is not None and live.value == dead.value:
                live = None
            if held is not None and live is not None and now < held.stale_at:
                return live
            if flight is None or flight.landed or flight.overdue:
                known = self._failure
                if known is None or not known.holds(now, dead, live):
                    flight = begins = self._flight = Flight(self._clock.boot, self._seconds)
                    begins.afterwards.append(functools.partial(self._let_go, begins))
                elif live is None:
                    raise known.error.copied()
        if begins is not None:
            renew = functools.partial(self._renew, begins, dead)
            begins.start(renew, self._settings.who, self._settings.max_concurrent_refreshes)
        if live is None:
            # A string: to subscript a class imports, which is too late at shutdown.
            return cast("Flight[Token]", flight)
        self._settings.tell("served_stale")
        return live

    def _let_go(self, flight: Flight[Token]) -> None:
        """A landed flight weighs as much as all the rest of a credential."""
        with self._lock:
            if self._flight is flight:
                self._flight = None

    def _renew(self, flight: Flight[Token], dead: Token | None) -> Token:
        """On another thread than the callers': ask, and remember what came of it."""
        if self._clock.boot() >= flight.deadline:  # its turn came too late
            self._tell_after(flight, "failed", flight.deadline - self._seconds, None)
            raise self._remember(self._late(), None, flight)
        mint = functools.partial(self._mint, flight, dead)
        try:
            secrets = self._settings.reveal()
        except TokenError as error:
            raise self._remember(error, None, flight) from None
        key = self._settings.key(secrets)
        unchanged = self._unchanged(key, dead)
        if unchanged is not None:
            raise unchanged
        try:
            return mint(secrets, key)
        except Rejected as error:
            secrets = self._settings.reveal()
            if self._settings.key(secrets) == key:
                raise error from None
        return mint(secrets, self._settings.key(secrets))

    def _mint(
        self, flight: Flight[Token], dead: Token | None, secrets: Mapping[str, Secret], key: str
    ) -> Token:
        """A token from the store, or from the provider and into the store."""
        held, tier, began = self.held, self._tier, self._clock.boot()
        lease: Lease | None = None
        shared = False
        old = dead or (held.token if held is not None else self._forgotten)
        try:
            if tier is not None:
                from .stores._protocol import Entry

                # A part of the time is kept for a call of our own: whoever has the lease may be frozen.
                seconds = STORE_PART * (flight.deadline - began)
                found = tier.acquire(
                    key,
                    old,
                    seconds,
                    urgent=dead is not None,
                    anew=self._anew,
                    deadline_in=flight.deadline - began,
                )
                if isinstance(found, TokenError):
                    shared = True
                    raise found
                if isinstance(found, Entry):
                    # Only a token that was issued just now shows that the rejection is not about the token.
                    is_new = found.minted_at > self._clock.wall() - HOLD[0]
                    return self._hold(Held.of(found, began, self._clock.wall()), dead if is_new else None)
                lease = found
            ask = functools.partial(
                self._ask,
                secrets,
                deadline=flight.deadline,
                urgent=dead is not None,
                leased=lease is not None,
            )
            # A refresh token is as suspect as the dead token it came with.
            refresh = held.refresh if held is not None and dead is None else None
            asked_at = self._clock.boot()
            fresh = ask(refresh)
        except TokenError as error:
            self._tell_after(flight, KINDS.get(type(error), "failed"), began, error.status)
            dated = error if flight.landed else self._remember(error, key, flight, shared=shared)
            if tier is not None and lease is not None:
                tier.fail(lease, dated)
            raise dated from None
        except BaseException as error:
            if tier is not None and lease is not None:
                tier.fail(lease, None, sent=not isinstance(error, ConfigError))  # else the quota pays
            raise
        self._hold(fresh, dead)
        entry = fresh.entry(asked_at, self._clock.boot(), self._clock.wall()) if tier is not None else None
        if tier is not None and entry is not None and lease is None:
            flight.afterwards.append(functools.partial(tier.offer, key, old, entry))
        self._tell_after(flight, "minted", began, 200)
        left = fresh.token.expires_at - self._clock.wall()
        said = ("%s %s: new token, good for %.0f s", *self._settings.who, left)
        flight.afterwards.append(functools.partial(log.info, *said))
        if tier is not None and entry is not None and lease is not None:
            tier.publish(lease, entry)
        return fresh.token

    def _unchanged(self, key: str, dead: Token | None) -> TokenError | None:
        """The failure in force for this very secret, which is not tried again."""
        with self._lock:
            now, known = self._clock.boot(), self._failure
            if known is None or known.key != key or now >= known.until or _has_reserve(known, dead):
                return None
            self._failure = replace(known, recheck_at=now + LOOK_AGAIN)
            return known.error

    def _hold(self, held: Held, dead: Token | None) -> Token:
        with self._lock:
            self.held, self._failure = held, None
            self._forgotten, self._anew = None, False
            if dead is not None:
                self._unproven = (held.token.value, self._clock.boot() + HOLD[0])
        return held.token

    def _tell_after(self, flight: Flight[Token], kind: Kind, began: float, status: int | None) -> None:
        """Events and log lines come when the flight has landed: a slow listener keeps nobody waiting."""
        seconds = self._clock.boot() - began
        flight.afterwards.append(functools.partial(self._settings.tell, kind, seconds, status))

    def _remember(
        self,
        error: TokenError,
        key: str | None,
        flight: Flight[Token] | None = None,
        *,
        shared: bool = False,
    ) -> TokenError:
        """Keep the failure for a while, longer each time, and date the error with its end.

        A response's `Retry-After` counts within bounds. What another process shared, or our own quota
        decided, is dated already.
        """
        first, longest = UNAVAILABLE_HOLD if isinstance(error, Unavailable) else HOLD
        with self._lock:
            now, wall, before = self._clock.boot(), self._clock.wall(), self._failure
            again = before is not None and before.key == key
            hold = min(2 * before.hold, longest) if before is not None and again else first
            wait = hold if error.retry_at is None else max(error.retry_at - wall, 0.0)
            if error.status is not None and not shared:
                wait = max(wait, hold) if isinstance(error, Limited) else min(max(wait, hold), longest)
            dated = error.copied(retry_at=wall + wait)
            may_change = self._settings.asks and key is not None and isinstance(error, Rejected)
            recheck_at = now + LOOK_AGAIN if may_change else None
            self._failure = Failure(dated, key, hold, now + wait, recheck_at)
            live = self.held is not None and now < self.held.dead_at
        if live and flight is not None:
            said = "the token in use is served on, for its renewal failed: %s"
            flight.afterwards.append(functools.partial(log.warning, said, dated))
        return dated

    def replace(self, dead: Token) -> Steps[Token | None]:
        """Another token than one that an API called dead; None where asking again would not help."""
        with self._lock:
            now, held = self._clock.boot(), self.held
            if held is not None and held.token.value != dead.value and now < held.dead_at:
                return held.token
            self.answered(dead, refused=True)
            if now < self._dead_until:
                return None
        try:
            return (yield from self.steps(dead))
        except TokenError as error:
            log.warning("an API refused the token, and there is no other: %s", error)
            return None

    def answered(self, token: Token, *, refused: bool) -> None:
        """Record the response of an API: if it rejects a new token as well, it is not about the token."""
        with self._lock:
            now, (value, until) = self._clock.boot(), self._unproven
            if not refused:
                self._dead_hold, self._unproven = 0.0, ("", 0.0)
            elif token.value == value and now < until and now >= self._dead_until:
                self._dead_hold = min(max(2 * self._dead_hold, HOLD[0]), HOLD[1])
                self._dead_until = now + self._dead_hold


def _has_reserve(failure: Failure, dead: Token | None) -> bool:
    """Whether it is our own ledger that says no, which keeps a reserve for tokens called dead."""
    return dead is not None and isinstance(failure.error, Limited) and failure.error.status is None
