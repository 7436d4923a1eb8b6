"""The exchange of credentials for a token, through the typed client of the provider."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import httpx

from ._api_request import AUTHORIZATION, put_token
from ._cached_token import CachedToken
from ._clock import Clock
from ._connections import Connections
from ._errors import GatepassError, Rejected, Unavailable
from ._flight import run_sync
from ._httpx import HTTPX, hide_url
from ._lifetime import parse_timestamp, token_lifetime
from ._safe_text import reveals
from ._settings import Settings
from ._token import Secret, Token, is_header_safe

if TYPE_CHECKING:
    from ._cache import TokenCache
    from ._differences import Responses
    from ._quota import SlidingWindow
    from ._transport import RetryPolicy

TOKEN_LIMIT = 16_384
"""Characters of a token; a longer one fits into the headers of hardly any server."""
WARNING_LIMIT = 1000
"""Characters of a provider's warning."""
Result = TypeVar("Result")


class TokenResponse:
    """What the typed response says, as the provider wrote it; no dataclass, whose fields serializers list."""

    __slots__ = ("access_token", "expires_at", "expires_in", "refresh_token", "warning")

    def __init__(
        self,
        access_token: object,
        expires_in: object = None,
        expires_at: object = None,
        warning: object = None,
        refresh_token: object = None,
    ) -> None:
        self.access_token = access_token
        self.expires_in = expires_in
        self.expires_at = expires_at
        self.warning = warning
        self.refresh_token = refresh_token


class RequestPolicy(NamedTuple):
    """Until when a request may be sent, how often, and which quota counts it."""

    deadline: float
    """On the monotonic clock."""
    retry: RetryPolicy
    window: SlidingWindow | None = None
    use_reserve: bool = False


RequestToken = Callable[[Any, Mapping[str, Secret], Secret | None], TokenResponse]
"""Makes the token request with a typed client, from the secrets or a refresh token."""


