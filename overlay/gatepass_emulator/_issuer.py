"""One provider in one environment: who may do what there, and until when."""

import base64
import hashlib
import hmac
import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from ._faults import Planned
from ._message import MISSING, Json, Place, find
from ._provider import Provider, Scheme


@dataclass(frozen=True)
class Grant:
    """What one token is good for."""

    scheme: str
    expires_at: float
    refresh: bool


class Issuer:
    """The accounts and tokens of one provider in one environment; a token is kept as its hash only."""

    def __init__(self, provider: Provider, environment: str, now: float) -> None:
        self.provider = provider
        self.environment = environment
        self._key = secrets.token_bytes(32)
        self.clear(now)

    def clear(self, now: float) -> None:
        """Back to how it was at the start."""
        self.lifetime: float | None = None
        self.faults: list[Planned] = []
        self._opened = now
        self._resets: dict[str, int] = {}
        self._ends: dict[str, float] = {}
        self._grants: dict[str, Grant] = {}
        self._issued: dict[str, deque[float]] = {}

    def credential(self, name: str) -> str:
        """The value that opens the account now; a secret differs from one environment to the next."""
        known = self.provider.credentials[name]
        if not known.secret:
            return known.example
        value = f"fake-{self.environment}-{self.provider.name}-{name}".replace("_", "-")
        resets = self._resets.get(name, 0)
        return f"{value}-{resets}" if resets else value

    def reset(self, name: str, now: float, life: float) -> None:
        """Make a secret that lives so many seconds; the old one is refused from now on, tokens live on."""
        self._resets[name] = self._resets.get(name, 0) + 1
        self._ends[name] = now + life

    def end(self, name: str, life: float) -> float:
        """When a secret ends; how long the one of the start lives is decided by the first request."""
        return self._ends.setdefault(name, self._opened + life)

    def opens(self, places: Mapping[str, Place], message: Json) -> bool:
        """Whether the credentials at these places are right."""
        return all(find(message, place) == self._sent(name) for name, place in places.items())

    def _sent(self, name: str) -> str:
        value = self.credential(name)
        return base64.b64encode(value.encode()).decode() if self.provider.credentials[name].base64 else value

    def masked(self, places: Mapping[str, Place], message: Json) -> str:
        """What came in at these places, for the log.

        Of an id the first four characters, but only of the right one: people mix them up with secrets.
        """
        said: list[str] = []
        for name, place in places.items():
            if find(message, place) is not MISSING:
                known = self.provider.credentials.get(name)
                tell = known and not known.secret and self.opens({name: place}, message)
                said.append(f"{name}={known.example[:4]}…" if known and tell else f"{name}=***")
        return ", ".join(said)

    def issue(
        self, scheme: Scheme, life: float, now: float, *, refresh: bool = False, given: str | None = None
    ) -> str:
        """A token that is good from now on: the given one, or one in the shape that the spec says."""
        made = self._jwt(scheme, life, now, refresh) if scheme.jwt else _opaque()
        token = given or scheme.prefix.get(self.environment, "") + made
        self._grants[fingerprint(token)] = Grant(scheme.name, now + life, refresh)
        return token

    def grant(self, token: str, now: float, *, refresh: bool = False) -> Grant | None:
        """What a token is good for; None if it is unknown here, expired or revoked."""
        found = self._grants.get(fingerprint(token)) if token else None
        return found if found and found.refresh == refresh and now < found.expires_at else None

    def alive(self, now: float) -> dict[str, Grant]:
        """What the tokens that live are good for, by fingerprint, oldest first."""
        return {name: one for name, one in self._grants.items() if now < one.expires_at}

    def left(self, scheme: Scheme, now: float) -> int | None:
        """How many tokens the quota still has; None if there is no quota."""
        if not scheme.quota:
            return None
        since = now - scheme.quota["seconds"]
        return scheme.quota["tokens"] - sum(at > since for at in self._issued.get(scheme.name, ()))

    def revoke(self, token: str | None) -> None:
        """Forget one token, or all."""
        if token is None:
            self._grants.clear()
        else:
            self._grants.pop(fingerprint(token), None)

    def spend(self, scheme: Scheme, now: float) -> bool:
        """Count one token; False if the quota of the sliding window is spent."""
        if not scheme.quota:
            return True
        issued = self._issued.setdefault(scheme.name, deque())
        while issued and issued[0] <= now - scheme.quota["seconds"]:
            issued.popleft()
        if len(issued) >= scheme.quota["tokens"]:
            return False
        issued.append(now)
        return True

    def _jwt(self, scheme: Scheme, life: float, now: float, refresh: bool) -> str:
        claims = {
            "iss": f"{self.provider.name}.emulator",
            "provider": self.provider.name,
            "environment": self.environment,
            "scheme": scheme.name,
            "typ": "refresh" if refresh else "access",
            "iat": int(now),
            "exp": int(now) + life,
            "jti": secrets.token_hex(8),
        }
        text = f"{_url64(json.dumps({'alg': 'HS256', 'typ': 'JWT'}))}.{_url64(json.dumps(claims))}"
        return f"{text}.{_url64(hmac.digest(self._key, text.encode(), 'sha256'))}"


def fingerprint(token: str) -> str:
    """A name for a token that does not tell it: the first 12 digits of its SHA-256."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()[:12]


def _opaque() -> str:
    # It begins with +/ and ends with =, which careless URL and header code trips over.
    return base64.b64encode(b"\xfb\xff" + secrets.token_bytes(30)).decode()


def _url64(data: str | bytes) -> str:
    raw = data if isinstance(data, bytes) else data.encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
