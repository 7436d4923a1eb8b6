"""The responses of a provider: the spec's own examples, with what is valid now filled in."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime

from gatepass_spec import (
    MISSING,
    UNITS,
    Constants,
    JsonPath,
    JsonPaths,
    SecretExtension,
    TokenExtension,
    as_text,
    pointer_keys,
)

from ._faults import Fault
from ._issuer import Issuer
from ._message import Json, ReceivedRequest, set_value, value_at
from ._provider import Endpoint, Response, json_response

NEVER = 3_650 * 86_400.0
"""The lifetime of a token that does not expire, in seconds."""
REFRESH_LIFETIME = 86_400.0
"""Seconds; no spec states how long a refresh token is valid."""
DATE = re.compile(r"\d{4}-\d\d-\d\d(?:(.)\d\d:\d\d:\d\d(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?")


def respond(
    issuer: Issuer,
    endpoint: Endpoint,
    request: ReceivedRequest,
    fault: Fault,
    others: Iterable[Issuer] = (),
) -> Response:
    """The response to a request, changed as the fault says; `others` may have issued its token."""
    if fault.status is not None or fault.body is not None:
        response = endpoint.response(str(fault.status or 200), example=fault.example)
    elif endpoint.kind == "echo":
        response = _echo_response(issuer, request, others)
    elif endpoint.kind == "token":
        response = _token_response(issuer, endpoint, request, fault)
    else:
        response = _protected_response(issuer, endpoint, request)
    return _with_fault(response, endpoint, fault)


def _with_fault(response: Response, endpoint: Endpoint, fault: Fault) -> Response:
    message = response.message
    for token in endpoint.tokens[:1] if response.status < 300 else ():
        for paths, value in ((token.success.paths, fault.success), (token.expires_in, fault.lifetime)):
            if paths and value is not None:
                existing = [path for path in paths if value_at(message, path) is not MISSING]
                set_value(message, (existing or paths)[0], value)
    for pointer, value in fault.patch.items():
        set_value(message, ("body", *pointer_keys(pointer)), value)
    if fault.body is not None:
        message["body"] = fault.body if isinstance(fault.body, bytes) else fault.body.encode()
        message["header"]["content-type"] = fault.content_type
    message["header"] |= {name.lower(): value for name, value in fault.headers.items()}
    return response


def _token_response(issuer: Issuer, endpoint: Endpoint, request: ReceivedRequest, fault: Fault) -> Response:
    """Issue a token, or reject the request."""
    token, is_refresh = _requested_token(endpoint, request.message)
    rejected = (token or endpoint.tokens[0]).rejected
    if not _has_login(issuer, endpoint, request):
        return endpoint.response("401", *rejected)
    if not endpoint.is_valid(request):
        return endpoint.response("400", *rejected, example="malformed")
    if token is None or not _is_authenticated(issuer, token, is_refresh, request):
        return endpoint.response(*rejected)
    if not issuer.consume_quota(token, request.at):
        return endpoint.response(*token.rate_limited, "429")
    response = endpoint.response(endpoint.success_status, example=fault.example)
    lifetime = issuer.lifetime
    if lifetime is None:
        lifetime = NEVER if token.default_expires_in is None else token.default_expires_in
    response.token = issuer.issue(token, lifetime, request.at, value=fault.token)
    _fill(response, token.access_token, response.token)
    _fill(response, token.expires_in, lifetime / UNITS[token.expires_in_unit or "s"])
    _fill(response, token.expires_at, request.at + lifetime, _time_like)
    if token.refresh:
        refresh_token = issuer.issue(token, REFRESH_LIFETIME, request.at, refresh=True)
        _fill(response, token.refresh.source, refresh_token)
    return response


def _requested_token(endpoint: Endpoint, message: Json) -> tuple[TokenExtension | None, bool]:
    """The kind of token that a request is for, and whether it is a refresh."""
    for token in endpoint.tokens:
        refresh = token.refresh
        # An alternative of the operation refreshes a token as well as it issues one.
        is_refresh = refresh and value_at(message, refresh.token) is not MISSING
        if refresh and is_refresh and _has_constants(message, refresh.constants):
            return token, True
        options = token.options.values()
        if endpoint.id in token.logins and _has_constants(message, token.constants, options):
            return token, False
    return None, False


def _has_constants(message: Json, constants: Constants, options: Collection[JsonPath] = ()) -> bool:
    """Whether a request has these constants, or any value where the user has an option.

    Providers do not agree on upper and lower case. The schema of the request checks the type of an option.
    """
    return all(
        (value := value_at(message, path)) is not MISSING
        and (path in options or as_text(value) == as_text(constant))
        for path, constant in constants.items()
    )


def inverted(places: Mapping[str, JsonPath]) -> dict[JsonPath, str]:
    """Path to name of credentials that have one place each."""
    return {path: name for name, path in places.items()}


def _is_authenticated(
    issuer: Issuer, token: TokenExtension, is_refresh: bool, request: ReceivedRequest
) -> bool:
    """Whether the credentials are right; with a refresh token they are optional."""
    message, places = request.message, token.credential_places
    if is_refresh and token.refresh:
        value = str(value_at(message, token.refresh.token))
        grant = issuer.grant(value, request.at, refresh=True)
        if grant is None or grant.scheme != token.scheme:
            return False
        places = {path: name for path, name in places.items() if value_at(message, path) is not MISSING}
        return issuer.matches(places, message)
    is_right = issuer.matches(places, message) and issuer.has_composed(token, message)
    return is_right and issuer.has_assertions(token, message)


def _protected_response(issuer: Issuer, endpoint: Endpoint, request: ReceivedRequest) -> Response:
    """The response to a request that needs a token, with the current secret if it is about one."""
    if not _has_login(issuer, endpoint, request):
        response = endpoint.response("401", "403")
        response.message["header"]["www-authenticate"] = "Bearer"
        return response
    if not endpoint.is_valid(request):
        return endpoint.response("400", "422", example="malformed")
    if endpoint.secret is None:
        return endpoint.response(endpoint.success_status)
    return _secret_response(issuer, endpoint, endpoint.secret, request)


def _has_login(issuer: Issuer, endpoint: Endpoint, request: ReceivedRequest) -> bool:
    """Whether a request has a valid token of the kind that it needs, if it needs one."""
    grant = issuer.grant(request.token, request.at)
    return not endpoint.security or (grant is not None and grant.scheme in endpoint.security)


def _secret_response(
    issuer: Issuer, endpoint: Endpoint, secret: SecretExtension, request: ReceivedRequest
) -> Response:
    """Read or rotate the secret of an account."""
    if not issuer.matches(inverted(secret.id), request.message):
        return endpoint.response("401", "404", "400")
    days = value_at(request.message, secret.days) if secret.days else MISSING
    has_days = isinstance(days, (int, float)) and days > 0
    lifetime = 86_400.0 * (min(days, secret.default_days) if has_days else secret.default_days)
    if secret.rotates:
        issuer.rotate_secret(secret.credential, request.at, lifetime)
    # Reading a secret without a number of days is nothing to warn of.
    has_warning = days > secret.default_days if has_days else secret.rotates
    response = _success_response(endpoint, secret.warning if has_warning else ())
    expires_at = issuer.secret_expires_at(secret.credential, lifetime)
    _fill(response, secret.secret, issuer.credential(secret.credential))
    _fill(response, secret.expires_at, expires_at, _timestamp_like)
    _fill(response, secret.expires_date, expires_at, _date_like)
    return response


def _success_response(endpoint: Endpoint, warning: JsonPaths) -> Response:
    """The first successful example, or the first that has a warning at one of these paths."""
    for example in endpoint.responses.get(endpoint.success_status, ()) if warning else ():
        response = endpoint.response(endpoint.success_status, example=example)
        if any(value_at(response.message, path) is not MISSING for path in warning):
            return response
    return endpoint.response(endpoint.success_status)


def _echo_response(issuer: Issuer, request: ReceivedRequest, others: Iterable[Issuer]) -> Response:
    """State which token was sent; the headers that the spec allows instead of it are accepted too."""
    tokens = issuer.provider.tokens
    grant = issuer.grant(request.token, request.at)
    scheme = grant.scheme if grant else None
    for token in tokens.values():
        headers = inverted(token.alternative_headers)
        if headers and not request.token and issuer.matches(headers, request.message):
            scheme = token.scheme
        beside: dict[JsonPath, str] = {
            ("header", header.lower()): name for name, header in token.also_send.items()
        }
        if scheme == token.scheme and not issuer.matches(beside, request.message):
            scheme = None
    if scheme is None:
        for other in others:
            if response := _wrong_token_response(other, issuer.provider.name, request):
                return response
        error = "this token is not valid here: it is unknown, expired, revoked or of another environment"
        return _unauthorized(next(iter(tokens.values())), error)
    body = {
        "provider": issuer.provider.name,
        "environment": issuer.environment,
        "scheme": scheme,
        "method": request.method,
        "path": request.path.removeprefix("/echo") or "/",
        "expires_in": round(grant.expires_at - request.at, 3) if grant else None,
    }
    return json_response(200, body)


def _wrong_token_response(other: Issuer, provider: str, request: ReceivedRequest) -> Response | None:
    """How an API of a provider rejects a token that another one issued, if the spec of that one says it."""
    grant = other.grant(request.token, request.at)
    wrong = other.provider.tokens[grant.scheme].wrong_token if grant else None
    if wrong is None or provider not in wrong.use:
        return None
    response = json_response(wrong.status, {})
    [place, *_], [value, *_] = wrong.condition.paths, wrong.condition.values
    set_value(response.message, place, value)
    return response


def _unauthorized(token: TokenExtension, error: str) -> Response:
    """How an API rejects a token of this kind."""
    for status in token.unauthorized:
        return json_response(status, {"error": error}, **{"www-authenticate": "Bearer"})
    status, condition = next(iter(token.unauthorized_if.items()))
    response = json_response(status, {"error": error})
    set_value(response.message, condition.paths[0], next(iter(condition.values), error))
    return response


def _number_like(example: Json, value: Json) -> Json:
    """The value in the JSON type of the example."""
    if not isinstance(value, (int, float)):
        return value
    number = int(value) if value == int(value) else value
    return str(number) if isinstance(example, str) else number


def _timestamp_like(example: Json, at: float) -> Json:
    """A point in time in the example's magnitude: seconds, or milliseconds from 12 digits on."""
    return _number_like(example, int(at * 1000) if len(str(example).partition(".")[0]) >= 12 else int(at))