@dataclass(slots=True, repr=False, eq=False)
class TokenExchange:
    """Requests tokens, and whatever else the typed client of a provider can request."""

    settings: Settings
    clock: Clock
    connections: Connections
    request_token: RequestToken
    login: TokenCache | None = None
    """The cache of the tokens that the token request needs."""

    def fetch(
        self, secrets: Mapping[str, Secret], refresh_token: Secret | None, policy: RequestPolicy
    ) -> CachedToken:
        """A new token. Raises a `TokenError` where there is none."""
        cache = self.login
        if cache is None:
            return self._fetch_with(None, secrets, refresh_token, policy)
        login = run_sync(cache.get())
        try:
            return self._fetch_with(login, secrets, refresh_token, policy)
        except Rejected as error:
            if error.status not in cache.settings.spec.unauthorized:
                raise
            other = run_sync(cache.replace_rejected(login))
            if other is None:
                raise
        return self._fetch_with(other, secrets, refresh_token, policy)

    def _fetch_with(
        self,
        login: Token | None,
        secrets: Mapping[str, Secret],
        refresh_token: Secret | None,
        policy: RequestPolicy,
    ) -> CachedToken:
        """A new token, by a request with a token of the login, if it needs one."""
        with self.connections.open() as connection:
            if refresh_token is not None:
                try:
                    return self._fetch(connection, login, secrets, refresh_token, policy)
                except Rejected:
                    pass  # its lifetime is not documented; the credentials always serve
            return self._fetch(connection, login, secrets, None, policy)

    def _fetch(
        self,
        connection: httpx.BaseTransport,
        login: Token | None,
        secrets: Mapping[str, Secret],
        refresh_token: Secret | None,
        policy: RequestPolicy,
    ) -> CachedToken:
        issued_at, epoch = self.clock.monotonic(), self.clock.time()
        sent = [*secrets.values(), *([refresh_token] if refresh_token else [])]
        api = self.login.settings.spec.api if self.login is not None else AUTHORIZATION
        response = self.send(
            connection,
            lambda client: self.request_token(client, secrets, refresh_token),
            policy,
            sent,
            login,
            api,
            self.settings.spec.responses if refresh_token is None else {},
        )
        value, spec = response.access_token, self.settings.spec
        prefix = spec.prefix.get(self.settings.environment, "")
        if isinstance(value, str):
            value = without_scheme(value, spec.api[2])
        if not isinstance(value, str) or not is_header_safe(value) or len(value) > TOKEN_LIMIT:
            reason = "the response has no token that a header can carry: visible ASCII, 16 KB at most"
            raise self.settings.error(Unavailable, reason, 200)
        if not value.startswith(prefix):
            reason = f"this is a token of another environment: it should begin with {prefix}"
            raise self.settings.error(Rejected, reason, 200)
        expires_at = parse_timestamp(response.expires_at)
        lifetime = token_lifetime(
            response.expires_in,
            value if spec.jwt else None,
            spec.default_lifetime,
            unit=spec.expires_in_unit,
            expires_in=expires_at - epoch if expires_at is not None else None,
        )
        warning = safe_warning(response.warning, [*sent, Secret(value)])
        new = response.refresh_token
        new_refresh_token = Secret(new) if isinstance(new, str) and new else None
        token = Token(value, epoch + lifetime, warning)
        return CachedToken.issued(
            token, issued_at, lifetime, new_refresh_token, spec.margin, spec.renews_within
        )

    def send(
        self,
        connection: httpx.BaseTransport,
        request: Callable[[Any], Result],
        policy: RequestPolicy,
        secrets: Collection[Secret] = (),
        login: Token | None = None,
        api: tuple[str, str, str] = AUTHORIZATION,
        responses: Responses = MappingProxyType({}),
    ) -> Result:
        """The result of a function that makes one request, which sends the secrets, with the typed client.

        The token of a login is sent where `api` says, and `responses` are what to expect, both as in
        `TokenSpec`. Raises a `GatepassError` where there is no result.
        """
        from ._transport import TokenTransport  # it loads much that only a request needs

        settings = self.settings
        shown = [*secrets, *([Secret(login.value)] if login else [])]
        transport = TokenTransport(settings, self.clock, connection, policy, shown, responses)
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "gatepass"}
        if connection is self.connections.transport:
            # Processes forked from this one share the open connections of a user's transport, and would
            # read each other's tokens from them.
            headers["Connection"] = "close"
        http_client = httpx.Client(
            base_url=settings.base_url, transport=transport, headers=headers, trust_env=False
        )
        values = [secret.value for secret in secrets]

        def hide(request: httpx.Request) -> None:
            hides_path = any(value in request.url.path for value in values)
            if hides_path or request.url.query:
                hide_url(request, hides_path=hides_path)

        http_client.event_hooks = {"request": [hide]}
        if login is not None:
            http_client.auth = functools.partial(_put_login, login, api)
        failure: GatepassError
        try:
            package = importlib.import_module(settings.spec.client)
            if login is None:
                client = package.Client(base_url=settings.base_url)
            else:
                client = package.AuthenticatedClient(base_url=settings.base_url, token=login.value)
            return request(client.set_httpx_client(http_client))
        except GatepassError as error:
            failure = error
        except Exception as error:  # KeyError, TypeError, …: whatever a parser of responses runs into
            reason = f"the response is not what the spec describes ({type(error).__name__})"
            failure = settings.error(Unavailable, reason, 200)
        raise failure.copied()  # from here, without a frame or a cause that holds a secret


def _put_login(login: Token, api: tuple[str, str, str], request: httpx.Request) -> httpx.Request:
    put_token(request, login, api, HTTPX)
    return request


def without_scheme(value: str, prefix: str) -> str:
    """The token without the scheme that some providers put before it: `Bearer eyJ…`."""
    return value[len(prefix) :].strip() if prefix and value.lower().startswith(prefix.lower()) else value


def safe_warning(value: object, secrets: Collection[Secret]) -> str | None:
    """A provider's warning, unless it repeats one of the secrets; cut if it is very long."""
    if not isinstance(value, str):
        return None
    warning = value[:WARNING_LIMIT]
    return None if any(reveals(warning, secret.value) for secret in secrets) else warning
