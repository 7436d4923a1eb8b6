"""What a shared store does: three calls, so that a store of your own is about forty lines."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, Protocol, Self, runtime_checkable

from .._errors import Limited, Rejected, TokenError, Unavailable
from .._quota import Quota
from .._token import Token, is_header_safe

VERSION = 1
RECORD_START = re.compile(rb'\{"version":\d+,"key":"')
"""How `Record.dump` begins, in this and other versions."""
NOTICE_LIMIT, REASON_LIMIT, CODE_LIMIT = 1000, 500, 80
"""Characters that are taken from a record of what is shown to people."""
YEAR = 366 * 86_400.0
LEASE_SECONDS, LEASE_PART = 3.0, 0.3
"""A lease that is not renewed lasts so long, or this part of the time to the deadline if that is less.

It has to run out while the others still wait for it, which is `STORE_PART` of their time.
"""
ERRORS: Mapping[str, type[TokenError]] = {one.__name__: one for one in (Limited, Rejected, Unavailable)}


@dataclass(frozen=True)
class Entry:
    """A token as a store keeps it; all times in UTC epoch seconds.

    From `stale_at` it is renewed while it is served, from `dead_at` it is not served. A refresh token is
    not kept: it outlives the token, and the credentials serve as well.
    """

    token: Token
    minted_at: float
    stale_at: float
    dead_at: float

    @property
    def name(self) -> str:
        """Tells one token from another without telling the token."""
        return name_of(self.token)


def name_of(token: Token) -> str:
    return hashlib.sha256(token.value.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Wanted:
    """What a caller wants of a store."""

    key: str
    """The name of the token in the store: a keyed or slow hash of the credential (see `Store`)."""
    account: str
    """A hash of the public data alone: whose quota it is, which a rotated secret does not renew."""
    other_than: str | None = None
    """`Entry.name` of a token that will not do any more."""
    quota: Quota | None = None
    """So many tokens in so many seconds, what is kept back already taken off."""
    who: tuple[str, str] = ("", "")
    """Provider and environment."""
    anew: bool = False
    """Whether to try again although a remembered failure still holds."""
    deadline_in: float = 10.0
    """Seconds until the caller gives up, when `acquire` begins: no lease is needed for longer."""

    @property
    def lease_seconds(self) -> float:
        """How long a lease lasts that is not renewed."""
        return min(LEASE_SECONDS, LEASE_PART * self.deadline_in)

    def limited(self, retry_at: float) -> Limited:
        """What to answer where the quota is spent until then."""
        return Limited("the quota is spent", *self.who, retry_at=retry_at)


@dataclass(frozen=True)
class Lease:
    """The right to ask the provider, which nobody else has: from `acquire`, for `publish` or `fail`."""

    wanted: Wanted
    handle: Any = field(default=None, repr=False)
    """The store's own."""


class Unpickled:
    """A store is shared as it is by copies, and never pickled: it may hold a key or a connection."""

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{self!r} is not pickled: name the store by GATEPASS_STORE")


@runtime_checkable
class Store(Protocol):
    """Shares tokens between processes or hosts.

    It may raise whatever it likes: gatepass warns once and does without it.

    A store may also have `cache_key(identity, seconds)`, which returns `Wanted.key` within so many
    seconds. The identity is a string that includes an unsalted hash of the secrets, so a password can be
    guessed from it: return a keyed hash, such as `hmac.digest(KEY, identity.encode(), "sha256").hex()`,
    and keep the identity itself nowhere. Without this method the key is made by scrypt, which needs
    about 60 ms and 16 MB once for each secret in a process.

    With `renew(lease)` a lease may be short: last `Wanted.lease_seconds`, and again so long from each
    renewal. gatepass renews it about every third of that time, on a thread of its own, until the lease
    ends or its caller's deadline has passed; return False if another caller has it by now. Without this
    method a lease has to last `Wanted.deadline_in` seconds, and so long a dead holder keeps the others
    waiting. With `offer(wanted, entry)` a token that was fetched without a lease is shared as well: keep
    it unless there is a usable one that was issued later.

    And it may have `quota_left(account, quota)`, for `Credential.status()`: how many of so many tokens in
    so many seconds that account may still ask for. It must be quick; without it the status says None.
    """

    def acquire(self, wanted: Wanted, seconds: float) -> Entry | Lease | TokenError | None:
        """A token, the right to ask for one, or a failure that still holds (with `retry_at`).

        While somebody else has the lease this waits for what they bring, at most `seconds`; then None.
        With a quota the lease has its entry in the ledger already, or `Limited` comes instead.
        """
        ...

    def publish(self, lease: Lease, entry: Entry) -> None:
        """Give everybody the token, and end the lease."""
        ...

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        """Share the failure until its `retry_at` (None: nothing to share), and end the lease.

        Where nothing was `sent`, the ledger's entry is taken back.
        """
        ...


