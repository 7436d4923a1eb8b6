"""Credentials made from setu.yaml. Do not edit.

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
    WrongToken,
    check_environment,
    expect,
)

from . import HOSTS, SERVERS

if TYPE_CHECKING:
    from gatepass.provider import Certificate, Verify
    from gatepass.stores import Store

    from gatepass_clients.setu import Client

Environment = Literal["sandbox", "production"]
"""The environments of this provider."""


class Setu(Credential):
    """Access tokens of Setu.

    The token of `generateToken`. An API that no longer accepts it responds with 401 [page]; the
    provider's own SDKs treat 403 the same [docs]. An API that takes the token of another login responds
    with 401 and the sentence "Token issuer not allowed" [code]; that it is in `message` is assumed
    [unknown].
    """

    spec = TokenSpec(
        client="gatepass_clients.setu",
        hosts=HOSTS,
        provider="setu",
        scheme="setuToken",
        servers=SERVERS["setu"],
        path="/auth/token",
        credentials=("client_id", "secret"),
        secrets=frozenset({"secret"}),
        jwt=True,
        default_lifetime=1800,
        rejected=frozenset({400, 401, 403}),
        rate_limited=frozenset({429}),
        unauthorized=frozenset({401, 403}),
        success=(("success",),),
        wrong_token=WrongToken(401, (("message",),), frozenset({"token issuer not allowed"}), ("setuaa", "setuupi")),
        error_code=(("error", "code"),),
        error_trace=(("error", "traceID"),),
        responses={
            ("200",): {
                "": "object",
                "/status": "integer?",
                "/success": "boolean",
                "/data": "object",
                "/data/expiresIn": "integer?",
                "/data/token": "string",
                "/error": "any?",
            },
            ("400", "401", "403", "405", "429", "500", "503"): {
                "": "object",
                "/status": "integer",
                "/success": "boolean",
                "/error": "object",
                "/error/code": "string?",
                "/error/detail": "string?",
                "/error/docURL": "string?",
                "/error/title": "string?",
                "/error/errors": "array?",
                "/error/errors/*": "object?",
                "/error/errors/*/code": "string?",
                "/error/errors/*/title": "string?",
                "/error/errors/*/detail": "string?",
                "/error/errors/*/docURL": "string?",
                "/error/traceID": "string?",
                "/data": "any?",
            },
        },
    )

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str | None = None,
        secret: SecretSource | None = None,
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
            client_id: The client id of the product configuration [page]. Variable:
                SETU_SANDBOX_CLIENT_ID or SETU_PRODUCTION_CLIENT_ID.
            secret: The secret that belongs to the client id [page]. A function that returns it is called
                for each token request. Variable: SETU_SANDBOX_SECRET or SETU_PRODUCTION_SECRET.
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
            {"client_id": client_id, "secret": secret},
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

    @classmethod
    def environment_of(cls, value: str) -> Environment:
        """The environment that a setting names; `ConfigError` if the provider does not have it."""
        environment: Environment = check_environment(cls.spec, value)
        return environment

    def _request_token(
        self, client: "Client", secrets: Mapping[str, Secret], refresh_token: Secret | None
    ) -> TokenResponse:
        from gatepass_clients.setu import models
        from gatepass_clients.setu.api.token import generate_token

        response = expect(
            models.TokenResponse,
            generate_token.sync(
                client=client,
                body=models.TokenRequest(
                    client_id=self._settings.public_credentials["client_id"], secret=secrets["secret"].value
                ),
            ),
        )
        return TokenResponse(response.data.token, expires_in=response.data.expires_in or None)
