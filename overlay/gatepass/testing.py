"""For tests of programs that use gatepass: a credential that sends no requests."""

from __future__ import annotations

import functools
import time
from typing import Any

from ._api_request import HttpClient, token_headers
from ._credential import Credential
from ._environ import env_name
from ._errors import ConfigError, TokenError
from ._flight import Steps
from ._hosts import ApiHosts
from ._quota import WINDOWS
from ._settings import Settings
from ._status import Status
from ._token import Token
from ._token_spec import TokenSpec


class FakeCredential(Credential):
    """Stands in for any credential: always the same token, or the given `error`, and no network.

    `calls` counts the tokens it handed out. Any host gets the token. `replace_rejected()` returns None:
    there is no other token.
    """

    spec = TokenSpec(
        client="",
        hosts={},
        provider="fake",
        scheme="fakeToken",
        servers={},
        path="/token",
        credentials=(),
        secrets=frozenset(),
        jwt=False,
        default_lifetime=3600,
        rejected=frozenset({401}),
        unauthorized=frozenset({401}),
    )

    def __init__(
        self,
        value: str = "fake-token",
        *,
        environment: str = "sandbox",
        base_url: str = "http://localhost",
        error: Exception | None = None,
    ) -> None:
        for name, given in {"value": value, "environment": environment, "base_url": base_url}.items():
            if not isinstance(given, str):
                raise ConfigError(f"{name}= must be a string, not {type(given).__name__}")
        self.calls = 0
        self._fake = Token(value, time.time() + 3600)
        owner = (self.spec.provider, environment)
        hosts = ApiHosts(owner, frozenset(), True, frozenset(), env_name(*owner, "hosts"))
        self._hosts = hosts
        self._settings = Settings(self.spec, environment, base_url, hosts, {}, {}, None, None, 1)
        self._error = error
        self._unauthorized = frozenset()

    @classmethod
    def environment_of(cls, value: str) -> str:
        return value

    def status(self) -> Status:
        if self._error is not None:
            return Status("rejected", 0.0, self._error if isinstance(self._error, TokenError) else None, None)
        return Status("fresh", self._fake.expires_at - time.time(), None, None)

    def token(self) -> Token:
        self.calls += 1
        if self._error is not None:
            raise self._error
        return self._fake

    async def atoken(self) -> Token:
        return self.token()

    def _headers(self, token: Token | None) -> Steps[dict[str, str]]:
        yield from ()
        return token_headers(token or self.token(), self.spec.api)

    def _replace_rejected(self, token: Token | str) -> Steps[Token | None]:
        yield from ()
        return None

    def invalidate(self, token: Token | None = None) -> None:
        pass

    def __repr__(self) -> str:
        return "FakeCredential()"

    def __reduce__(self) -> tuple[Any, ...]:
        given = {"environment": self.environment, "base_url": self.base_url}
        return functools.partial(type(self), self._fake.value, error=self._error, **given), ()

    def _authorize_from_cache(self, request: Any, client: HttpClient) -> Token:
        token = self.token()
        request.headers["Authorization"] = f"Bearer {token.value}"
        return token


def reset_quotas() -> None:
    """Start every provider's quota anew, as when an emulator is cleared; a real provider would not."""
    WINDOWS.clear()
