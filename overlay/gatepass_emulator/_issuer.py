"""One provider in one environment: its accounts, its tokens and their quota."""

import base64
import hashlib
import hmac
import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from gatepass_spec import MISSING, JsonPath, TokenExtension

from ._faults import PlannedFault
from ._message import Json, value_at
from ._provider import Provider


@dataclass(frozen=True)
class Grant:
    """What a token authorizes."""

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
        """Go back to the initial state."""
        self.lifetime: float | None = None
        self.faults: list[PlannedFault] = []
        self._started = now
        self._rotations: dict[str, int] = {}
        self._secret_ends: dict[str, float] = {}
        self._grants: dict[str, Grant] = {}
        self._issued: dict[str, deque[float]] = {}
        self._assertions: set[str] = set()

    def credential(self, name: str) -> str:
        """The current value; a secret differs from one environment to the next."""
        credential = self.provider.credentials[name]
        if credential.algorithm is not None:
            from ._keys import private_key  # few providers need it, and it needs PyJWT

            return private_key(credential.algorithm, self.provider.name, self.environment)
        if not credential.secret:
            return credential.example
        value = f"fake-{self.environment}-{self.provider.name}-{name}".replace("_", "-")
        rotations = self._rotations.get(name, 0)
        return f"{value}-{rotations}" if rotations else value

    def rotate_secret(self, name: str, now: float, lifetime: float) -> None:
        """Replace a secret by one that is valid for this many seconds; tokens stay valid."""
        self._rotations[name] = self._rotations.get(name, 0) + 1
        self._secret_ends[name] = now + lifetime

    def secret_expires_at(self, name: str, lifetime: float) -> float:
        """When a secret expires; the first request decides the lifetime of the initial one."""
        return self._secret_ends.setdefault(name, self._started + lifetime)

    def matches(self, places: Mapping[JsonPath, str], message: Json) -> bool:
        """Whether a request has the right credentials at these paths."""
        return all(value_at(message, path) == self._encoded(name, path) for path, name in places.items())

    def has_composed(self, token: TokenExtension, message: Json) -> bool:
        """Whether a request has the values that are made of the right credentials."""
        return all(
            value_at(message, path) == value.of({name: self.credential(name) for name in value.names})
            for path, value in token.composed.items()
        )

    def has_assertions(self, token: TokenExtension, message: Json) -> bool:
        """Whether a request has assertions that are signed with the right keys, each for the first time."""
        for path, assertion in token.assertions.items():
            value = value_at(message, path)
            if not isinstance(value, str) or value in self._assertions:
                return False
            from ._keys import is_signed

            if not is_signed(value, assertion, self.credential):
                return False
            self._assertions.add(value)
        return True

    def _encoded(self, name: str, path: JsonPath) -> str:
        value = self.credential(name)
        return encode_base64(value) if path in self.provider.credentials[name].base64 else value

    def masked(self, places: Mapping[JsonPath, str], message: Json) -> str:
        """The credentials at these paths of a request, for the log.

        An id shows its first four characters, but only if it is right: people mix ids up with secrets.
        """
        shown: list[str] = []
        for path, name in places.items():
            if value_at(message, path) is not MISSING:
                credential = self.provider.credentials.get(name)
                is_id = credential and not credential.secret and self.matches({path: name}, message)
                shown.append(f"{name}={credential.example[:4]}…" if credential and is_id else f"{name}=***")
        return ", ".join(shown)

    def issue(
        self,
        kind: TokenExtension,
        lifetime: float,
        now: float,
        *,
        refresh: bool = False,
        value: str | None = None,
    ) -> str:
        """Issue a token that is valid from now on: this value, or one of the form that the spec states."""
        generated = self._jwt(kind, lifetime, now, refresh) if kind.jwt else _opaque()
        token = value or kind.prefix.get(self.environment, "") + generated
        self._grants[fingerprint(token)] = Grant(kind.scheme, now + lifetime, refresh)
        return token

    def grant(self, token: str, now: float, *, refresh: bool = False) -> Grant | None:
        """What a token authorizes; None if it is unknown here, expired or revoked."""
        grant = self._grants.get(fingerprint(token)) if token else None
        return grant if grant and grant.refresh == refresh and now < grant.expires_at else None

    def valid_grants(self, now: float) -> dict[str, Grant]:
        """What the valid tokens authorize, by fingerprint, oldest first."""
        return {token: grant for token, grant in self._grants.items() if now < grant.expires_at}

    def remaining_quota(self, kind: TokenExtension, now: float) -> int | None:
        """How many tokens the quota still allows; None if there is no quota."""
        if not kind.quota:
            return None
        start = now - kind.quota["seconds"]
        return kind.quota["tokens"] - sum(at > start for at in self._issued.get(kind.scheme, ()))

    def revoke(self, token: str | None) -> None:
        """Revoke one token, or all."""
        if token is None:
            self._grants.clear()
        else:
            self._grants.pop(fingerprint(token), None)

    def consume_quota(self, kind: TokenExtension, now: float) -> bool:
        """Count one token; False if the quota of the sliding window is used up."""
        if not kind.quota:
            return True
        issued = self._issued.setdefault(kind.scheme, deque())
        while issued and issued[0] <= now - kind.quota["seconds"]:
            issued.popleft()
        if len(issued) >= kind.quota["tokens"]:
            return False
        issued.append(now)
        return True

    def _jwt(self, kind: TokenExtension, lifetime: float, now: float, refresh: bool) -> str:
        claims = {
            "iss": f"{self.provider.name}.emulator",
            "provider": self.provider.name,
            "environment": self.environment,
            "scheme": kind.scheme,
            "typ": "refresh" if refresh else "access",
            "iat": int(now),
            "exp": int(now) + lifetime,
            "jti": secrets.token_hex(8),
        }
        signed = f"{_url64(json.dumps({'alg': 'HS256', 'typ': 'JWT'}))}.{_url64(json.dumps(claims))}"
        return f"{signed}.{_url64(hmac.digest(self._key, signed.encode(), 'sha256'))}"


def fingerprint(token: str) -> str:
    """A name for a token that does not reveal it: the first 12 digits of its SHA-256."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()[:12]


def encode_base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _opaque() -> str:
    # It begins with +/ and ends with =, which careless code for URLs and headers breaks.
    return base64.b64encode(b"\xfb\xff" + secrets.token_bytes(30)).decode()


def _url64(data: str | bytes) -> str:
    raw = data if isinstance(data, bytes) else data.encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
