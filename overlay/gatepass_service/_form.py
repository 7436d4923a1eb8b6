"""The form of a token or revocation request."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from ._errors import invalid_request

FORM = "application/x-www-form-urlencoded"
PARAMETERS = {"client_id", "client_secret", "grant_type", "scope", "token", "token_type_hint"}


async def read_form(request: Request) -> dict[str, str]:
    """The known parameters that have a value; an error if one is repeated, or the body is no form."""
    if request.url.query:
        raise invalid_request(f"the URL has a query: send every parameter in the body, as {FORM}")
    body = await request.body()
    kinds = request.headers.getlist("content-type")
    kind = kinds[0].partition(";")[0].strip().lower() if kinds else ""
    if len(kinds) > 1 or (kind != FORM and (body or kind)):
        raise invalid_request(f"send the parameters in the body with Content-Type: {FORM}")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise invalid_request(f"the body is not {FORM}: percent-encode it as UTF-8") from None
    form: dict[str, str] = {}
    for name, value in pairs:
        if name not in PARAMETERS:  # an extension, which may even be repeated, as `resource` is (RFC 8707)
            continue
        if name in form:
            raise invalid_request(f"{name} is repeated: send it once")
        form[name] = value
    return {name: value for name, value in form.items() if value}
