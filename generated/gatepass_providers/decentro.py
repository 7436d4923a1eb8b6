"""Credentials made from decentro.yaml. Do not edit.

[page], [docs], [code] and [unknown] say where a fact is from and how sure it is.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import httpx
from gatepass.provider import (
    SYSTEM_CLOCK,
    Clock,
    HeaderCredential,
    OnEvent,
    Secret,
    SecretSource,
    TokenResponse,
    TokenSpec,
    check_choice,
    check_environment,
    expect,
)

from . import HOSTS, SERVERS

if TYPE_CHECKING:
    from gatepass.provider import Certificate, Verify
    from gatepass.stores import Store

    from gatepass_clients.decentro import Client

Environment = Literal["sandbox", "production"]
"""The environments of this provider."""


class Decentro(HeaderCredential):
    """Access tokens of Decentro.

    The token of `generateToken`, sent after the word `Bearer` [page]. That an API which no longer
    accepts it responds with 401 is assumed [unknown]. Every API also accepts the two headers of
    `clientId` and `clientSecret` instead [page]; most real clients do that [code].
    """

    spec = TokenSpec(
        client="gatepass_clients.decentro",
        hosts=HOSTS,
        provider="decentro",
        scheme="decentroToken",
        servers=SERVERS["decentro"],
        path="/v2/auth/token",
        credentials=("client_id", "client_secret"),
        secrets=frozenset({"client_secret"}),
        jwt=True,
        default_lifetime=900,
        rejected=frozenset({401, 400}),
        unauthorized=frozenset({401}),
        error_code=(("response_key",), ("responseKey",), ("responseCode",)),
        error_trace=(("decentroTxnId",),),
        alternative_headers={"client_id": "client_id", "client_secret": "client_secret"},
        responses={
            ("200",): {
                "": "object",
                "/access_token": "string",
                "/token_type": "string?",
                "/expires_in": "integer?",
                "/refresh_token": "string?",
                "/response_key": "any?",
                "/responseKey": "any?",
                "/responseCode": "any?",
                "/decentroTxnId": "any?",
            },
            ("400", "401"): {
                "": "object",
                "/decentroTxnId": "string?",
                "/status": "string?",
                "/responseCode": "string?",
                "/response_key": "string?",
                "/response_message": "string?",
                "/message": "string?",
                "/access_token": "any?",
                "/expires_in": "any?",
                "/responseKey": "any?",
            },
        },
    )

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str | None = None,
        client_secret: SecretSource | None = None,
        method: Literal["GET", "POST"] = "GET",
        authenticate_with: Literal["token", "credentials"] = "token",
        prefix: str | None = None,
        base_url: str | None = None,
        hosts: list[str] | tuple[str, ...] | None = None,
        store: "Store | str | None" = None,
        timeout: float = 10.0,
        verify: "Verify | None" = None,
        cert: "Certificate | None" = None,
        proxy: str | None = None,
        transport: httpx.BaseTransport | None = None,
        on_event: OnEvent | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Check all settings; `ConfigError` says what is missing or wrong.

        A credential that is not given is read from its variable, or from the file that the variable with
        `_FILE` behind its name points to.

        Args:
            environment: `sandbox` or `production`.
            client_id: The client id of a module, issued at onboarding [page]. Variable:
                DECENTRO_SANDBOX_CLIENT_ID or DECENTRO_PRODUCTION_CLIENT_ID.
            client_secret: The secret that belongs to the client id [page]. A function that returns it is
                called for each token request. Variable: DECENTRO_SANDBOX_CLIENT_SECRET or
                DECENTRO_PRODUCTION_CLIENT_SECRET.
            method: `GET`: A GET [docs] with a JSON body [page]. Some proxies and HTTP libraries drop the
                body of a GET; see `generateTokenByPost`. The statuses other than 200 are assumed
                [unknown]. `POST`: **Undocumented.** No page of the provider says that this path accepts
                a POST [unknown]: try it before relying on it. It is meant for networks that drop the
                body of a GET. That the request and the responses are those of `generateToken` is assumed
                [unknown].
            authenticate_with: `credentials` to put the credentials themselves into the headers
                `client_id` and `client_secret` of each request to an API; then no token is requested.
            prefix: For several accounts of a provider: `SHOP_A` puts SHOP_A_ before the names of all
                variables of this credential. Only `base_url` and `hosts` are read without it too, if no
                variable with it is set.
            base_url: Another address of the provider; if not given, the variable or the spec has it. It
                must be `https://`, unless it is on this machine.
            hosts: More API hosts that tokens may be sent to, besides those of `base_url` and of the
                spec.
            store: Where tokens are shared: `FileStore()`, `RedisStore(url)`, "file:" or "redis://…". If
                not given, the variable GATEPASS_STORE has it; without either, each credential keeps its
                own.
            timeout: Seconds for one token, everything included. A response that takes up to as long
                again is still awaited, for the next caller.
            verify: The certificates to trust instead of the machine's: the path of a PEM file or of a
                directory of certificates, or an `ssl.SSLContext`. Verification cannot be switched off.
            cert: A client certificate: the path of a PEM file with certificate and key, `(certificate,
                key)` or `(certificate, key, password)`. Its files are read again for each token request.
            proxy: URL of the proxy for token requests by `https://`, with user and password if it needs
                them; if not given, HTTPS_PROXY, ALL_PROXY and NO_PROXY decide.
            transport: What carries the token requests, where `verify`, `cert` and `proxy` are not
                enough; `timeout` is then checked only between its reads. If it keeps connections open
                (HTTP/2, or other requests), make it after a fork: processes that share a connection
                receive each other's tokens.
            on_event: Called with each `Event` that happens to the tokens.
            clock: For tests.
        """
        super().__init__(
            environment,
            {"client_id": client_id, "client_secret": client_secret},
            authenticate_with=authenticate_with,
            prefix=prefix,
            base_url=base_url,
            hosts=hosts,
            store=store,
            timeout=timeout,
            verify=verify,
            cert=cert,
            proxy=proxy,
            transport=transport,
            on_event=on_event,
            clock=clock,
        )
        check_choice("method", method, ("GET", "POST"))
        self._method = method

    @classmethod
    def environment_of(cls, value: str) -> Environment:
        """The environment that a setting names; `ConfigError` if the provider does not have it."""
        environment: Environment = check_environment(cls.spec, value)
        return environment

    def _request_token(
        self, client: "Client", secrets: Mapping[str, Secret], refresh_token: Secret | None
    ) -> TokenResponse:
        from gatepass_clients.decentro import models
        from gatepass_clients.decentro.api.token import generate_token, generate_token_by_post

        send = generate_token_by_post.sync if self._method == "POST" else generate_token.sync
        if refresh_token is not None:
            response = expect(
                models.TokenResponse,
                send(
                    client=client,
                    body=models.TokenRequest(
                        refresh_token=refresh_token.value, grant_type=models.TokenRequestGrantType("refresh_token")
                    ),
                ),
            )
        else:
            response = expect(
                models.TokenResponse,
                send(
                    client=client,
                    body=models.TokenRequest(
                        client_id=self._settings.public_credentials["client_id"],
                        client_secret=secrets["client_secret"].value,
                        grant_type=models.TokenRequestGrantType("client_credentials"),
                    ),
                ),
            )
        return TokenResponse(
            response.access_token, expires_in=response.expires_in or None, refresh_token=response.refresh_token or None
        )
