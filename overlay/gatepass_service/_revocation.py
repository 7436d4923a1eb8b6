"""The revocation endpoint: RFC 7009, to say that an API rejected a token."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ._access import Access, Handler
from ._errors import invalid_request
from ._form import read_form


def revocation_endpoint(access: Access) -> Handler:
    """Replaces a token, and responds when that is done or has failed; of any other token nothing is known."""

    async def revoke(request: Request) -> Response:
        form = await read_form(request)
        issuer = access.issuer(request, form)
        if "token" not in form:
            raise invalid_request("token is missing: send the token that an API rejected")
        await issuer.revoke(form["token"])
        return JSONResponse({})  # RFC 7009 ignores the body, but simple-oauth2 wants to read JSON

    return revoke
