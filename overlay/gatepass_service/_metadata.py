"""The metadata of an issuer: RFC 8414, so that libraries can be configured by its URL."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ._access import Handler, account_of

AUTHENTICATION = ["client_secret_basic", "client_secret_post"]


def metadata_endpoint() -> Handler:
    """Describes an issuer, under the address by which the client reached the service."""

    async def metadata(request: Request) -> Response:
        provider, environment = account_of(request)
        issuer = f"http://{request.headers['host']}/{provider}/{environment}"
        return JSONResponse(
            {
                "issuer": issuer,
                "token_endpoint": f"{issuer}/token",
                "token_endpoint_auth_methods_supported": AUTHENTICATION,
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": ["none"],  # required, and there is no authorization endpoint
                "revocation_endpoint": f"{issuer}/revoke",
                "revocation_endpoint_auth_methods_supported": AUTHENTICATION,
            }
        )

    return metadata
