"""Credentials that APIs take in headers of their own, in place of a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Unpack

import httpx

from ._credential import Credential
from ._provider import check_choice

if TYPE_CHECKING:
    from ._auth import AuthFlow
    from ._environ import SecretSource
    from ._options import Options
    from ._token import Token

AuthenticateWith = Literal["token", "credentials"]


class HeaderCredential(Credential):
    """A credential that can also put its credentials into the headers of each request to an API.

    httpx sends these headers to the target of a redirect too. A redirect to a host that is not allowed is a
    `ConfigError` before that; with a transport that does not call httpx's `trace` extension, only afterwards.
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

    def _authorize_from_cache(self, request: httpx.Request, *, is_async: bool) -> Token | None:
        if self._with_token:
            return super()._authorize_from_cache(request, is_async=is_async)
        self._hosts.follow(request, is_async=is_async)
        return None

    def _flow(self, request: httpx.Request) -> AuthFlow:
        if self._with_token:
            yield from super()._flow(request)
            return
        self._hosts.check(request.url)
        if self._settings.has_dynamic_secrets:
            secrets = yield from self._run_in_background(lambda _deadline: self._settings.resolve_secrets())
        else:
            secrets = self._settings.resolve_secrets()
        for name, header in self.spec.alternative_headers.items():
            secret = secrets.get(name)
            request.headers[header] = secret.value if secret else self._settings.public_credentials[name]
        response: httpx.Response = yield request
        for sent in (*response.history, response):  # by a transport that calls no trace
            self._hosts.check(sent.request.url)
