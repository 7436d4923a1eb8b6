"""The headers of an API request: as JSON, and as a response for a proxy that asks before each request."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gatepass import Token
from gatepass._api_headers import credential_helper_answer

from ._access import Access, Handler
from ._errors import OAuthError


def headers_endpoint(access: Access) -> Handler:
    """The headers in the form that credential helpers print: each with its values, and when they expire."""

    async def headers(request: Request) -> Response:
        return JSONResponse(credential_helper_answer(*await _headers(access, request)))

    return headers


def auth_endpoint(access: Access) -> Handler:
    """The headers of an API request as those of an empty response: for `auth_request` of nginx."""

    async def auth(request: Request) -> Response:
        api_headers, _ = await _headers(access, request)
        return Response(status_code=204, headers=api_headers)

    return auth


async def _headers(access: Access, request: Request) -> tuple[dict[str, str], Token]:
    issuer = access.issuer(request, {}, not_allowed=403)
    if not issuer.has_headers:
        description = "its APIs want the token in the query, or a secret beside it: use the token endpoint"
        raise OAuthError("invalid_request", description)
    token = await issuer.token()
    return await issuer.credential.aheaders(token), token
