"""What specs/singleview.yaml says beyond the calls. Do not edit."""

from typing import Final, Literal

from . import TokenFacts

Environment = Literal["sandbox", "production"]
"""The environments of this provider."""
SERVERS: Final[dict[str, str | None]] = {"sandbox": "https://obsandbox.onesingleview.com", "production": None}
"""Environment to base URL; None where only the user knows the host."""
SINGLE_VIEW_TOKEN: Final = TokenFacts(
    provider="singleview",
    scheme="singleViewToken",
    servers=SERVERS,
    path="/v1/api/observice/token",
    credentials=("client_id", "client_code", "merchant_id"),
    secrets=frozenset({"client_code"}),
    headers=frozenset(),
    constants={"grantType": "client_credentials"},
    jwt=True,
    default_lifetime=3600,
    refused=frozenset({401, 400}),
    limited=frozenset(),
    stale_on=frozenset({401}),
    success=(("success",), ("status",)),
    error_code=(("errorCode",),),
    error_trace=(),
    quota=None,
    prefix={},
    instead={},
)
