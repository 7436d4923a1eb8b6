"""Issues tokens, knows which of them live, and counts them against a quota."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections import deque
from dataclasses import dataclass

from ._place import Json
from ._scheme import Scheme


@dataclass(frozen=True)
class Grant:
    """What one token is good for."""

    provider: str
    environment: str
    scheme: str
    expires_at: float
    refresh: bool

    @property
    def place(self) -> tuple[str, str, str]:
        return (self.provider, self.environment, self.scheme)


class Issuer:
    """All tokens of one emulator; a token is kept as its hash only."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._grants: dict[str, Grant] = {}
        self._issued: dict[tuple[str, str, str], deque[float]] = {}

    def token(self, scheme: Scheme, grant: Grant, now: float) -> str:
        """A new token in the shape that the spec says: a JWT, or an opaque text."""
        prefix = scheme.prefix.get(grant.environment, "")
        return prefix + (self._jwt(grant, now) if scheme.jwt else _opaque())

    def keep(self, token: str, grant: Grant) -> None:
        """From now on this token is good for that."""
        self._grants[fingerprint(token)] = grant

    def find(self, token: str, now: float) -> Grant | None:
        """What a token is good for; None if it is unknown, expired or revoked."""
        grant = self._grants.get(fingerprint(token)) if token else None
        return grant if grant and now < grant.expires_at else None

    def revoke(self, token: str | None, provider: str | None, environment: str | None) -> None:
        """Forget one token, or all of a provider and environment, or all."""
        wanted = token and fingerprint(token)
        for key, grant in list(self._grants.items()):
            if (
                wanted in (None, key)
                and provider in (None, grant.provider)
                and environment in (None, grant.environment)
            ):
                del self._grants[key]

    def spend(self, provider: str, environment: str, scheme: Scheme, now: float) -> bool:
        """Count one token; False if the quota of the sliding window is spent."""
        if scheme.quota is None:
            return True
        tokens, seconds = scheme.quota
        issued = self._issued.setdefault((provider, environment, scheme.name), deque())
        while issued and issued[0] <= now - seconds:
            issued.popleft()
        if len(issued) >= tokens:
            return False
        issued.append(now)
        return True

    def clear(self) -> None:
        """Forget all tokens and what was spent."""
        self._grants.clear()
        self._issued.clear()

    def _jwt(self, grant: Grant, now: float) -> str:
        expires = int(now) + (grant.expires_at - now)
        claims = {
            "iss": f"{grant.provider}.emulator",
            "provider": grant.provider,
            "environment": grant.environment,
            "scheme": grant.scheme,
            "typ": "refresh" if grant.refresh else "access",
            "iat": int(now),
            # A life of whole seconds stays exact; a shorter one is a NumericDate with a fraction.
            "exp": round(expires) if abs(expires - round(expires)) < 1e-6 else expires,
            "jti": secrets.token_hex(8),
        }
        text = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        return f"{text}.{_url64(hmac.digest(self._key, text.encode(), 'sha256'))}"


def fingerprint(token: str) -> str:
    """A name for a token that does not tell it: the first 12 digits of its SHA-256."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()[:12]


def _opaque() -> str:
    """Base64 with the characters that careless URL and header code trips over."""
    while True:
        text = base64.b64encode(secrets.token_bytes(32)).decode()
        if "/" in text or "+" in text:
            return text


def _part(claims: Json) -> str:
    return _url64(json.dumps(claims, separators=(",", ":")).encode())


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
