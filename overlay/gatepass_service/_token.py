"""The token endpoint: RFC 6749, section 4.4."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ._access import Access, Handler
from ._errors import OAuthError, invalid_request
from ._form import read_form
from ._issuer import seconds_left


def token_endpoint(access: Access) -> Handler:
    """Hands out an access token, and beside it the headers of an API request."""

    async def token(request: Request) -> Response:
        form = await read_form(request)
        issuer = access.issuer(request, form)
        if "grant_type" not in form:
            raise invalid_request("grant_type is missing: send grant_type=client_credentials")
        if form["grant_type"] != "client_credentials":
            raise OAuthError("unsupported_grant_type", "use grant_type=client_credentials")
        if "scope" in form:
            raise OAuthError("invalid_scope", "the provider decides what a token is for: send no scope")
        token = await issuer.token()
        body = {
            "access_token": token.value,
            "token_type": issuer.token_type,
            "expires_in": seconds_left(token),
        }
        if issuer.has_headers:
            body["headers"] = await issuer.credential.aheaders(token)
        return JSONResponse(body, headers={"Pragma": "no-cache"})

    return token
