"""The interface of a store: three methods, so a store of your own takes about forty lines."""

from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, Self, runtime_checkable

from .._cached_token import CachedToken
from .._errors import RateLimited, TokenError
from .._quota import Quota

LEASE_SECONDS, LEASE_PART = 3.0, 0.3
"""How long a lease lasts unless it is renewed: these seconds, or this part of the caller's time if less.

It has to run out while other callers still wait for it, which they do for `STORE_PART` of their time.
"""


@dataclass(frozen=True)
class Lookup:
    """The token that a caller wants from a store."""

    key: str
    """The token's name in the store: a keyed or slow hash of the credential (see `Store`)."""
    account: str
    """A hash of the public credentials alone: whose quota it is, which a rotated secret does not renew."""
    exclude: str | None = None
    """`CachedToken.fingerprint` of a token that the caller does not accept."""
    quota: Quota | None = None
    """The tokens and seconds that this caller may use, with the reserve already subtracted."""
    label: tuple[str, str] = ("", "")
    """Provider and environment."""
    ignore_failure: bool = False
    """Whether to try again although a stored failure has not expired."""
    deadline_in: float = 10.0
    """Seconds from the start of `acquire` until the caller gives up: no lease is needed for longer."""

    @property
    def lease_seconds(self) -> float:
        """How long a lease lasts unless it is renewed."""
        return min(LEASE_SECONDS, LEASE_PART * self.deadline_in)

    def rate_limited(self, retry_at: float) -> RateLimited:
        """The error for a quota that is spent until `retry_at`, in UTC epoch seconds."""
        return RateLimited("the quota is spent", *self.label, retry_at=retry_at)


@dataclass(frozen=True)
class Lease:
    """The exclusive right to request a token: returned by `acquire`, ended by `publish` or `fail`."""

    lookup: Lookup
    handle: Any = field(default=None, repr=False)
    """Whatever the store needs to recognize the lease."""


class NotPicklable:
    """Base of the stores: copies share one store, and it is never pickled, since it may hold a key."""

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{self!r} is not pickled: name the store in GATEPASS_STORE")


@runtime_checkable
class Store(Protocol):
    """Shares tokens between processes or hosts.

    A store may raise any exception: gatepass logs one warning and continues without the store.

    A store may have four more methods:

    `cache_key(identity, timeout)` returns `Lookup.key` within `timeout` seconds. The identity contains an
    unsalted hash of the secrets, so a password can be guessed from it. Return a keyed hash, such as
    `hmac.digest(KEY, identity.encode(), "sha256").hex()`, and do not keep the identity. Without this
    method the key is computed by scrypt, which takes about 60 ms and 16 MB once for each secret in a
    process.

    `renew(lease)` extends a lease to `Lookup.lease_seconds` from now, and returns False if another
    caller has the lease. gatepass calls it at about every third of that time, on its own thread, until
    the lease ends or the caller's deadline has passed. Without this method a lease has to last
    `Lookup.deadline_in` seconds, and for that long a dead holder blocks the others.

    `offer(lookup, cached)` shares a token that was fetched without a lease. Keep it unless there is a
    usable token that was issued later.

    `quota_left(account, quota)` returns how many tokens of the quota are left for the account, for
    `Credential.status()`. It must be fast. Without this method the status says None.
    """

    def acquire(self, lookup: Lookup, timeout: float) -> CachedToken | Lease | TokenError | None:
        """Return a token, a lease to request one, or a failure that has not expired (with `retry_at`).

        While another caller has the lease, wait for its outcome for at most `timeout` seconds, then
        return None. With a quota, count the request before returning the lease, or return `RateLimited`.
        """
        ...

    def publish(self, lease: Lease, cached: CachedToken) -> None:
        """Share the token with all callers and end the lease."""
        ...

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        """Share the failure until its `retry_at` (None: nothing to share) and end the lease.

        If no request was `sent`, subtract it from the quota again.
        """
        ...
