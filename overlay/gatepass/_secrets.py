"""Credentials whose tokens are for reading and replacing secrets, which are credentials of other tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from ._connections import KeptConnections
from ._credential import Credential
from ._errors import ConfigError, Rejected, Unavailable
from ._exchange import RequestPolicy, safe_warning
from ._lifetime import parse_timestamp
from ._token import Secret, Token

if TYPE_CHECKING:
    from ._environ import SecretSource
    from ._flight import Steps
    from ._options import Options
    from ._transport import RetryPolicy

REJECTED_LIMIT = 1000
"""Accounts that a credential remembers as rejected."""


class SecretResponse:
    """What the typed response of a secret request says; no dataclass, whose fields serializers list."""

    __slots__ = ("expires", "secret", "warning")

    def __init__(self, secret: object, expires: tuple[object, ...] = (), warning: object = None) -> None:
        self.secret = secret
        self.expires = expires
        """Times at which the secret expires; the first that can be read counts."""
        self.warning = warning


class SecretRequest(NamedTuple):
    """A request for the secret of an account."""

    send: Callable[[Any], SecretResponse]
    """Makes the request with a typed client."""
    account: str
    name: str
    """What the provider calls the account."""
    rotates: bool
    """Whether it replaces the secret, so that it must be sent at most once."""


class SecretCredential(Credential):
    """A credential whose tokens authorize secret requests."""

    _connections_type = KeptConnections
    _connections: KeptConnections

    def __init__(
        self, environment: str, credentials: Mapping[str, SecretSource | None], **options: Unpack[Options]
    ) -> None:
        super().__init__(environment, credentials, **options)
        self._rejected_tokens: dict[str, Token | None] = {}
        """Account to the token that was rejected for it; None after a new token was rejected as well."""

    def invalidate(self, token: Token | None = None) -> None:
        if token is None:
            self._rejected_tokens.clear()
        super().invalidate(token)

    def _secret(
        self,
        send: Callable[[Any], SecretResponse],
        account: str,
        days: int | None = None,
        *,
        name: str,
        rotates: bool,
    ) -> Steps[Secret]:
        """The secret of an account, with one new token if the first is rejected.

        A wrong account is `Rejected`. Some providers answer it like an invalid token, so the first time costs
        a new token. A request that `rotates` is sent at most once.
        """
        if not account.strip() or not account.isprintable():
            raise ConfigError(f"{name} is empty or has a line break in it")
        if days is not None and days < 1:
            raise ConfigError("days must be at least 1")
        request = SecretRequest(send, account, name.replace("_", " "), rotates)
        with self._connections.keep():
            return (yield from self._send_with_token(request))

    def _send_with_token(self, request: SecretRequest, *, is_retry: bool = False) -> Steps[Secret]:
        """Send the request, and once more with a new token if that may help."""
        token = yield from self._cache.get()
        try:
            secret = yield from self._send(request, token)
        except Rejected as error:
            if error.status not in self.spec.unauthorized:
                raise
            if is_retry:
                self._rejected_tokens[request.account] = None
            if is_retry or not self._may_be_the_token(request.account, token):
                reason = f"the {request.name} may be wrong: another token was rejected for it as well"
                raise error.copied(reason=reason) from None
            self.invalidate(token)
            if request.rotates:
                kind = re.sub("[A-Z]", lambda letter: f" {letter[0].lower()}", self.spec.scheme)
                reason = f"the {kind} is no longer valid, or the {request.name} is wrong"
                raise error.copied(reason=reason) from None
        else:
            self._rejected_tokens.pop(request.account, None)
            return secret
        return (yield from self._send_with_token(request, is_retry=True))

    def _may_be_the_token(self, account: str, token: Token) -> bool:
        """Whether a 401 may be about the token: not if another token was rejected for the same account."""
        if len(self._rejected_tokens) >= REJECTED_LIMIT and account not in self._rejected_tokens:
            self._rejected_tokens.clear()
        first = self._rejected_tokens.setdefault(account, token)
        return first is not None and first.value == token.value

    def _send(self, request: SecretRequest, token: Token) -> Steps[Secret]:
        retry: RetryPolicy = "never" if request.rotates else "unavailable"

        def request_secret(client: Any) -> Secret:
            response = request.send(client)
            value = response.secret
            if not isinstance(value, str) or not value:
                raise self._settings.error(Unavailable, "the response has no secret in it", 200)
            warning = safe_warning(response.warning, [Secret(token.value), Secret(value)])
            return Secret(value, parse_timestamp(*response.expires), warning)

        def send(deadline: float) -> Secret:
            # The server may just have closed a connection that was used before.
            with self._connections.open(new=request.rotates) as connection:
                policy = RequestPolicy(deadline, retry)
                return self._exchange.send(connection, request_secret, policy, login=token, api=self.spec.api)

        return (yield from self._run_in_background(send))
