"""Credentials made from singleviewpayouts.yaml. Do not edit.

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
    format_datetime,
    new_id,
)

from . import HOSTS, SERVERS

if TYPE_CHECKING:
    from gatepass.provider import Certificate, Verify
    from gatepass.stores import Store

    from gatepass_clients.singleviewpayouts import Client

Environment = Literal["sandbox", "production"]
"""The environments of this provider."""


class SingleViewPayouts(Credential):
    """Access tokens of SingleView Payouts.

    The token of `generateToken`; other requests want the company beside it [docs]. An API that no longer
    accepts it responds with 401 and the code `MW-401` [docs].

    The provider grants 10 tokens in 60 seconds, so one credential should serve the whole program.

    The environment production has no public host: give `base_url` or set
    `SINGLEVIEWPAYOUTS_PRODUCTION_BASE_URL`.
    """

    spec = TokenSpec(
        client="gatepass_clients.singleviewpayouts",
        hosts=HOSTS,
        provider="singleviewpayouts",
        scheme="singleViewPayoutsToken",
        servers=SERVERS["singleviewpayouts"],
        path="/v1/api/svplatform/tokenOauth2",
        credentials=("client_id", "client_code", "company_id"),
        secrets=frozenset({"client_code"}),
        headers=frozenset({"company_id", "device"}),
        jwt=True,
        default_lifetime=3600,
        rejected=frozenset({401, 400}),
        rate_limited=frozenset({429}),
        unauthorized=frozenset({401}),
        failure=(("status",),),
        failure_values=frozenset({"failure"}),
        error_code=(("errorCode",),),
        quota=(10, 60),
        also_send={"company_id": "CompanyId"},
        responses={
            ("200",): {
                "": "object",
                "/access_token": "string?",
                "/token_type": "string?",
                "/expires_in": "string?",
                "/status": "string?",
                "/errorCode": "string?",
                "/message": "string?",
            },
            ("400", "401", "429"): {
                "": "object",
                "/status": "string?",
                "/errorCode": "string?",
                "/message": "string?",
                "/access_token": "any?",
                "/expires_in": "any?",
            },
        },
    )

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str | None = None,
        client_code: SecretSource | None = None,
        company_id: str | None = None,
        device: str = "Web",
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
            client_id: The client id [page]. Variable: SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_ID or
                SINGLEVIEWPAYOUTS_PRODUCTION_CLIENT_ID.
            client_code: The client code [page]. It is the secret. A function that returns it is called
                for each token request. Variable: SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_CODE or
                SINGLEVIEWPAYOUTS_PRODUCTION_CLIENT_CODE.
            company_id: The code of the company, issued by SingleView [page]. Variable:
                SINGLEVIEWPAYOUTS_SANDBOX_COMPANY_ID or SINGLEVIEWPAYOUTS_PRODUCTION_COMPANY_ID.
            device: What triggers the request, such as Web, IOS or Android; Web by default [docs].
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
            {"client_id": client_id, "client_code": client_code, "company_id": company_id},
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
        self._device = check_credential(self.spec, device, "device", "device=")

    @classmethod
    def environment_of(cls, value: str) -> Environment:
        """The environment that a setting names; `ConfigError` if the provider does not have it."""
        environment: Environment = check_environment(cls.spec, value)
        return environment

    def _request_token(
        self, client: "Client", secrets: Mapping[str, Secret], refresh_token: Secret | None
    ) -> TokenResponse:
        from gatepass_clients.singleviewpayouts import models
        from gatepass_clients.singleviewpayouts.api.token import generate_token

        response = expect(
            models.TokenResponse,
            generate_token.sync(
                client=client,
                company_id=self._settings.public_credentials["company_id"],
                device=self._device,
                sv_reference_id=new_id(),
                date_time_stamp=format_datetime(self._clock.time()),
                body=models.TokenRequest(
                    client_id=self._settings.public_credentials["client_id"],
                    client_code=secrets["client_code"].value,
                    grant_type="client_credentials",
                ),
            ),
        )
        return TokenResponse(response.access_token or None, expires_in=response.expires_in or None)
