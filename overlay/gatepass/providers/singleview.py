"""SingleView: open banking, Saudi Arabia."""

from collections.abc import Mapping
from typing import Any, Unpack

from gatepass_clients.facts.singleview import SINGLE_VIEW_TOKEN, Environment

from .._credential import Credential, Options, Reply
from .._settings import SecretSource, check_credential
from .._token import Secret


class SingleView(Credential):
    """Access tokens of SingleView: a client id, a merchant id, and the client code, which is the secret.

    Production has no public host: it needs `base_url=` or SINGLEVIEW_PRODUCTION_BASE_URL.
    `grant_type` replaces the spelling that is sent, of which three are documented.
    """

    facts = SINGLE_VIEW_TOKEN

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str | None = None,
        client_code: SecretSource | None = None,
        merchant_id: str | None = None,
        grant_type: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        given = {"client_id": client_id, "client_code": client_code, "merchant_id": merchant_id}
        super().__init__(environment, given, **options)
        spelling = self.facts.constants["grantType"] if grant_type is None else grant_type
        self._grant_type = check_credential(self.facts, spelling, "grant_type", "grant_type=")

    def _call(self, client: Any, secrets: Mapping[str, Secret], refresh: Secret | None) -> Reply:
        from gatepass_clients.singleview.api.token import generate_token
        from gatepass_clients.singleview.models import TokenRequest

        body = TokenRequest(
            client_id=self._settings.account["client_id"],
            client_code=secrets["client_code"].value,
            merchant_id=self._settings.account["merchant_id"],
            grant_type=self._grant_type,
        )
        reply: Any = generate_token.sync(client=client, body=body)
        return Reply(reply.payload.access_token, reply.payload.expires_in)