def _time_like(example: Json, at: float) -> Json:
    """A point in time in the form of the example: a number, a date, or 14 digits."""
    string = str(example)
    if re.fullmatch(r"\d{14}", string):
        return f"{datetime.fromtimestamp(at, UTC):%Y%m%d%H%M%S}"
    return _timestamp_like(example, at) if string.isdigit() else _date_like(example, at)


def _date_like(example: Json, at: float) -> str:
    """A point in time as the example has it: its separator, its digits, its time zone or none."""
    date = datetime.fromtimestamp(at, UTC)
    match = DATE.fullmatch(str(example))
    if match is None:
        return date.isoformat()
    separator, digits, zone = match[1], len(match[2] or ""), match[3] or ""
    string = f"{date:%Y-%m-%d}" + (f"{separator}{date:%H:%M:%S}" if separator else "")
    string += f".{date:%f}".ljust(digits + 1, "0")[: digits + 1] if digits else ""
    return string + (zone if zone in ("", "Z") else "+00:00" if ":" in zone else "+0000")


def _fill(
    response: Response, paths: JsonPaths, value: Json, like: Callable[[Json, Json], Json] = _number_like
) -> None:
    """Put the value at the first of the paths that the example has, if it has any of them.

    A 0 stays: with it an example shows that the provider does not state the value.
    """
    for path in paths:
        if path[0] == "cookie":
            response.message["header"]["set-cookie"] = f"{path[1]}={value}; Path=/; HttpOnly"
            return
        example = value_at(response.message, path)
        if example is not MISSING:
            if example not in (0, "0"):
                set_value(response.message, path, like(example, value))
            return
