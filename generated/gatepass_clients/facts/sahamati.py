"""What specs/sahamati.yaml says beyond the calls. Do not edit."""

from typing import Final, Literal

from . import TokenFacts

Environment = Literal["sandbox", "uat", "production"]
"""The environments of this provider."""
SERVERS: Final[dict[str, str | None]] = {
    "sandbox": "https://api.sandbox.sahamati.org.in/iam/v1",
    "uat": "https://api.uat.sahamati.org.in/iam/v1",
    "production": "https://api.sahamati.org.in/iam/v1",
}
"""Environment to base URL; None where only the user knows the host."""
USER_TOKEN: Final = TokenFacts(
    provider="sahamati",
    scheme="userToken",
    servers=SERVERS,
    path="/user/token/generate",
    credentials=("username", "password"),
    secrets=frozenset({"password"}),
    headers=frozenset(),
    constants={},
    jwt=True,
    default_lifetime=86400,
    refused=frozenset({401, 400}),
    limited=frozenset(),
    stale_on=frozenset({401}),
    success=(),
    error_code=(("errorCode",),),
    error_trace=(("txnId",),),
    quota=None,
    prefix={},
    instead={},
)
ENTITY_TOKEN: Final = TokenFacts(
    provider="sahamati",
    scheme="entityToken",
    servers=SERVERS,
    path="/entity/token/generate",
    credentials=("entity_id", "secret"),
    secrets=frozenset({"secret"}),
    headers=frozenset(),
    constants={},
    jwt=True,
    default_lifetime=86400,
    refused=frozenset({401, 400}),
    limited=frozenset(),
    stale_on=frozenset({401}),
    success=(),
    error_code=(("errorCode",),),
    error_trace=(("txnId",),),
    quota=None,
    prefix={},
    instead={},
)
