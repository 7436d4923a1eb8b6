"""Decentro: KYC, banking and payments, India. Of the five its token call is documented least."""

from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any, Literal, Unpack

import httpx

from gatepass_clients.facts.decentro import DECENTRO_TOKEN, Environment

from .._credential import Credential, Flow, Options, Reply
from .._errors import ConfigError
from .._settings import SecretSource
from .._token import Secret, Token

Method = Literal["GET", "POST"]
Send = Literal["token", "credentials"]


class Decentro(Credential):
    """Access tokens of Decentro: a client id and a client secret, renewed by a refresh token.

    `method="POST"` is for a network that drops the body of a GET; no page of the provider documents
    it. `send="credentials"` puts the client id and secret into the headers of each API call instead
    of a token, which every Decentro API takes too; then no token is asked for. A redirect to a host
    that is not allowed is a `ConfigError` in that case; without it, httpx would send these headers there.
    With a transport of yours that does not call httpx's `trace` extension, it comes after the fact.
    """

    facts = DECENTRO_TOKEN

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str | None = None,
        client_secret: SecretSource | None = None,
        method: Method = "GET",
        send: Send = "token",
        **options: Unpack[Options],
    ) -> None:
        given = {"client_id": client_id, "client_secret": client_secret}
        super().__init__(environment, given, **options)
        if method not in ("GET", "POST"):
            raise ConfigError("method=: use 'GET' or 'POST'")
        if send not in ("token", "credentials"):
            raise ConfigError("send=: use 'token' or 'credentials'")
        self._method = method
        self._send = send

    def _call(self, client: Any, secrets: Mapping[str, Secret], refresh: Secret | None) -> Reply:
        from gatepass_clients.decentro.api.token import generate_token, generate_token_by_post
        from gatepass_clients.decentro.models import TokenRequest, TokenRequestGrantType

        if refresh is not None:
            body = TokenRequest(TokenRequestGrantType.REFRESH_TOKEN, refresh_token=refresh.value)
        else:
            body = TokenRequest(
                TokenRequestGrantType(self.facts.constants["grant_type"]),
                client_id=self._settings.account["client_id"],
                client_secret=secrets["client_secret"].value,
            )
        call = generate_token if self._method == "GET" else generate_token_by_post
        reply: Any = call.sync(client=client, body=body)
        return Reply(reply.access_token, reply.expires_in, refresh=reply.refresh_token)

    def _at_hand(self, request: httpx.Request) -> Token | None:
        return super()._at_hand(request) if self._send == "token" else None

    def _flow(self, request: httpx.Request) -> Flow:
        if self._send == "token":
            yield from super()._flow(request)
            return
        self._check_host(request.url)
        if self._settings.asks:
            secrets = yield from self._fly(lambda _deadline: self._settings.reveal())
        else:
            secrets = self._settings.reveal()
        for name, header in self.facts.instead.items():
            secret = secrets.get(name)
            request.headers[header] = secret.value if secret else self._settings.account[name]
        response: httpx.Response = yield request
        for each in (*response.history, response):  # of a transport that calls no trace
            self._check_host(each.request.url)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._send == "credentials":
            self._settings.hosts.follow(request, is_async=False)
        return super().sync_auth_flow(request)

    def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if self._send == "credentials":
            self._settings.hosts.follow(request, is_async=True)
        return super().async_auth_flow(request)
