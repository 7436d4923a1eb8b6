"""Credentials made from su.yaml. Do not edit.

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
    check_environment,
    encode_base64,
    expect,
    get_path,
)

from . import HOSTS, SERVERS

if TYPE_CHECKING:
    from gatepass.provider import Certificate, Verify
    from gatepass.stores import Store

    from gatepass_clients.su import Client

Environment = Literal["sandbox", "production"]
"""The environments of this provider."""


class Su(Credential):
    """Access tokens of Su.

    The token of `generateAccessToken`. An API that rejects it responds with the message Authorization
    Required [page]; the page gives no status, and 401 is that of the page on the older Basic
    authorisation [docs]. Its prefix shows its environment [page], so a token can be checked before it is
    used.

    The provider grants 30 tokens in 3600 seconds, so one credential should serve the whole program.
    """

    spec = TokenSpec(
        client="gatepass_clients.su",
        hosts=HOSTS,
        provider="su",
        scheme="suToken",
        servers=SERVERS["su"],
        path="/SUAPI/jservice/auth/generate-access-token",
        credentials=("client_id", "client_secret"),
        secrets=frozenset({"client_secret"}),
        headers=frozenset({"client_id", "client_secret"}),
        jwt=False,
        default_lifetime=3600,
        rejected=frozenset({401}),
        rate_limited=frozenset({422}),
        unauthorized=frozenset({401}),
        success=(("success",), ("Status",)),
        error_code=(("Errors", "0", "Code"), ("Errors", "Code")),
        quota=(30, 3600),
        prefix={"sandbox": "sandbox_", "production": "live_"},
        responses={
            ("200",): {
                "": "object",
                "/success": "boolean?",
                "/Status": "string?",
                "/data": "object?",
                "/data/token_type": "string?",
                "/data/token": "string?",
                "/data/expire_in": "string?",
                "/message": "string?",
                "/Data": "any?",
                "/Errors": "any?",
            },
            ("401", "422"): {
                "": "object",
                "/Status": "string?",
                "/Errors": "any?",
                "/data": "any?",
                "/Data": "any?",
                "/success": "any?",
            },
        },
    )

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str | None = None,
        client_secret: SecretSource | None = None,
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
            client_id: The base64 of the client's domain name, the same in both environments [page].
                Users often have it in its encoded form; encoding it twice is an easy mistake. A domain
                contains a dot and base64 does not. Variable: SU_SANDBOX_CLIENT_ID or
                SU_PRODUCTION_CLIENT_ID.
            client_secret: The secret of the client, different in each environment [page]. A function
                that returns it is called for each token request. Variable: SU_SANDBOX_CLIENT_SECRET or
                SU_PRODUCTION_CLIENT_SECRET.
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
        from gatepass_clients.su import models
        from gatepass_clients.su.api.token import generate_access_token

        response = expect(
            models.TokenResponse,
            generate_access_token.sync(
                client=client,
                client_id=encode_base64(self._settings.public_credentials["client_id"], "\\."),
                client_secret=secrets["client_secret"].value,
            ),
        )
        return TokenResponse(
            (response.data and response.data.token) or get_path(response.additional_properties, (("Data", "token"),)),
            expires_in=(response.data and response.data.expire_in)
            or get_path(response.additional_properties, (("Data", "expire_in"),)),
        )
