"""Su by STAAH: rates and bookings of hotel property systems."""

import base64
from collections.abc import Mapping
from typing import Any, Unpack

from gatepass_clients.facts.su import SU_TOKEN, Environment

from .._credential import Credential, Options, Reply
from .._settings import SecretSource
from .._token import Secret


class Su(Credential):
    """Access tokens of Su: the client's domain, the same everywhere, and a secret per environment.

    `client_id` is the domain or its base64, as you have it: a domain has a dot, base64 has none.
    Only 30 tokens may be made in 60 minutes, so one credential should serve the whole program.
    """

    facts = SU_TOKEN

    def __init__(
        self,
        environment: Environment,
        *,
        client_id: str | None = None,
        client_secret: SecretSource | None = None,
        **options: Unpack[Options],
    ) -> None:
        given = {"client_id": client_id, "client_secret": client_secret}
        super().__init__(environment, given, **options)

    def _call(self, client: Any, secrets: Mapping[str, Secret], refresh: Secret | None) -> Reply:
        from gatepass_clients.su.api.token import generate_access_token
        from gatepass_clients.su.models import TokenData

        domain = self._settings.account["client_id"]
        encoded = base64.b64encode(domain.encode()).decode() if "." in domain else domain
        reply: Any = generate_access_token.sync(
            client=client, client_id=encoded, client_secret=secrets["client_secret"].value
        )
        # The provider's page spells it `Data`, its samples `data`.
        data = reply.data or TokenData()
        other = TokenData.from_dict(reply.additional_properties.get("Data") or {})
        return Reply(data.token or other.token, data.expire_in or other.expire_in)