@dataclass(frozen=True)
class Record:
    """What stands under one key: the last token, the last failure, either or none."""

    entry: Entry | None = None
    failure: TokenError | None = None
    fence: int = 0
    """That of the lease by which the token came."""

    def answer(self, wanted: Wanted, now: float) -> Entry | TokenError | None:
        """What it has for a caller: a live token that will do, a failure in force, or nothing.

        A stored failure does not name its provider and environment; they are the caller's.
        """
        entry, failure = self.entry, self.failure
        if entry is not None and now < entry.dead_at and entry.name != wanted.other_than:
            return entry
        if failure is None or wanted.anew or (failure.retry_at or 0.0) <= now:
            return None
        return failure.copied(provider=wanted.who[0], environment=wanted.who[1])

    def has_newer(self, entry: Entry, fence: int | None, wanted: Wanted, now: float) -> bool:
        """Whether it has a usable token of a later lease; without a fence, one that was issued later."""
        stored = self.entry
        if stored is None or now >= stored.dead_at or stored.name == wanted.other_than:
            return False
        if fence is None or fence == self.fence:
            return stored.minted_at > entry.minted_at
        return self.fence > fence

    def with_entry(self, entry: Entry, fence: int = 0) -> Self:
        return replace(self, entry=entry, failure=None, fence=fence)

    def with_failure(self, failure: TokenError) -> Self:
        return replace(self, failure=failure)

    def dump(self, key: str, who: tuple[str, str] = ("", ""), account: str = "") -> bytes:
        """As bytes, naming the key so that it counts under no other, and for people whose it is."""
        document: dict[str, Any] = {"version": VERSION, "key": key, "who": who, "account": account}
        document["fence"] = self.fence
        if self.entry is not None:
            one = self.entry
            document["token"] = {
                "value": one.token.value,
                "expires_at": one.token.expires_at,
                "notice": one.token.notice,
                "minted_at": one.minted_at,
                "stale_at": one.stale_at,
                "dead_at": one.dead_at,
            }
        if self.failure is not None:
            e = self.failure
            fields = (e.reason, e.status, e.code, e.trace, e.retry_at)
            document["failure"] = [type(e).__name__, *fields]
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def load(cls, data: bytes | None, key: str, now: float) -> "Record":
        """From bytes; whatever is damaged, foreign or implausible counts as nothing at all."""
        try:
            document = json.loads(data or b"")
            if (document["version"], document["key"]) != (VERSION, key):
                return cls()
            entry, failure = _entry(document.get("token"), now), _failure(document.get("failure"), now)
            return cls(entry, failure, int(document.get("fence", 0)))
        except (ValueError, LookupError, TypeError, RecursionError, ArithmeticError):
            return cls()


def load_owner(data: bytes | None) -> tuple[str, str, str] | None:
    """Provider, environment and account that a record was written for, to show to people."""
    try:
        document = json.loads(data or b"")
        provider, environment = document["who"]
        owner = (provider, environment, document["account"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return owner if all(_is_plain(name, 64) for name in owner) else None


def _is_plain(value: Any, limit: int) -> bool:
    """Whether it is a short string that does nothing to a terminal."""
    return isinstance(value, str) and len(value) <= limit and value.isprintable()


def _entry(saved: Any, now: float) -> Entry | None:
    if saved is None:
        return None
    names = ("minted_at", "stale_at", "dead_at", "expires_at")
    minted, stale, dead, end = (float(saved[name]) for name in names)
    # In order, not from the future (but for clocks that differ a little), and not for ever.
    if not minted <= stale <= dead <= end <= minted + YEAR or minted > now + 60:
        return None
    notice = saved.get("notice")
    if not is_header_safe(saved["value"]):
        return None
    token = Token(saved["value"], end, notice if _is_plain(notice, NOTICE_LIMIT) else None)
    return Entry(token, minted, stale, dead)


def _failure(saved: Any, now: float) -> TokenError | None:
    if saved is None:
        return None
    kind, reason, status, code, trace, retry_at = saved
    if not _is_plain(reason, REASON_LIMIT):
        return None
    if status is not None and not (type(status) is int and 100 <= status < 600):
        return None
    if any(value is not None and not _is_plain(value, CODE_LIMIT) for value in (code, trace)):
        return None
    if not isinstance(retry_at, float) or not 0 < retry_at < now + 86_400 + 60:
        return None
    return ERRORS[kind](reason, "", "", status, code, trace, retry_at)
