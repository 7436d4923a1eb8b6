"""Setu: UPI DeepLinks and BBPS Collect, India."""

from collections.abc import Mapping
from typing import Any, Unpack

from gatepass_clients.facts.setu import SETU_TOKEN, Environment

from .._credential import Credential, Options, Reply
from .._settings import SecretSource
from .._token import Secret


class Setu(Credential):
    """Access tokens of Setu: a client id and the secret that belongs to it on The Bridge.

    An API that answers 401 or 403 is taken to mean a dead token, as Setu's own SDKs do.
    """

    facts = SETU_TOKEN

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str | None = None,
        secret: SecretSource | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(environment, {"client_id": client_id, "secret": secret}, **options)

    def _call(self, client: Any, secrets: Mapping[str, Secret], refresh: Secret | None) -> Reply:
        from gatepass_clients.setu.api.token import generate_token
        from gatepass_clients.setu.models import TokenRequest

        body = TokenRequest(client_id=self._settings.account["client_id"], secret=secrets["secret"].value)
        reply: Any = generate_token.sync(client=client, body=body)
        return Reply(reply.data.token, reply.data.expires_in)
