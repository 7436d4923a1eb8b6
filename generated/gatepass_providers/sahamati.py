"""Credentials made from sahamati.yaml. Do not edit.

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
    SecretCredential,
    SecretResponse,
    SecretSource,
    Steps,
    TokenResponse,
    TokenSpec,
    check_environment,
    expect,
    format_time,
    new_uuid,
    run_async,
    run_sync,
)

from . import HOSTS, SERVERS

if TYPE_CHECKING:
    from gatepass.provider import Certificate, Verify
    from gatepass.stores import Store

    from gatepass_clients.sahamati import AuthenticatedClient, Client

Environment = Literal["sandbox", "uat", "production"]
"""The environments of this provider."""


class Sahamati(Credential):
    """Access tokens of Sahamati.

    The token of `generateEntityToken`, for requests between members of the network [docs]. An API that
    no longer accepts it responds with 401 [page]. To try it, list a kind of member in the Central
    Registry, which changes nothing [docs]; the hosts of uat and production are assumed to have it at the
    same path [unknown].

    `warning` of a token: A warning that comes with a valid entity token: its secret has expired and is
    in its grace period [docs]. For the user token no message is documented [unknown].
    """

    spec = TokenSpec(
        client="gatepass_clients.sahamati",
        hosts=HOSTS,
        provider="sahamati",
        scheme="entityToken",
        servers=SERVERS["sahamati"],
        path="/entity/token/generate",
        credentials=("entity_id", "secret"),
        secrets=frozenset({"secret"}),
        jwt=True,
        default_lifetime=86400,
        rejected=frozenset({401, 400}),
        unauthorized=frozenset({401}),
        probe={
            "sandbox": "https://api.sandbox.sahamati.org.in/cr/v2/entityInfo/AA",
            "uat": "https://api.uat.sahamati.org.in/cr/v2/entityInfo/AA",
            "production": "https://api.sahamati.org.in/cr/v2/entityInfo/AA",
        },
        error_code=(("errorCode",),),
        error_trace=(("txnId",),),
        responses={
            ("200",): {
                "": "object",
                "/ver": "string?",
                "/timestamp": "string?",
                "/txnId": "string?",
                "/accessToken": "string",
                "/expiresIn": "integer?",
                "/refreshExpiresIn": "integer?",
                "/tokenType": "string?",
                "/notBeforePolicy": "integer?",
                "/scope": "string?",
                "/message": "string?",
                "/errorCode": "any?",
            },
            ("400", "401"): {
                "": "object",
                "/ver": "string?",
                "/timestamp": "string?",
                "/txnId": "string?",
                "/errorCode": "string?",
                "/errorMsg": "string?",
                "/accessToken": "any?",
                "/expiresIn": "any?",
                "/message": "any?",
            },
        },
    )

    def __init__(
        self,
        environment: Environment,
        *,
        entity_id: str | None = None,
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
            environment: `sandbox`, `uat` or `production`.
            entity_id: The id of the entity; the secret requests name it `entityId` [page]. Variable:
                SAHAMATI_SANDBOX_ENTITY_ID or SAHAMATI_UAT_ENTITY_ID or SAHAMATI_PRODUCTION_ENTITY_ID.
            secret: The secret of the entity, as `readEntitySecret` returns it [page]. A function that
                returns it is called for each token request. Variable: SAHAMATI_SANDBOX_SECRET or
                SAHAMATI_UAT_SECRET or SAHAMATI_PRODUCTION_SECRET.
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
            {"entity_id": entity_id, "secret": secret},
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
        from gatepass_clients.sahamati import models
        from gatepass_clients.sahamati.api.token import generate_entity_token

        response = expect(
            models.TokenResponse,
            generate_entity_token.sync(
                client=client,
                body=models.EntityTokenRequest(
                    id=self._settings.public_credentials["entity_id"], secret=secrets["secret"].value
                ),
            ),
        )
        return TokenResponse(
            response.access_token, expires_in=response.expires_in or None, warning=response.message or None
        )


class SahamatiUser(SecretCredential):
    """User access tokens of Sahamati.

    The token of `generateUserToken`, for the secret requests [page]. They get 401 when the token is
    rejected, and also when the entity id is wrong [docs].
    """

    spec = TokenSpec(
        client="gatepass_clients.sahamati",
        hosts=HOSTS,
        provider="sahamati",
        scheme="userToken",
        servers=SERVERS["sahamati"],
        path="/user/token/generate",
        credentials=("username", "password"),
        secrets=frozenset({"password"}),
        jwt=True,
        default_lifetime=86400,
        rejected=frozenset({401, 400}),
        unauthorized=frozenset({401}),
        error_code=(("errorCode",),),
        error_trace=(("txnId",),),
        responses={
            ("200",): {
                "": "object",
                "/ver": "string?",
                "/timestamp": "string?",
                "/txnId": "string?",
                "/accessToken": "string",
                "/expiresIn": "integer?",
                "/refreshExpiresIn": "integer?",
                "/tokenType": "string?",
                "/notBeforePolicy": "integer?",
                "/scope": "string?",
                "/message": "string?",
                "/errorCode": "any?",
            },
            ("400", "401"): {
                "": "object",
                "/ver": "string?",
                "/timestamp": "string?",
                "/txnId": "string?",
                "/errorCode": "string?",
                "/errorMsg": "string?",
                "/accessToken": "any?",
                "/expiresIn": "any?",
            },
        },
    )

    def __init__(
        self,
        environment: Environment,
        *,
        username: str | None = None,
        password: SecretSource | None = None,
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
            environment: `sandbox`, `uat` or `production`.
            username: The e-mail address of the member's administrator [page]. Variable:
                SAHAMATI_SANDBOX_USERNAME or SAHAMATI_UAT_USERNAME or SAHAMATI_PRODUCTION_USERNAME.
            password: The password that belongs to the address [page]. A function that returns it is
                called for each token request. Variable: SAHAMATI_SANDBOX_PASSWORD or
                SAHAMATI_UAT_PASSWORD or SAHAMATI_PRODUCTION_PASSWORD.
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
            {"username": username, "password": password},
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
        from gatepass_clients.sahamati import models
        from gatepass_clients.sahamati.api.token import generate_user_token

        response = expect(
            models.TokenResponse,
            generate_user_token.sync(
                client=client,
                body=models.UserTokenRequest(
                    username=self._settings.public_credentials["username"], password=secrets["password"].value
                ),
            ),
        )
        return TokenResponse(response.access_token, expires_in=response.expires_in or None)

    def read_secret(self, entity_id: str, *, days: int | None = None) -> Secret:
        """Read the secret of an entity.

        Returns the current secret [page]. The request can be repeated safely. A 401 means that the user
        token is no longer valid, **or that the entity id is wrong** [docs]: request at most one new user
        token.

        An unknown account is `Rejected`, which the first time may cost a new token.

        Args:
            entity_id: The id of the entity; the token request names it `id` [page].
            days: Days until the secret expires [page]. 180 is the default and the maximum; a higher
                number is not an error, but gets 180 days and a `message` that says so [docs].
        """
        return run_sync(self._read(entity_id, days))

    async def aread_secret(self, entity_id: str, *, days: int | None = None) -> Secret:
        """The same as `read_secret`, without ever blocking the event loop."""
        return await run_async(self._read(entity_id, days))

    def _read(self, entity_id: str, days: int | None) -> Steps[Secret]:
        def send(client: "AuthenticatedClient") -> SecretResponse:
            from gatepass_clients.sahamati import models
            from gatepass_clients.sahamati.api.secret import read_entity_secret
            from gatepass_clients.sahamati.types import UNSET

            response = expect(
                models.SecretResponse,
                read_entity_secret.sync(
                    client=client,
                    body=models.SecretRequest(
                        ver="1.0.0",
                        timestamp=format_time(self._clock.time()),
                        txn_id=new_uuid(),
                        entity_id=entity_id,
                        secret_expiry_days=UNSET if days is None else days,
                    ),
                ),
            )
            return SecretResponse(
                response.secret,
                expires=(response.expires_on or None, response.expiration_date or None),
                warning=response.message or None,
            )

        return self._secret(send, entity_id, days, name="entity_id", rotates=False)

    def reset_secret(self, entity_id: str, *, days: int | None = None) -> Secret:
        """Replace the secret of an entity.

        Creates a new secret [page]. The old one stops working at once, according to a partner of the
        network [docs]; tokens that were issued with it stay valid until they expire [docs]. If the user
        token expires before the requested period is over, the secret expires with the user token [docs].

        Not idempotent: **never repeat this request automatically**. After an unknown outcome, such as a
        timeout, `readEntitySecret` returns the secret that is valid.

        The request is sent once and never again: after `Unavailable` its outcome is not known.

        Args:
            entity_id: The id of the entity; the token request names it `id` [page].
            days: Days until the secret expires [page]. 180 is the default and the maximum; a higher
                number is not an error, but gets 180 days and a `message` that says so [docs].
        """
        return run_sync(self._reset(entity_id, days))

    async def areset_secret(self, entity_id: str, *, days: int | None = None) -> Secret:
        """The same as `reset_secret`, without ever blocking the event loop."""
        return await run_async(self._reset(entity_id, days))

    def _reset(self, entity_id: str, days: int | None) -> Steps[Secret]:
        def send(client: "AuthenticatedClient") -> SecretResponse:
            from gatepass_clients.sahamati import models
            from gatepass_clients.sahamati.api.secret import reset_entity_secret
            from gatepass_clients.sahamati.types import UNSET

            response = expect(
                models.SecretResponse,
                reset_entity_secret.sync(
                    client=client,
                    body=models.SecretRequest(
                        ver="1.0.0",
                        timestamp=format_time(self._clock.time()),
                        txn_id=new_uuid(),
                        entity_id=entity_id,
                        secret_expiry_days=UNSET if days is None else days,
                    ),
                ),
            )
            return SecretResponse(
                response.secret,
                expires=(response.expires_on or None, response.expiration_date or None),
                warning=response.message or None,
            )

        return self._secret(send, entity_id, days, name="entity_id", rotates=True)
