"""Credentials that APIs take in headers of their own, in place of a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Unpack

from ._credential import Credential
from ._options import check_choice

if TYPE_CHECKING:
    from ._api_request import HttpClient
    from ._environ import SecretSource
    from ._flight import Steps
    from ._options import Options
    from ._token import Token

AuthenticateWith = Literal["token", "credentials"]


class HeaderCredential(Credential):
    """A credential that can also put its credentials into the headers of each request to an API.

    httpx sends these headers to the target of a redirect too. A redirect to a host that is not allowed is a
    `ConfigError` before that; with a transport that does not call httpx's `trace` extension, only afterwards.
    With requests and aiohttp, such a redirect is followed without them.
    """

    def __init__(
        self,
        environment: str,
        credentials: Mapping[str, SecretSource | None],
        *,
        authenticate_with: AuthenticateWith = "token",
        **options: Unpack[Options],
    ) -> None:
        super().__init__(environment, credentials, **options)
        check_choice("authenticate_with", authenticate_with, ("token", "credentials"))
        self._with_token = authenticate_with == "token"
        if not self._with_token:
            self._needs_only_token = False
            self._kept_headers = tuple(self.spec.alternative_headers.values())

    def _prepare(self, request: Any, client: HttpClient) -> Steps[Token | None]:
        if self._with_token:
            return (yield from super()._prepare(request, client))
        self._hosts.check(*client.origin(request))
        request.headers.update((yield from self._headers(None)))
        return None

    def _headers(self, token: Token | None) -> Steps[dict[str, str]]:
        if self._with_token:
            return (yield from super()._headers(token))
        if self._settings.has_dynamic_secrets:
            secrets = yield from self._run_in_background(lambda _deadline: self._settings.resolve_secrets())
        else:
            secrets = self._settings.resolve_secrets()
        return self._headers_of(self.spec.alternative_headers, secrets)

    def _replace_rejected(self, token: Token | str) -> Steps[Token | None]:
        if not self._with_token:  # the API was sent no token
            return None
        return (yield from super()._replace_rejected(token))
