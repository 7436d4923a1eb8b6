"""For tests of programs that use gatepass: a credential that asks nobody."""

import time

import httpx

from ._credential import Credential
from ._quota import LEDGERS
from ._token import Token


class FakeCredential(Credential):
    """Stands in for any credential: always the same token, or the `error` you give, and no network.

    `calls` counts how often a token was wanted.
    """

    def __init__(self, value: str = "fake-token", *, error: Exception | None = None) -> None:
        self.calls = 0
        self._fake = Token(value, time.time() + 3600)
        self._error = error
        self._stale_on = frozenset()

    @property
    def environment(self) -> str:
        return "sandbox"

    @property
    def base_url(self) -> str:
        return "http://localhost"

    def token(self) -> Token:
        self.calls += 1
        if self._error is not None:
            raise self._error
        return self._fake

    async def atoken(self) -> Token:
        return self.token()

    def forget(self, token: Token | None = None) -> None:
        pass

    def __repr__(self) -> str:
        return "FakeCredential()"

    def _at_hand(self, request: httpx.Request) -> Token:
        token = self.token()
        request.headers["Authorization"] = f"Bearer {token.value}"
        return token


def forget_quotas() -> None:
    """Start every provider's quota anew, as when an emulator is cleared; a real provider would not."""
    LEDGERS.clear()
