"""What specs/su.yaml says beyond the calls. Do not edit."""

from typing import Final, Literal

from . import TokenFacts

Environment = Literal["sandbox", "production"]
"""The environments of this provider."""
SERVERS: Final[dict[str, str | None]] = {
    "sandbox": "https://connect-sandbox.su-api.com",
    "production": "https://connect.su-api.com",
}
"""Environment to base URL; None where only the user knows the host."""
SU_TOKEN: Final = TokenFacts(
    provider="su",
    scheme="suToken",
    servers=SERVERS,
    path="/SUAPI/jservice/auth/generate-access-token",
    credentials=("client_id", "client_secret"),
    secrets=frozenset({"client_secret"}),
    headers=frozenset({"client_id", "client_secret"}),
    constants={},
    jwt=False,
    default_lifetime=3600,
    refused=frozenset({401}),
    limited=frozenset({422}),
    stale_on=frozenset({401}),
    success=(("success",), ("Status",)),
    error_code=(("Errors", "0", "Code"), ("Errors", "Code")),
    error_trace=(),
    quota=(30, 3600),
    prefix={"sandbox": "sandbox_", "production": "live_"},
    instead={},
)
