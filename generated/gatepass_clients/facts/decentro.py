"""What specs/decentro.yaml says beyond the calls. Do not edit."""

from typing import Final, Literal

from . import TokenFacts

Environment = Literal["sandbox", "production"]
"""The environments of this provider."""
SERVERS: Final[dict[str, str | None]] = {
    "sandbox": "https://in.staging.decentro.tech",
    "production": "https://in.decentro.tech",
}
"""Environment to base URL; None where only the user knows the host."""
DECENTRO_TOKEN: Final = TokenFacts(
    provider="decentro",
    scheme="decentroToken",
    servers=SERVERS,
    path="/v2/auth/token",
    credentials=("client_id", "client_secret"),
    secrets=frozenset({"client_secret"}),
    headers=frozenset(),
    constants={"grant_type": "client_credentials"},
    jwt=True,
    default_lifetime=900,
    refused=frozenset({401, 400}),
    limited=frozenset(),
    stale_on=frozenset({401}),
    success=(),
    error_code=(("response_key",), ("responseKey",), ("responseCode",)),
    error_trace=(("decentroTxnId",),),
    quota=None,
    prefix={},
    instead={"client_id": "client_id", "client_secret": "client_secret"},
)
