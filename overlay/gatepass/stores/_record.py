"""What a store keeps under one key, as an object and as encrypted JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from .._cached_token import CachedToken
from .._errors import RateLimited, Rejected, TokenError, Unavailable
from .._lifetime import LONGEST_LIFETIME
from .._quota import CLOCK_SLACK
from .._token import Token, is_header_safe
from ._cipher import Cipher
from ._store import Lookup

VERSION = 1
RECORD_START = re.compile(rb'\{"version":\d+,"key":"')
"""The start of an unencrypted record, of this and every other version."""
WARNING_LIMIT, REASON_LIMIT, CODE_LIMIT, OWNER_LIMIT = 1000, 500, 80, 64
"""The most characters of a record's strings that are shown to people."""
LONGEST_FAILURE = 86_400.0
"""Seconds that a failure may last."""
ERRORS: Mapping[str, type[TokenError]] = {
    error.__name__: error for error in (RateLimited, Rejected, Unavailable)
}


@dataclass(frozen=True)
class Record:
    """The last token and the last failure under one key; either may be missing. Times are UTC."""

    cached: CachedToken | None = None
    failure: TokenError | None = None
    fence: int = 0
    """The fence of the lease under which the token was fetched."""
    owner: tuple[str, str, str] | None = None
    """Provider, environment and account, to show to people."""

    def usable(self, lookup: Lookup, now: float) -> CachedToken | TokenError | None:
        """The answer to a lookup: a token that it accepts, a failure that has not expired, or None.

        A stored failure does not name its provider and environment; they are taken from the lookup.
        """
        cached = self._usable_token(lookup, now)
        if cached is not None:
            return cached
        failure = self.failure
        if failure is None or lookup.ignore_failure or (failure.retry_at or 0.0) <= now:
            return None
        return failure.copied(provider=lookup.label[0], environment=lookup.label[1])

    def has_newer(self, cached: CachedToken, fence: int | None, lookup: Lookup, now: float) -> bool:
        """Whether it has a usable token of a later lease; without a fence, one that was issued later."""
        stored = self._usable_token(lookup, now)
        if stored is None:
            return False
        if fence is None or fence == self.fence:
            return stored.issued_at > cached.issued_at
        return self.fence > fence

    def _usable_token(self, lookup: Lookup, now: float) -> CachedToken | None:
        cached = self.cached
        if cached is None or now >= cached.usable_until or cached.fingerprint == lookup.exclude:
            return None
        return cached

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a token nor a failure."""
        return self.cached is None and self.failure is None

    @property
    def expires_at(self) -> float:
        """When neither the token nor the failure is of use any more."""
        token_end = 0.0 if self.cached is None else self.cached.token.expires_at
        return max(token_end, 0.0 if self.failure is None else self.failure.retry_at or 0.0)

    def with_cached_token(self, cached: CachedToken, fence: int = 0) -> Self:
        """The record with this token and no failure."""
        return replace(self, cached=cached, failure=None, fence=fence)

    def with_failure(self, failure: TokenError) -> Self:
        """The record with this failure and its token."""
        return replace(self, failure=failure)

    def shifted(self, seconds: float) -> Self:
        """The same record on a clock that is ahead by so many seconds."""
        cached, failure = self.cached, self.failure
        if cached is not None:
            cached = CachedToken(
                Token(cached.token.value, cached.token.expires_at + seconds, cached.token.warning),
                cached.issued_at + seconds,
                cached.refresh_at + seconds,
                cached.usable_until + seconds,
            )
        if failure is not None:
            failure = failure.copied(retry_at=(failure.retry_at or 0.0) + seconds)
        return replace(self, cached=cached, failure=failure)

    def dump(self, key: str, cipher: Cipher) -> bytes:
        """The record as bytes, which are valid under this key only."""
        document: dict[str, Any] = {"version": VERSION, "key": key, "owner": self.owner, "fence": self.fence}
        if self.cached is not None:
            cached = self.cached
            document["token"] = {
                "value": cached.token.value,
                "expires_at": cached.token.expires_at,
                "warning": cached.token.warning,
                "issued_at": cached.issued_at,
                "refresh_at": cached.refresh_at,
                "usable_until": cached.usable_until,
            }
        if self.failure is not None:
            error = self.failure
            fields = (error.reason, error.status, error.code, error.trace, error.retry_at)
            document["failure"] = [type(error).__name__, *fields]
        return cipher.encrypt(json.dumps(document, separators=(",", ":")).encode(), key)

    @classmethod
    def load(cls, data: bytes | None, key: str, cipher: Cipher, now: float) -> "Record":
        """Read a record; one that is missing, damaged, foreign or implausible is empty."""
        try:
            document = json.loads(cipher.decrypt(data or b"", key) or b"")
            if (document["version"], document["key"]) != (VERSION, key):
                return cls()
            cached = _load_token(document.get("token"), now)
            failure = _load_failure(document.get("failure"), now)
            return cls(cached, failure, int(document.get("fence", 0)), _load_owner(document.get("owner")))
        except (ValueError, LookupError, TypeError, RecursionError, ArithmeticError):
            return cls()


def _load_token(saved: Any, now: float) -> CachedToken | None:
    if saved is None:
        return None
    names = ("issued_at", "refresh_at", "usable_until", "expires_at")
    issued_at, refresh_at, usable_until, expires_at = (float(saved[name]) for name in names)
    if not issued_at <= refresh_at <= usable_until <= expires_at <= issued_at + LONGEST_LIFETIME:
        return None
    if issued_at > now + CLOCK_SLACK or not is_header_safe(saved["value"]):
        return None
    warning = saved.get("warning")
    token = Token(saved["value"], expires_at, warning if _is_plain(warning, WARNING_LIMIT) else None)
    return CachedToken(token, issued_at, refresh_at, usable_until)


def _load_failure(saved: Any, now: float) -> TokenError | None:
    if saved is None:
        return None
    kind, reason, status, code, trace, retry_at = saved
    if not _is_plain(reason, REASON_LIMIT):
        return None
    if status is not None and not (type(status) is int and 100 <= status < 600):
        return None
    if any(value is not None and not _is_plain(value, CODE_LIMIT) for value in (code, trace)):
        return None
    if not isinstance(retry_at, float) or not 0 < retry_at < now + LONGEST_FAILURE + CLOCK_SLACK:
        return None
    return ERRORS[kind](reason, "", "", status, code, trace, retry_at)


def _load_owner(saved: Any) -> tuple[str, str, str] | None:
    if not isinstance(saved, list) or len(saved) != 3:
        return None
    provider, environment, account = saved
    return (provider, environment, account) if all(_is_plain(name, OWNER_LIMIT) for name in saved) else None


def _is_plain(value: Any, limit: int) -> bool:
    """Whether it is a short string without control characters, which a terminal would obey."""
    return isinstance(value, str) and len(value) <= limit and value.isprintable()
