"""One credential as the service hands out its tokens."""

import asyncio
import logging
import math
import time
from typing import Any

from starlette.concurrency import run_in_threadpool

from gatepass import GatepassError, Token, Unavailable

log = logging.getLogger("gatepass")

NOT_A_SCHEME = "N_A"
"""The token type where the token does not go into the header Authorization after a word (RFC 8693)."""


class Issuer:
    """Hands out the tokens of a provider in an environment, with at least a second left."""

    def __init__(self, provider: str, environment: str, credential: Any) -> None:
        self.provider, self.environment = provider, environment
        self.credential = credential
        self._rejected = ""
        """A token that an API rejected, while the provider issues no other one."""

    @property
    def token_type(self) -> str:
        """The word before the token in the header Authorization."""
        part, name, prefix = self.credential.spec.api
        is_word = part == "header" and name == "Authorization" and prefix.endswith(" ")
        return prefix.rstrip() if is_word else NOT_A_SCHEME

    @property
    def has_headers(self) -> bool:
        """Whether headers are all that APIs want, and none of them has a provider's secret."""
        spec = self.credential.spec
        return spec.api[0] != "query" and not spec.secrets & spec.also_send.keys()

    async def token(self) -> Token:
        """A token that is valid for a second at least. Raises a `GatepassError` if there is none."""
        token = await self._current()
        left = token.expires_at - time.time()
        if left < 1:  # of a provider whose tokens are served to their end
            await asyncio.sleep(max(left, 0.0))
            token = await self._current()
            if seconds_left(token) < 1:
                reason = "its tokens end in less than a second"
                raise Unavailable(reason, self.provider, self.environment)
        return token

    async def revoke(self, value: str) -> None:
        """Replace a token that an API rejected; an error is for the next request of a token."""
        try:
            replacement = await self.credential.areplace_rejected(value)
            error = None if replacement is not None else await self._error()
        except GatepassError as failure:
            log.warning("an API rejected the token, and there is no other: %s", failure)
            replacement, error = None, failure
        if error is not None:
            self._rejected = value
        elif replacement is None or replacement.value != self._rejected:
            self._rejected = ""

    async def _current(self) -> Token:
        """The cached token; if that one was rejected, another one or the reason why there is none."""
        token: Token = await self.credential.atoken()
        if token.value != self._rejected:
            return token
        replacement: Token | None = await self.credential.areplace_rejected(token)
        if replacement is not None:
            self._rejected = ""
            return replacement
        error = await self._error()
        if error is not None:
            raise error
        return token  # APIs reject every token: it is not about this one

    async def _error(self) -> GatepassError | None:
        # On a thread, because with a file store a quota is read from a file.
        status = await run_in_threadpool(self.credential.status)
        error: GatepassError | None = status.error
        return error


def seconds_left(token: Token) -> int:
    """Whole seconds for which a token is valid."""
    return math.floor(token.expires_at - time.time())
