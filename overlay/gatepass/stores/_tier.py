"""A store as the renewal sees it: one that never fails a request."""

import time
from collections.abc import Callable
from typing import TypeVar

from .._errors import TokenError
from .._log import log
from .._quota import Quota, ordinary
from .._token import Token
from ._cache_key import slow_hash
from ._heartbeat import heartbeat
from ._protocol import Entry, Lease, Store, Wanted, name_of

Result = TypeVar("Result")
OFFER_SECONDS = 5.0
"""Seconds to wait for the name of a token that is offered, while other names are computed."""


class Tier:
    """Passes calls on to a store; its troubles are one warning, and then as if it had nothing."""

    def __init__(self, store: Store, who: tuple[str, str], account: str, quota: Quota | None) -> None:
        self._store = store
        self._who = who
        self._account = account
        self._quota = quota
        self._works = True

    def acquire(
        self,
        identity: str,
        old: Token | None,
        seconds: float,
        *,
        urgent: bool,
        anew: bool,
        deadline_in: float,
    ) -> Entry | Lease | TokenError | None:
        """As the store's; None where it cannot help, so that whoever asks must do without.

        A lease is renewed until `publish` or `fail`, for `deadline_in` seconds at most. `identity`
        includes a plain hash of the secrets. Only the name derived from it goes into the store.
        """

        def acquire() -> Entry | Lease | TokenError | None:
            began = time.monotonic()
            key = getattr(self._store, "cache_key", slow_hash)(identity, seconds)
            quota = self._quota if urgent or self._quota is None else ordinary(self._quota)
            spent = time.monotonic() - began
            wanted = Wanted(
                key,
                self._account,
                name_of(old) if old else None,
                quota,
                self._who,
                anew,
                max(deadline_in - spent, 0.0),
            )
            found = self._store.acquire(wanted, max(seconds - spent, 0.0))
            if isinstance(found, Lease):
                heartbeat.keep(self._store, found, began + deadline_in)
            return found

        return self._tried(acquire)

    def quota_left(self) -> int | None:
        """What is left for all who share the store; None if it does not say."""
        count = getattr(self._store, "quota_left", None)
        if count is None or self._quota is None:
            return None
        try:
            left: int = count(self._account, self._quota)
        except Exception:
            return None  # the next token warns
        return left

    def publish(self, lease: Lease, entry: Entry) -> None:
        heartbeat.drop(lease)

        def publish() -> None:
            self._store.publish(lease, entry)
            self._works = True  # a whole round: the next trouble is news again

        self._tried(publish)

    def offer(self, identity: str, old: Token | None, entry: Entry) -> None:
        """Share a token that was fetched without a lease, if the store takes it."""

        def offer() -> None:
            key = getattr(self._store, "cache_key", slow_hash)(identity, OFFER_SECONDS)
            wanted = Wanted(key, self._account, name_of(old) if old else None, None, self._who)
            self._store.offer(wanted, entry)  # type: ignore[attr-defined]

        if hasattr(self._store, "offer"):
            self._tried(offer)

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool = True) -> None:
        heartbeat.drop(lease)
        if error is not None:
            sent = not error.unsent
        self._tried(lambda: self._store.fail(lease, error, sent=sent))

    def _tried(self, call: Callable[[], Result]) -> Result | None:
        try:
            result = call()
        except Exception as error:
            if self._works:
                log.warning("%s %s: going on without %r: %s", *self._who, self._store, _said(error))
            self._works = False
            return None
        return result


def _said(error: Exception) -> str:
    """The kind of trouble, and its text only where it is ours or the system's: those hold no secret."""
    known = isinstance(error, OSError) and error.strerror
    return f"{type(error).__name__}: {known}" if known else type(error).__name__
