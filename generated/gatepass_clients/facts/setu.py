"""What specs/setu.yaml says beyond the calls. Do not edit."""

from typing import Final, Literal

from . import TokenFacts

Environment = Literal["sandbox", "production"]
"""The environments of this provider."""
SERVERS: Final[dict[str, str | None]] = {
    "sandbox": "https://uat.setu.co/api/v2",
    "production": "https://prod.setu.co/api/v2",
}
"""Environment to base URL; None where only the user knows the host."""
SETU_TOKEN: Final = TokenFacts(
    provider="setu",
    scheme="setuToken",
    servers=SERVERS,
    path="/auth/token",
    credentials=("client_id", "secret"),
    secrets=frozenset({"secret"}),
    headers=frozenset(),
    constants={},
    jwt=True,
    default_lifetime=1800,
    refused=frozenset({400, 401, 403}),
    limited=frozenset({429}),
    stale_on=frozenset({401, 403}),
    success=(("success",),),
    error_code=(("error", "code"),),
    error_trace=(("error", "traceID"),),
    quota=None,
    prefix={},
    instead={},
)
