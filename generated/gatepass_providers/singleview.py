"""Credentials made from singleview.yaml. Do not edit.

[page], [docs], [code] and [unknown] say where a fact is from and how sure it is.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import httpx
from gatepass.provider import (
    SYSTEM_CLOCK,
    Clock,
    Credential,
    OnEvent,
    Secret,
    SecretSource,
    TokenResponse,
    TokenSpec,
    check_credential,
    check_environment,
    expect,
)

from . import HOSTS, SERVERS

if TYPE_CHECKING:
    from gatepass.provider import Certificate, Verify
    from gatepass.stores import Store

    from gatepass_clients.singleview import Client

Environment = Literal["sandbox", "production"]
"""The environments of this provider."""


class SingleView(Credential):
    """Access tokens of SingleView.

    The token of `generateToken`. A sibling API responds with 401 and the code `MW-401` when it no longer
    accepts a token [docs]; that the APIs of this product respond with 401 too is assumed [unknown].

    The environment production has no public host: give `base_url` or set
    `SINGLEVIEW_PRODUCTION_BASE_URL`.
    """

    spec = TokenSpec(
        client="gatepass_clients.singleview",
        hosts=HOSTS,
        provider="singleview",
        scheme="singleViewToken",
        servers=SERVERS["singleview"],
        path="/v1/api/observice/token",
        credentials=("client_id", "client_code", "merchant_id"),
        secrets=frozenset({"client_code"}),
        jwt=True,
        default_lifetime=3600,
        rejected=frozenset({401, 400}),
        unauthorized=frozenset({401}),
        success=(("success",), ("status",)),
        error_code=(("errorCode",),),
        responses={
            ("200",): {
                "": "object",
                "/success": "boolean?",
                "/payload": "object?",
                "/payload/access_token": "string",
                "/payload/token_type": "string?",
                "/payload/expires_in": "number?",
                "/status": "string?",
                "/errorCode": "string?",
                "/message": "string?",
            },
            ("400", "401", "500"): {
                "": "object",
                "/status": "string?",
                "/errorCode": "string?",
                "/message": "string?",
                "/payload": "any?",
                "/success": "any?",
            },
        },
    )

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str | None = None,
        client_code: SecretSource | None = None,
        merchant_id: str | None = None,
        grant_type: str = "client_credentials",
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
            client_id: The client id of the registered user [page]. Variable:
                SINGLEVIEW_SANDBOX_CLIENT_ID or SINGLEVIEW_PRODUCTION_CLIENT_ID.
            client_code: The client code [page]. It is the secret. A function that returns it is called
                for each token request. Variable: SINGLEVIEW_SANDBOX_CLIENT_CODE or
                SINGLEVIEW_PRODUCTION_CLIENT_CODE.
            merchant_id: The id of the merchant; a UUID according to the page, though its sample is not
                one [page]. Variable: SINGLEVIEW_SANDBOX_MERCHANT_ID or
                SINGLEVIEW_PRODUCTION_MERCHANT_ID.
            grant_type: One fixed word in three spellings: `client_credentials` [docs] and [code],
                `client_Credentials` and `Client_Credentials` [page]. The first has the most evidence; a
                client should let its user override it.
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
            {"client_id": client_id, "client_code": client_code, "merchant_id": merchant_id},
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
        self._grant_type = check_credential(self.spec, grant_type, "grant_type", "grant_type=")

    @classmethod
    def environment_of(cls, value: str) -> Environment:
        """The environment that a setting names; `ConfigError` if the provider does not have it."""
        environment: Environment = check_environment(cls.spec, value)
        return environment

    def _request_token(
        self, client: "Client", secrets: Mapping[str, Secret], refresh_token: Secret | None
    ) -> TokenResponse:
        from gatepass_clients.singleview import models
        from gatepass_clients.singleview.api.token import generate_token

        response = expect(
            models.TokenResponse,
            generate_token.sync(
                client=client,
                body=models.TokenRequest(
                    client_id=self._settings.public_credentials["client_id"],
                    client_code=secrets["client_code"].value,
                    merchant_id=self._settings.public_credentials["merchant_id"],
                    grant_type=self._grant_type,
                ),
            ),
        )
        return TokenResponse(
            (response.payload and response.payload.access_token) or None,
            expires_in=(response.payload and response.payload.expires_in) or None,
        )
